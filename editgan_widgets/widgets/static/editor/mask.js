// The label map as it is shown: the kernel's, and over it the strokes that the kernel has not confirmed yet.

import { inflate, surface } from "./dom.js";
import { makeEcho } from "./echo.js";
import { outline } from "./raster.js";

/** `colours` holds RGBA by part id, `isHidden(id)` tells what is not shown, `changed()` hears that pixels were repainted. */
export function makeMask({ model, names, width, height }, { colours, isHidden, changed }) {
  const size = width * height;
  const whole = { left: 0, top: 0, right: width, bottom: height };
  const base = new Uint8Array(size); // the kernel's label map
  const index = new Uint8Array(size); // the same with unconfirmed strokes: what is shown
  const painted = new Uint8Array(size); // the kernel's pixels that no edit was tried for
  const touched = new Uint8Array(size); // pixels shown as strokes over the picture
  let original = null; // label map that the eraser brings back
  let pending = []; // strokes sent, not yet in `base`
  let current = null; // stroke under the pointer
  let loaded = false;
  let version = 0; // counts the states that were shown
  const others = Object.fromEntries(names.map((label) => [label.id, label.other]));
  const echo = makeEcho({ width, height, others, original: () => original, touched });

  // ---- pixels
  const labels = surface(width, height);
  const strokes = surface(width, height);
  const labelPixels = new ImageData(width, height); // kept: a move of the pointer makes no garbage
  const strokePixels = new ImageData(width, height);
  const labelColours = new Uint32Array(labelPixels.data.buffer);
  const strokeColours = new Uint32Array(strokePixels.data.buffer);
  const colourOf = new Uint32Array(colours.buffer);
  function repaint({ left, top, right, bottom } = whole) {
    if (!loaded) return;
    version++;
    for (let y = top; y < bottom; y++) {
      for (let i = y * width + left; i < y * width + right; i++) {
        const colour = colourOf[index[i]];
        labelColours[i] = isHidden(index[i]) ? 0 : colour;
        strokeColours[i] = touched[i] ? colour : 0;
      }
    }
    if (right > left && bottom > top) {
      labels.putImageData(labelPixels, 0, 0, left, top, right - left, bottom - top);
      strokes.putImageData(strokePixels, 0, 0, left, top, right - left, bottom - top);
    }
    changed();
  }
  function rebuild() {
    index.set(base);
    touched.set(painted);
    for (const stroke of pending) echo.paint(index, stroke);
    if (current) echo.paint(index, current);
    repaint();
  }
  const areas = { version: -1, px: new Uint32Array(256) };
  /** Share of the mask that a part covers. */
  function share(id) {
    if (areas.version !== version) {
      areas.version = version;
      areas.px.fill(0);
      for (let i = 0; i < size; i++) areas.px[index[i]]++;
    }
    return areas.px[id] / size;
  }
  const labelAt = ([x, y]) => index[Math.floor(y) * width + Math.floor(x)];

  // ---- strokes
  function begin(stroke) {
    current = stroke;
    repaint(echo.paint(index, stroke));
  }
  /** Paint what the stroke under the pointer has gained since the point at the flat index `from`. */
  function goOn(from) {
    repaint(echo.paint(index, current, from));
  }
  /** Take the stroke under the pointer away from it; it stays as it is painted. */
  function end() {
    const stroke = current;
    current = null;
    return stroke;
  }
  /** Take it back. */
  function drop() {
    if (end()) rebuild();
  }
  /** Show a stroke that was sent until the kernel's map holds it. */
  function keep(stroke) {
    pending.push(stroke);
    repaint();
  }
  function reject(id) {
    pending = pending.filter((stroke) => stroke.id !== id);
    rebuild();
  }

  // ---- the kernel's map
  let reads = 0;
  const confirmed = new Set(); // ids of strokes that the kernel has handled and `base` may lack yet
  /** Read the kernel's map; `ids` are messages that it has handled since. Whether a new one is shown. */
  async function read(ids = []) {
    for (const id of ids) confirmed.add(id);
    const turn = ++reads;
    const done = new Set(confirmed);
    const [mask, first, bits] = await Promise.all(["mask", "original", "painted"].map((name) => inflate(model.get(name))));
    if (turn !== reads || !mask || mask.length !== size) return false;
    base.set(mask);
    original = first;
    if (bits?.length === size) painted.set(bits);
    else painted.fill(0);
    pending = pending.filter((stroke) => !done.has(stroke.id));
    for (const id of done) confirmed.delete(id);
    loaded = true;
    rebuild();
    return true;
  }
  let regionReads = 0;
  let region = null; // outline of what an edit may change
  async function readRegion() {
    const turn = ++regionReads;
    const bits = await inflate(model.get("region"));
    if (turn !== regionReads) return;
    region = bits && bits.length === size && bits.some((bit) => bit) ? outline(bits, width, height) : null;
    changed();
  }

  return {
    index, labels, strokes, labelAt, share, repaint, begin, goOn, end, drop, keep, reject, read, readRegion,
    version: () => version, loaded: () => loaded, current: () => current, region: () => region,
    waits: (id = null) => (id === null ? pending.length > 0 : pending.some((stroke) => stroke.id === id)), count: () => pending.length,
  };
}
