// Echo: what the browser paints before the kernel has answered; same rules as editgan_widgets/masks/paint_rule.py.
//
// An echo is a function that paints one stroke into a label map. There are two kinds: for a brush that paints or erases, and for a
// brush that pushes.

import { rasterise } from "./raster.js";
import { makeSources, pushSegment, pushedInto } from "./warp.js";

/** @typedef {import("./types").Box} Box */

/**
 * The label map that an echo paints on.
 * @typedef {object} Place
 * @property {number} width
 * @property {number} height
 * @property {ArrayLike<number> | Record<number, number>} others id of the same part on the other side, by part id
 * @property {() => Uint8Array | null} original the label map that the eraser brings back
 */

/**
 * A stroke. Points may be added while it is painted.
 * @typedef {object} Stroke
 * @property {number[]} points flat: x0, y0, x1, y1 … in picture px
 * @property {number} radius px
 * @property {number[] | null} radii px, one for each point: a pen's pressure
 * @property {string} shape "round" or "square"
 * @property {number} label id of the painted part
 * @property {number[]} locked ids of parts that are not painted over
 * @property {number[]} over ids of the only parts that may be painted over; empty: all unlocked parts
 * @property {boolean} mirror also paint on the other side of the picture's middle
 */

/**
 * Paint a stroke into the label map `target` and mark its pixels in `touched`; returns the box of pixels that may have changed. With
 * `from`, the flat index of a point, only the stroke after that point is painted.
 * @typedef {(target: Uint8Array, touched: Uint8Array, from?: number | null) => Box} Echo
 */

/**
 * 1 for each part id that a stroke may paint over, else 0.
 * @param {Pick<Stroke, "over" | "locked">} stroke
 */
function paintable({ over, locked }) {
  const free = new Uint8Array(256).fill(over.length ? 0 : 1);
  for (const id of over) free[id] = 1;
  for (const id of locked) free[id] = 0;
  return free;
}

/**
 * Box of the pixels that a brush of this radius can reach along the points.
 * @param {number[]} points
 * @param {number | number[]} radius px, or one for each point
 * @param {Place} place
 * @returns {Box}
 */
function reach(points, radius, { width, height }) {
  const most = typeof radius === "number" ? radius : Math.max(...radius);
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  return {
    left: Math.max(0, Math.floor(Math.min(...xs) - most - 1)),
    top: Math.max(0, Math.floor(Math.min(...ys) - most - 1)),
    right: Math.min(width, Math.ceil(Math.max(...xs) + most + 1)),
    bottom: Math.min(height, Math.ceil(Math.max(...ys) + most + 1)),
  };
}

/**
 * @param {Box} box
 * @param {Place} place
 */
const reflected = ({ left, top, right, bottom }, { width }) => ({ left: width - right, top, right: width - left, bottom });

/**
 * @param {Box} a
 * @param {Box} b
 */
const joined = (a, b) => ({ left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) });

/**
 * The echo of a brush that paints a part, or with `erases` restores the original parts.
 * @param {Place} place
 * @param {Stroke} stroke
 * @param {boolean} erases
 * @returns {Echo}
 */
export function brushEcho(place, stroke, erases = false) {
  const { width, height, others, original } = place;
  let under = new Uint8Array(0); // the label map before the stroke: the paint rule is evaluated on it
  let free = new Uint8Array(0);
  let own = new Uint8Array(0); // pixels of the stroke itself, which covers its reflection
  return (target, touched, from = null) => {
    if (from === null) {
      under = target.slice();
      free = paintable(stroke);
      own = new Uint8Array(stroke.mirror ? width * height : 0);
    }
    const points = stroke.points.slice(from ?? 0);
    const radius = stroke.radii ? stroke.radii.slice((from ?? 0) / 2) : stroke.radius;
    const first = original();
    const put = (/** @type {number} */ i, /** @type {number} */ label) => {
      if (!free[under[i]]) return;
      target[i] = erases ? (first ? first[i] : target[i]) : label;
      touched[i] = 1;
    };
    if (stroke.mirror) {
      const reflection = points.map((value, i) => (i % 2 ? value : width - value));
      rasterise(reflection, radius, stroke.shape, width, height, (i) => own[i] || put(i, others[stroke.label]));
    }
    rasterise(points, radius, stroke.shape, width, height, (i) => {
      if (stroke.mirror) own[i] = 1;
      put(i, stroke.label);
    });
    const box = reach(points, radius, place);
    return stroke.mirror ? joined(box, reflected(box, place)) : box;
  };
}

/**
 * The echo of a brush that pushes the parts along with it.
 * @param {Place} place
 * @param {Stroke} stroke
 * @returns {Echo}
 */
export function pushEcho(place, stroke) {
  const { width, height } = place;
  let under = new Uint8Array(0);
  let free = new Uint8Array(0);
  let sources = makeSources(0, 0);
  return (target, touched, from = null) => {
    if (from === null) {
      under = target.slice();
      free = paintable(stroke);
      sources = makeSources(width, height);
    }
    const points = stroke.points.slice(from ?? 0);
    for (let i = 2; i < points.length; i += 2) pushSegment(sources, points[i - 2], points[i - 1], points[i], points[i + 1], stroke.radius);
    const box = reach(points, stroke.radius, place);
    const sides = stroke.mirror ? [box, reflected(box, place)] : [box];
    for (const side of sides) {
      pushedInto(target, under, sources, stroke.mirror, free, side);
      for (let y = side.top; y < side.bottom; y++) {
        for (let i = y * width + side.left; i < y * width + side.right; i++) if (target[i] !== under[i]) touched[i] = 1;
      }
    }
    return sides.reduce(joined);
  };
}

/**
 * The echo of a tool that paints whole areas; with `mirror`, it also paints the other side's part into the area on the other side,
 * where the area itself changes nothing.
 * @param {Place} place
 * @param {Pick<Stroke, "label" | "locked" | "over" | "mirror">} choice
 * @param {(under: Uint8Array, reflected: boolean) => Uint8Array} areaOf 0/1 per pixel, in the label map before; `reflected`: on the other side
 * @returns {Echo}
 */
export function areaEcho(place, choice, areaOf) {
  const { width, height, others } = place;
  const { label, mirror } = choice;
  return (target, touched) => {
    const under = target.slice();
    const free = paintable(choice);
    const here = areaOf(under, false);
    const there = mirror ? areaOf(under, true) : new Uint8Array(width * height);
    for (let i = 0; i < under.length; i++) {
      if (!free[under[i]] || !(here[i] || there[i])) continue;
      target[i] = here[i] && under[i] !== label ? label : there[i] ? others[label] : label;
      if (target[i] !== under[i]) touched[i] = 1;
    }
    return { left: 0, top: 0, right: width, bottom: height };
  };
}
