// Brush raster: the same rule as editgan_widgets.editing.strokes, so browser and kernel paint the same pixels.

/** Call `paint(index)` for each pixel whose centre lies within `radius` px of the segment a-b (square: Chebyshev distance). */
export function rasteriseSegment(ax, ay, bx, by, radius, shape, width, height, paint) {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const reach = radius + 1e-9; // sums of binary fractions must not decide over a pixel
  const x0 = Math.max(0, Math.floor(Math.min(ax, bx) - radius - 1));
  const x1 = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + radius));
  const y0 = Math.max(0, Math.floor(Math.min(ay, by) - radius - 1));
  const y1 = Math.min(height - 1, Math.ceil(Math.max(ay, by) + radius));
  for (let y = y0; y <= y1; y++) {
    const py = y + 0.5 - ay;
    for (let x = x0; x <= x1; x++) {
      const px = x + 0.5 - ax;
      if (shape === "square") {
        if (chebyshev(px, py, dx, dy) <= reach) paint(y * width + x);
        continue;
      }
      const t = length2 > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
      const ex = px - t * dx;
      const ey = py - t * dy;
      if (Math.hypot(ex, ey) <= reach) paint(y * width + x);
    }
  }
}

/** Chebyshev distance of (ex, ey) to the segment (0, 0)-(dx, dy): the maximum is piecewise linear, so its corners suffice. */
function chebyshev(ex, ey, dx, dy) {
  let best = Math.max(Math.abs(ex), Math.abs(ey));
  const at = (t) => {
    t = Math.min(1, Math.max(0, t));
    best = Math.min(best, Math.max(Math.abs(ex - t * dx), Math.abs(ey - t * dy)));
  };
  at(1);
  if (dx !== 0) at(ex / dx);
  if (dy !== 0) at(ey / dy);
  if (dx !== dy) at((ex - ey) / (dx - dy));
  if (dx !== -dy) at((ex + ey) / (dx + dy));
  return best;
}

/** Rasterise a whole stroke; `points` is flat: x0, y0, x1, y1 … */
export function rasterise(points, radius, shape, width, height, paint) {
  if (points.length === 2) rasteriseSegment(points[0], points[1], points[0], points[1], radius, shape, width, height, paint);
  for (let i = 2; i < points.length; i += 2) {
    rasteriseSegment(points[i - 2], points[i - 1], points[i], points[i + 1], radius, shape, width, height, paint);
  }
}

/** Boundary of a 0/1 buffer as a path in pixel units: every edge between a set and an unset pixel. */
export function outline(bits, width, height) {
  const path = new Path2D();
  const set = (x, y) => x >= 0 && y >= 0 && x < width && y < height && bits[y * width + x] !== 0;
  for (let y = 0; y <= height; y++) {
    for (let x = 0, from = -1; x <= width; x++) {
      const edge = x < width && set(x, y) !== set(x, y - 1);
      if (edge && from < 0) from = x;
      if (!edge && from >= 0) {
        path.moveTo(from, y);
        path.lineTo(x, y);
        from = -1;
      }
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0, from = -1; y <= height; y++) {
      const edge = y < height && set(x, y) !== set(x - 1, y);
      if (edge && from < 0) from = y;
      if (!edge && from >= 0) {
        path.moveTo(x, from);
        path.lineTo(x, y);
        from = -1;
      }
    }
  }
  return path;
}
