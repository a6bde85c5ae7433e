// Echo: what the browser paints before the kernel has answered, by the rules of editgan_widgets.masks.paint_rule.

import { rasterise } from "./raster.js";
import { makeSources, pushedInto, pushSegment } from "./push.js";

const ECHOED = ["brush", "eraser", "push"]; // the kernel alone fills

/** `paint(target, stroke)` paints a stroke into a label map, `paint(target, stroke, from)` goes on with it from the point at the
 *  flat index `from`; both give the box of pixels that they may have changed. `others` gives the other side's part by id,
 *  `original()` the label map that the eraser brings back. */
export function makeEcho({ width, height, others, original, touched }) {
  const size = width * height;

  function begin(target, stroke) {
    stroke.under = target.slice(); // what may be painted over goes by the map before the stroke
    stroke.free = new Uint8Array(256).fill(stroke.over.length ? 0 : 1);
    for (const id of stroke.over) stroke.free[id] = 1;
    for (const id of stroke.locked) stroke.free[id] = 0;
    stroke.own = stroke.mirror && stroke.tool !== "push" ? new Uint8Array(size) : null; // the stroke lies over its reflection
    stroke.sources = stroke.tool === "push" ? makeSources(width, height) : null;
  }

  /** The pixels that a brush of this radius (px, or one for each point) can reach on its way over flat points. */
  function reach(points, radius) {
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
  const reflected = ({ left, top, right, bottom }) => ({ left: width - right, top, right: width - left, bottom });

  /** Show what was pushed within a box. */
  function pushed(target, stroke, box) {
    pushedInto(target, stroke.under, stroke.sources, stroke.mirror, stroke.free, box);
    for (let y = box.top; y < box.bottom; y++) {
      for (let i = y * width + box.left; i < y * width + box.right; i++) if (target[i] !== stroke.under[i]) touched[i] = 1;
    }
  }

  function brush(target, stroke, points, radius) {
    const first = original();
    const put = (i, label) => {
      if (!stroke.free[stroke.under[i]]) return;
      target[i] = stroke.tool === "eraser" ? (first ? first[i] : target[i]) : label;
      touched[i] = 1;
    };
    if (stroke.mirror) {
      const reflection = points.map((value, i) => (i % 2 ? value : width - value));
      rasterise(reflection, radius, stroke.shape, width, height, (i) => stroke.own[i] || put(i, others[stroke.label]));
    }
    rasterise(points, radius, stroke.shape, width, height, (i) => {
      if (stroke.own) stroke.own[i] = 1;
      put(i, stroke.label);
    });
  }

  function paint(target, stroke, from = null) {
    if (!ECHOED.includes(stroke.tool)) return { left: 0, top: 0, right: 0, bottom: 0 };
    if (from === null) begin(target, stroke);
    const points = stroke.points.slice(from ?? 0);
    const radius = stroke.radii ? stroke.radii.slice((from ?? 0) / 2) : stroke.radius;
    const box = reach(points, radius);
    const there = reflected(box);
    if (stroke.tool === "push") {
      for (let i = 2; i < points.length; i += 2) pushSegment(stroke.sources, points[i - 2], points[i - 1], points[i], points[i + 1], stroke.radius);
      for (const side of stroke.mirror ? [box, there] : [box]) pushed(target, stroke, side);
    } else brush(target, stroke, points, radius);
    if (!stroke.mirror) return box;
    return { ...box, left: Math.min(box.left, there.left), right: Math.max(box.right, there.right) };
  }
  return { paint };
}
