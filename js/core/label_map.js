// The label map on the page: the kernel's map with the strokes that the kernel has not confirmed yet.

import { inflate } from "./bytes.js";
import { surface } from "./dom.js";
import { outline } from "./outlines.js";

/** @typedef {import("./types").Box} Box */
/** @typedef {import("./types").Point} Point */

/**
 * A stroke on the page; `echo` paints it.
 * @typedef {{ id: string, points: number[], echo: import("./echo.js").Echo }} ShownStroke
 */

/**
 * `changed()` is called after pixels were repainted.
 * @param {Pick<import("./types").Page<import("./types").PictureTraits>, "model">} page
 * @param {object} given
 * @param {Uint8ClampedArray<ArrayBuffer>} given.colours RGBA by part id
 * @param {(id: number) => boolean} given.isHidden whether a part is not shown
 * @param {() => void} given.changed
 */
export function makeLabelMap({ model }, { colours, isHidden, changed }) {
  const width = model.get("width");
  const height = model.get("height");
  const size = width * height;
  const whole = { left: 0, top: 0, right: width, bottom: height };
  const base = new Uint8Array(size); // the kernel's label map
  const index = new Uint8Array(size); // the same with unconfirmed strokes: what is shown
  const painted = new Uint8Array(size); // 1 at the kernel's painted pixels without an edit yet
  const touched = new Uint8Array(size); // 1 at pixels shown as strokes over the picture
  /** @type {Uint8Array | null} */
  let original = null; // the label map that the eraser restores
  /** @type {ShownStroke[]} */
  let pending = []; // sent, but not yet in `base`
  /** @type {ShownStroke | null} */
  let current = null; // under the pointer
  let loaded = false;
  let version = 0; // incremented with each shown state

  // ---- pixels
  const labels = surface(width, height);
  const strokes = surface(width, height);
  const labelPixels = new ImageData(width, height); // reused, so that pointer moves allocate nothing
  const strokePixels = new ImageData(width, height);
  const labelColours = new Uint32Array(labelPixels.data.buffer);
  const strokeColours = new Uint32Array(strokePixels.data.buffer);
  const colourOf = new Uint32Array(colours.buffer);
  /** @param {Box} box */
  function repaint({ left, top, right, bottom } = whole) {
    if (!loaded) return;
    version++;
    for (let y = top; y < bottom; y++) {
      for (let i = y * width + left; i < y * width + right; i++) {
        const colour = colourOf[index[i]];
        labelColours[i] = isHidden(index[i]) ? 0 : colour;
        strokeColours[i] = touched[i] ? colour : 0;
      }
    }
    if (right > left && bottom > top) {
      labels.putImageData(labelPixels, 0, 0, left, top, right - left, bottom - top);
      strokes.putImageData(strokePixels, 0, 0, left, top, right - left, bottom - top);
    }
    changed();
  }
  function rebuild() {
    index.set(base);
    touched.set(painted);
    for (const stroke of pending) stroke.echo(index, touched);
    current?.echo(index, touched);
    repaint();
  }
  const areas = { version: -1, px: new Uint32Array(256) };
  /**
   * Share of the map that a part covers, 0 to 1.
   * @param {number} id
   */
  function share(id) {
    if (areas.version !== version) {
      areas.version = version;
      areas.px.fill(0);
      for (let i = 0; i < size; i++) areas.px[index[i]]++;
    }
    return areas.px[id] / size;
  }
  /** @param {Point} point */
  const labelAt = ([x, y]) => index[Math.floor(y) * width + Math.floor(x)];

  // ---- strokes
  /** @param {ShownStroke} stroke */
  function begin(stroke) {
    current = stroke;
    repaint(stroke.echo(index, touched));
  }
  /**
   * Paint the new piece of the stroke under the pointer, after the point at the flat index `from`.
   * @param {number} from
   */
  function goOn(from) {
    if (current) repaint(current.echo(index, touched, from));
  }
  /** End the stroke under the pointer and keep its pixels. */
  function end() {
    current = null;
  }
  /** Remove the stroke under the pointer. */
  function drop() {
    if (!current) return;
    current = null;
    rebuild();
  }
  /**
   * Show a sent stroke until the kernel's map contains it.
   * @param {ShownStroke} stroke
   */
  function keep(stroke) {
    pending.push(stroke);
    repaint();
  }
  /**
   * Paint a sent stroke, and show it until the kernel's map contains it.
   * @param {ShownStroke} stroke
   */
  function add(stroke) {
    pending.push(stroke);
    repaint(stroke.echo(index, touched));
  }
  /** @param {string} id of a stroke that the kernel refused */
  function reject(id) {
    pending = pending.filter((stroke) => stroke.id !== id);
    rebuild();
  }

  // ---- the kernel's map
  let reads = 0;
  /** @type {Set<string>} */
  const confirmed = new Set(); // ids of strokes that the kernel has handled, but that may be missing in `base`
  /**
   * Read the kernel's map; returns whether a new one is shown.
   * @param {string[]} ids of messages that the kernel has handled since
   */
  async function read(ids = []) {
    for (const id of ids) confirmed.add(id);
    const turn = ++reads;
    const done = new Set(confirmed);
    const [mask, first, bits] = await Promise.all([inflate(model.get("mask")), inflate(model.get("original")), inflate(model.get("painted"))]);
    if (turn !== reads || !mask || mask.length !== size) return false;
    base.set(mask);
    original = first;
    if (bits?.length === size) painted.set(bits);
    else painted.fill(0);
    pending = pending.filter((stroke) => !done.has(stroke.id));
    for (const id of done) confirmed.delete(id);
    loaded = true;
    rebuild();
    return true;
  }
  let regionReads = 0;
  /** @type {Path2D | null} */
  let region = null; // outline of the region that an edit may change
  async function readRegion() {
    const turn = ++regionReads;
    const bits = await inflate(model.get("region"));
    if (turn !== regionReads) return;
    region = bits && bits.length === size && bits.some((bit) => bit) ? outline(bits, width, height) : null;
    changed();
  }

  const others = Object.fromEntries(model.get("labels").map((part) => [part.id, part.other]));
  return {
    /** @type {import("./echo.js").Place} */
    place: { width, height, others, original: () => original },
    index, labels, strokes, labelAt, share, repaint, begin, goOn, end, drop, keep, add, reject, read, readRegion,
    version: () => version,
    loaded: () => loaded,
    current: () => current,
    region: () => region,
    count: () => pending.length,
  };
}
