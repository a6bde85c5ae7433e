// Warp: a brush that pushes the parts; computes the same numbers as editgan_widgets/masks/warp.py.

/** @typedef {{ x: Float64Array, y: Float64Array, width: number, height: number }} Sources */

/**
 * The position in px from which each pixel takes its label; at the start, its own position.
 * @param {number} width
 * @param {number} height
 * @returns {Sources}
 */
export function makeSources(width, height) {
  const x = new Float64Array(width * height);
  const y = new Float64Array(width * height);
  for (let i = 0; i < x.length; i++) {
    x[i] = (i % width) + 0.5;
    y[i] = Math.floor(i / width) + 0.5;
  }
  return { x, y, width, height };
}

/**
 * Move the brush from a to b, in steps too short to fold the picture over.
 * @param {Sources} sources
 * @param {number} ax
 * @param {number} ay
 * @param {number} bx
 * @param {number} by
 * @param {number} radius
 */
export function pushSegment(sources, ax, ay, bx, by, radius) {
  const steps = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / (radius * 0.25)));
  const dx = (bx - ax) / steps;
  const dy = (by - ay) / steps;
  const [first, last] = near(sources, ax, ay, dx, dy, steps, radius);
  for (let i = first; i <= last; i++) pushOnce(sources, ax + dx * i, ay + dy * i, dx, dy, radius);
}

/**
 * The first and last step whose brush may touch the picture; the others move nothing.
 * @param {Sources} sources
 * @param {number} ax
 * @param {number} ay
 * @param {number} dx
 * @param {number} dy
 * @param {number} steps
 * @param {number} radius
 * @returns {[number, number]}
 */
function near({ width, height }, ax, ay, dx, dy, steps, radius) {
  let [first, last] = [1, steps];
  for (const [start, step, length] of [[ax, dx, width], [ay, dy, height]]) {
    const [low, high] = [-radius - 1 - start, length + radius + 1 - start];
    if (step) {
      first = Math.max(first, Math.floor(Math.min(low / step, high / step)));
      last = Math.min(last, Math.ceil(Math.max(low / step, high / step)));
    } else if (low > 0 || high < 0) return [1, 0];
  }
  return [first, last];
}

/**
 * @param {Sources} sources
 * @param {number} middleX
 * @param {number} middleY
 * @param {number} dx
 * @param {number} dy
 * @param {number} radius
 */
function pushOnce({ x, y, width, height }, middleX, middleY, dx, dy, radius) {
  const left = Math.max(0, Math.floor(middleX - radius));
  const right = Math.min(width, Math.ceil(middleX + radius));
  const top = Math.max(0, Math.floor(middleY - radius));
  const bottom = Math.min(height, Math.ceil(middleY + radius));
  if (left >= right || top >= bottom) return;
  const newX = new Float64Array((right - left) * (bottom - top));
  const newY = new Float64Array(newX.length);
  let n = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++, n++) {
      const a = column + 0.5 - middleX;
      const b = row + 0.5 - middleY;
      const rest = Math.max(0, 1 - (a * a + b * b) / (radius * radius));
      const weight = rest * rest;
      const u = Math.min(width - 1, Math.max(0, column - weight * dx));
      const v = Math.min(height - 1, Math.max(0, row - weight * dy));
      const u0 = Math.floor(u);
      const v0 = Math.floor(v);
      const u1 = Math.min(u0 + 1, width - 1);
      const v1 = Math.min(v0 + 1, height - 1);
      const fu = u - u0;
      const fv = v - v0;
      const between = (/** @type {Float64Array} */ field) => {
        const above = field[v0 * width + u0] * (1 - fu) + field[v0 * width + u1] * fu;
        const below = field[v1 * width + u0] * (1 - fu) + field[v1 * width + u1] * fu;
        return above * (1 - fv) + below * fv;
      };
      newX[n] = between(x);
      newY[n] = between(y);
    }
  }
  n = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++, n++) {
      x[row * width + column] = newX[n];
      y[row * width + column] = newY[n];
    }
  }
}

/**
 * Write the label map `under`, with its parts pushed, into `target` within a box; with `mirror`, pixels that were not pushed take the
 * reflected push of the other side.
 * @param {Uint8Array} target
 * @param {Uint8Array} under
 * @param {Sources} sources
 * @param {boolean} mirror
 * @param {Uint8Array} free by part id, 1 where parts may be painted over
 * @param {import("./types").Box} box
 */
export function pushedInto(target, under, sources, mirror, free, { left, top, right, bottom }) {
  const { x, y, width, height } = sources;
  for (let row = Math.max(0, top); row < Math.min(height, bottom); row++) {
    for (let column = Math.max(0, left); column < Math.min(width, right); column++) {
      const i = row * width + column;
      target[i] = under[i];
      if (!free[under[i]]) continue;
      let label = under[Math.floor(y[i]) * width + Math.floor(x[i])];
      if (mirror && label === under[i]) {
        const there = row * width + (width - 1 - column);
        label = under[Math.floor(y[there]) * width + (width - 1 - Math.floor(x[there]))];
      }
      target[i] = label;
    }
  }
}
