// Lasso: draw round an area to paint it.

import { lassoEcho, paintInside } from "../area_tool.js";

/**
 * True if a line encloses an area; false for a click with a small movement.
 * @param {number[]} points flat, in picture px
 */
export function isLoop(points) {
  const extent = (/** @type {number} */ axis) => {
    const values = points.filter((_, i) => i % 2 === axis);
    return Math.max(...values) - Math.min(...values);
  };
  return points.length > 4 && extent(0) > 1 && extent(1) > 1;
}

/** @type {import("./tool").Tool} */
export default {
  name: "lasso",
  place: 5,
  icon: '<path d="M6.2 13.4C4.2 12.5 3 11 3 9.2 3 6 6.1 3.6 10 3.6s7 2.4 7 5.6-3.1 5.6-7 5.6c-.7 0-1.3-.1-1.9-.2"/><circle cx="7" cy="14" r="1.5"/><path d="M7 15.5c0 1.2-.7 1.9-1.8 2.2"/>',
  key: "l",
  label: (t) => t("lasso"),
  title: (t) => t("Lasso: draw round an area to paint it (L)"),
  make: (bench) => ({
    press(start) {
      const points = [...start];
      const path = new Path2D();
      path.moveTo(...start);
      return {
        move(samples) {
          for (const [[x, y]] of samples) {
            if (points.at(-2) === x && points.at(-1) === y) continue;
            points.push(x, y);
            path.lineTo(x, y);
          }
          bench.redraw();
        },
        release() {
          bench.redraw();
          if (isLoop(points)) paintInside(bench, points);
        },
        cancel: bench.redraw,
        leave: bench.redraw,
        outlines() {
          const closed = new Path2D(path);
          closed.closePath();
          return [[closed, {}]];
        },
      };
    },
    // A polygon is sent as a lasso too.
    restore(message, buffers) {
      if (message.kind !== "lasso") return null;
      const points = [...new Float32Array(buffers[0])];
      return { points, echo: lassoEcho(bench.labelMap.place, message, points) };
    },
  }),
};
