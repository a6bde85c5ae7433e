// The view window: the visible part of the picture, and the position of a pointer in the picture.

/** @typedef {import("./types").Point} Point */
/** @typedef {import("./types").Seen} Seen */

export const MOST_ZOOM = 16;
const SNAP = 0.05; // a zoom this close to 1 becomes 1

/**
 * `actual()` is the zoom at which one picture px is one screen px; below 1 if the picture is smaller than its view.
 * @param {object} given
 * @param {number} given.width of the picture, px
 * @param {number} given.height of the picture, px
 * @param {() => number} given.actual
 * @param {() => void} given.changed
 */
export function makeViewWindow({ width, height, actual, changed }) {
  let zoom = 1;
  let left = 0;
  let top = 0;
  /** The smallest zoom. */
  const least = () => Math.min(1, actual());
  /**
   * Show the picture with (x, y) at the top left. A picture smaller than its view is centred.
   * @param {number} x
   * @param {number} y
   * @param {number} factor
   */
  function moveTo(x, y, factor = zoom) {
    zoom = factor;
    const place = (/** @type {number} */ wanted, /** @type {number} */ size) => (zoom < 1 ? (size - size / zoom) / 2 : Math.min(size - size / zoom, Math.max(0, wanted)));
    left = place(x, width);
    top = place(y, height);
    changed();
  }
  /**
   * Zoom to a factor about a point, which keeps its position in the view; without one, about the middle.
   * @param {number} factor
   * @param {Point | null} about
   */
  function to(factor, about = null) {
    const [x, y] = about ?? [left + width / zoom / 2, top + height / zoom / 2];
    const next = Math.min(MOST_ZOOM, Math.max(least(), factor));
    const kept = zoom / next;
    moveTo(x - (x - left) * kept, y - (y - top) * kept, next);
  }
  return {
    moveTo,
    to,
    /** @param {number} factor @param {Point | null} about */
    by: (factor, about = null) => to(Math.abs(zoom * factor - 1) < SNAP ? 1 : zoom * factor, about),
    least,
    /** @returns {Seen} */
    seen: () => ({ zoom, left, top, width: width / zoom, height: height / zoom }),
    /**
     * The position in picture px of a pointer over a view with a given box on the screen. It is rounded to float32, because points are
     * sent as float32 and the page must paint the same values.
     * @param {{ left: number, top: number, width: number, height: number }} box
     * @param {{ clientX: number, clientY: number }} pointer
     * @returns {Point}
     */
    placeIn(box, { clientX, clientY }) {
      const x = left + ((clientX - box.left) * width) / box.width / zoom;
      const y = top + ((clientY - box.top) * height) / box.height / zoom;
      return [Math.fround(x), Math.fround(y)];
    },
  };
}
