// Polygon: an outline of clicked corners. Enter, a double-click or a click on the first corner closes it.

import { paintInside } from "../area_tool.js";

/** @typedef {import("../../core/types").Point} Point */

const REACH = 7; // CSS px within which a click hits a corner

/**
 * The corners of an unfinished polygon.
 * @param {object} given
 * @param {(points: number[]) => void} given.close called with the flat corners
 * @param {() => number} given.reach distance within which a click hits a corner, in picture px
 * @param {() => void} given.changed
 */
export function makePolygon({ close, reach, changed }) {
  /** @type {Point[]} */
  let corners = [];
  const near = (/** @type {Point} */ a, /** @type {Point} */ b) => Math.hypot(a[0] - b[0], a[1] - b[1]) <= reach();
  function drop() {
    corners = [];
    changed();
  }
  function finish() {
    const drawn = corners;
    drop();
    if (drawn.length > 2) close(drawn.flat());
  }
  /** @param {Point} point */
  function click(point) {
    if (corners.length > 2 && near(point, corners[0])) return finish();
    const last = corners.at(-1);
    if (!last || !near(point, last)) corners.push(point); // the second click of a double-click adds no corner
    changed();
  }
  /** @param {string} name */
  function key(name) {
    if (!corners.length) return false;
    if (name === "Enter") finish();
    else if (name === "Escape") drop();
    else if (name === "Backspace" || name === "Ctrl+z") {
      corners.pop();
      changed();
    } else return false;
    return true;
  }
  return { click, finish, drop, key, corners: () => corners };
}

/** @type {import("./tool").Tool} */
export default {
  name: "polygon",
  place: 6,
  icon: '<path d="M5 15.6 3.6 7.4l7.2-3.6 5.8 5.4-3.4 6.4z"/><g fill="currentColor" stroke="none"><circle cx="5" cy="15.6" r="1.6"/><circle cx="3.6" cy="7.4" r="1.6"/><circle cx="10.8" cy="3.8" r="1.6"/><circle cx="16.6" cy="9.2" r="1.6"/><circle cx="13.2" cy="15.6" r="1.6"/></g>',
  key: "p",
  label: (t) => t("polygon"),
  title: (t) => t("Polygon: click round an area to paint it; Enter, a double-click or a click on the first corner closes it (P)"),
  keys: (t) => [["Enter, Backspace, Esc", t("close a polygon, remove its last corner, discard it")]],
  make(bench) {
    const { redraw, reach } = bench;
    const polygon = makePolygon({
      reach: () => reach(REACH),
      changed: redraw,
      close: (points) => paintInside(bench, points),
    });
    return {
      onLift: true,
      press: polygon.click,
      doubleClick: polygon.finish,
      key: polygon.key,
      drop: polygon.drop,
      // The outline so far up to the pointer, and a ring around the first corner once a click there closes the polygon.
      outlines(cursor) {
        const corners = polygon.corners();
        if (!corners.length) return [];
        const path = new Path2D();
        for (const corner of corners) path.lineTo(...corner);
        if (cursor) path.lineTo(cursor.x, cursor.y);
        if (corners.length > 2) {
          const [x, y] = corners[0];
          path.moveTo(x + reach(REACH), y);
          path.arc(x, y, reach(REACH), 0, 2 * Math.PI);
        }
        return [[path, {}]];
      },
    };
  },
};
