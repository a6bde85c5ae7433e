// Outlines of masks as paths along the edges of pixels, in picture px.

/**
 * Boundary of a 0/1 buffer: every edge between a set and an unset pixel.
 * @param {ArrayLike<number>} bits
 * @param {number} width
 * @param {number} height
 */
export function outline(bits, width, height) {
  const path = new Path2D();
  const set = (/** @type {number} */ x, /** @type {number} */ y) => x >= 0 && y >= 0 && x < width && y < height && bits[y * width + x] !== 0;
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

/**
 * Every edge between pixels of different parts; hidden parts count as one.
 * @param {Uint8Array} index part ids
 * @param {Uint8Array} hidden 0/1 by part id
 * @param {number} width
 * @param {number} height
 */
export function borders(index, hidden, width, height) {
  const path = new Path2D();
  const seen = (/** @type {number} */ i) => (hidden[index[i]] ? 256 : index[i]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x > 0 && seen(i) !== seen(i - 1)) {
        path.moveTo(x, y);
        path.lineTo(x, y + 1);
      }
      if (y > 0 && seen(i) !== seen(i - width)) {
        path.moveTo(x, y);
        path.lineTo(x + 1, y);
      }
    }
  }
  return path;
}
