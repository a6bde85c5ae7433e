// Brush raster, by the rule of editgan_widgets/masks/strokes.py, so that browser and kernel paint the same pixels.

/**
 * Call `paint(index)` for each pixel that a brush covers from a (radius ra px) to b (rb): by Euclidean distance if round, Chebyshev
 * distance if square. The radius changes linearly from a to b.
 * @param {number} ax
 * @param {number} ay
 * @param {number} ra
 * @param {number} bx
 * @param {number} by
 * @param {number} rb
 * @param {string} shape
 * @param {number} width
 * @param {number} height
 * @param {(index: number) => void} paint
 */
export function rasteriseSegment(ax, ay, ra, bx, by, rb, shape, width, height, paint) {
  const dx = bx - ax;
  const dy = by - ay;
  const growth = rb - ra;
  const most = Math.max(ra, rb);
  const length = Math.hypot(dx, dy);
  const lean = length > Math.abs(growth) ? growth / length : 0;
  const slope = lean / Math.sqrt(1 - lean * lean);
  const x0 = Math.max(0, Math.floor(Math.min(ax, bx) - most - 1));
  const x1 = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + most));
  const y0 = Math.max(0, Math.floor(Math.min(ay, by) - most - 1));
  const y1 = Math.min(height - 1, Math.ceil(Math.max(ay, by) + most));
  for (let y = y0; y <= y1; y++) {
    const py = y + 0.5 - ay;
    for (let x = x0; x <= x1; x++) {
      const px = x + 0.5 - ax;
      let beyond;
      if (shape === "square") beyond = chebyshevBeyond(px, py, dx, dy, ra, growth);
      else {
        // Parameter of the nearest dab: its line to the pixel is perpendicular to the stroke's outline, not to its path.
        let t = growth > 0 ? 1 : 0; // if one of the two end dabs covers the other
        if (length > Math.abs(growth)) {
          const across = Math.abs(px * dy - py * dx) / length;
          t = Math.min(1, Math.max(0, (px * dx + py * dy) / (length * length) + (across * slope) / length));
        }
        beyond = Math.hypot(px - t * dx, py - t * dy) - (ra + t * growth);
      }
      if (beyond <= 1e-9) paint(y * width + x); // tolerance for rounding errors
    }
  }
}

/**
 * Distance in px of (ex, ey) from a square brush that moves from (0, 0) to (dx, dy). It is piecewise linear along the path, so the
 * minimum is at an end or at a breakpoint.
 * @param {number} ex
 * @param {number} ey
 * @param {number} dx
 * @param {number} dy
 * @param {number} radius
 * @param {number} growth
 */
function chebyshevBeyond(ex, ey, dx, dy, radius, growth) {
  const at = (/** @type {number} */ t) => {
    t = Math.min(1, Math.max(0, t));
    return Math.max(Math.abs(ex - t * dx), Math.abs(ey - t * dy)) - (radius + t * growth);
  };
  let best = Math.min(at(0), at(1));
  if (dx !== 0) best = Math.min(best, at(ex / dx));
  if (dy !== 0) best = Math.min(best, at(ey / dy));
  if (dx !== dy) best = Math.min(best, at((ex - ey) / (dx - dy)));
  if (dx !== -dy) best = Math.min(best, at((ex + ey) / (dx + dy)));
  return best;
}

/**
 * Rasterise a whole stroke.
 * @param {ArrayLike<number>} points flat: x0, y0, x1, y1 …
 * @param {number | ArrayLike<number>} radius px, or one for each point
 * @param {string} shape "round" or "square"
 * @param {number} width
 * @param {number} height
 * @param {(index: number) => void} paint called with each covered pixel's index, for some pixels more than once
 */
export function rasterise(points, radius, shape, width, height, paint) {
  const r = (/** @type {number} */ i) => (typeof radius === "number" ? radius : radius[i / 2]);
  for (let i = Math.min(2, points.length - 2); i < points.length; i += 2) {
    const from = Math.max(0, i - 2);
    rasteriseSegment(points[from], points[from + 1], r(from), points[i], points[i + 1], r(i), shape, width, height, paint);
  }
}
