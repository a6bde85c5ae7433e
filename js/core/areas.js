// Areas of a label map: the inside of a polygon, and connected regions; same rules as editgan_widgets/masks/fills.py.

/**
 * 0/1 per pixel: 1 if a ray from the pixel's centre to the right crosses an odd number of edges.
 * @param {ArrayLike<number>} corners flat: x0, y0, x1, y1 … in px; the last one is joined to the first
 * @param {number} width
 * @param {number} height
 */
export function insideOf(corners, width, height) {
  const inside = new Uint8Array(width * height);
  for (let i = 0; i < corners.length; i += 2) {
    const [x0, y0] = [corners[i], corners[i + 1]];
    const next = (i + 2) % corners.length;
    const [x1, y1] = [corners[next], corners[next + 1]];
    const top = Math.max(0, Math.floor(Math.min(y0, y1)) - 1);
    const bottom = Math.min(height, Math.ceil(Math.max(y0, y1)) + 1);
    for (let row = top; row < bottom; row++) {
      const y = row + 0.5;
      if (y0 <= y === y1 <= y) continue;
      const crossing = x0 + ((y - y0) * (x1 - x0)) / (y1 - y0);
      for (let column = 0; column < width && column + 0.5 < crossing; column++) inside[row * width + column] ^= 1;
    }
  }
  return inside;
}

/**
 * 0/1 per pixel: the 4-connected area of one part that contains a pixel; with `whole`, all areas of that part.
 * @param {Uint8Array} index part ids
 * @param {number} column
 * @param {number} row
 * @param {boolean} whole
 * @param {number} width
 * @param {number} height
 */
export function areaAt(index, column, row, whole, width, height) {
  const start = row * width + column;
  const part = index[start];
  if (whole) return index.map((id) => Number(id === part));
  const area = new Uint8Array(width * height);
  area[start] = 1;
  const found = [start];
  for (let i = found.pop(); i !== undefined; i = found.pop()) {
    const x = i % width;
    const beside = [x > 0 ? i - 1 : i, x < width - 1 ? i + 1 : i, i >= width ? i - width : i, i < width * (height - 1) ? i + width : i];
    for (const j of beside) {
      if (area[j] || index[j] !== part) continue;
      area[j] = 1;
      found.push(j);
    }
  }
  return area;
}
