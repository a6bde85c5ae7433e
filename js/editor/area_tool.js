// Shared by lasso, polygon and fill: an area is painted on the page immediately, and sent.

import { floats } from "../core/bytes.js";
import { areaEcho } from "../core/echo.js";
import { areaAt, insideOf } from "../core/areas.js";

/** @typedef {import("../core/echo.js").Place} Place */
/** @typedef {import("./tools/tool").Bench} Bench */
/** @typedef {import("./wire").Asked} Asked */

/**
 * The echo of a fill at (x, y).
 * @param {Place} place
 * @param {Asked & { x: number, y: number, whole: boolean }} message
 */
export function fillEcho(place, message) {
  const { width, height } = place;
  const [column, row] = [Math.floor(message.x), Math.floor(message.y)];
  return areaEcho(place, message, (under, reflected) => areaAt(under, reflected ? width - 1 - column : column, row, message.whole, width, height));
}

/**
 * The echo of a closed line.
 * @param {Place} place
 * @param {Asked} message
 * @param {number[]} points flat corners
 */
export function lassoEcho(place, message, points) {
  const { width, height } = place;
  return areaEcho(place, message, (_under, reflected) => {
    if (!reflected) return insideOf(points, width, height);
    const inside = insideOf(points, width, height);
    return inside.map((_, i) => inside[i - (i % width) + (width - 1 - (i % width))]);
  });
}

/**
 * Paint and send.
 * @param {Bench} bench
 * @param {import("./messages").Lasso | import("./messages").Fill} message
 * @param {number[]} points sent as a buffer; [] for none
 * @param {import("../core/echo.js").Echo} echo
 */
function paint(bench, message, points, echo) {
  bench.released();
  const id = bench.tell(message, points.length ? [floats(points)] : []) ?? "";
  bench.labelMap.add({ id, points, echo });
}

/**
 * Paint the inside of a closed line and send it.
 * @param {Bench} bench
 * @param {number[]} points flat corners
 */
export function paintInside(bench, points) {
  const asked = bench.asked();
  paint(bench, { kind: "lasso", ...asked }, points, lassoEcho(bench.labelMap.place, asked, points));
}

/**
 * Fill the area at a point and send it.
 * @param {Bench} bench
 * @param {import("../core/types").Point} point
 * @param {boolean} whole fill all areas of the part
 */
export function paintArea(bench, [x, y], whole) {
  const place = { x, y, whole, ...bench.asked() };
  paint(bench, { kind: "fill", ...place }, [], fillEcho(bench.labelMap.place, place));
}
