// Preview of part tools: hovering or focusing one shows the outline of what it would make; nothing is changed.

import { inflate } from "./dom.js";
import { outline } from "./raster.js";

const PREVIEW_DELAY = 120; // ms: passing over the buttons asks for nothing

export function makeToolPreview({ tell, asked, index, redraw, width, height }) {
  let timer = 0;
  let wanted = null; // name of the tool under the pointer or with the focus
  let path = null;
  let removes = false; // then the path is what would go
  function ask(name) {
    clearTimeout(timer);
    wanted = name;
    timer = setTimeout(() => tell({ kind: "outline", name, ...asked() }), PREVIEW_DELAY);
  }
  function leave(name) {
    if (wanted === name) drop();
  }
  function drop() {
    clearTimeout(timer);
    wanted = path = null;
    redraw();
  }
  /** Ask again, as the mask or the part is another. */
  const again = () => wanted && ask(wanted);
  /** Let a tool's button ask for its preview. */
  function watch(button, name) {
    button.addEventListener("pointerenter", (event) => event.pointerType === "touch" || ask(name));
    button.addEventListener("pointerleave", () => leave(name));
    button.addEventListener("focus", () => button.matches(":focus-visible") && ask(name));
    button.addEventListener("blur", () => leave(name));
    return button;
  }
  async function receive({ name, label }, buffer) {
    const bits = await inflate(buffer);
    if (name !== wanted || label !== asked().label) return;
    const known = bits?.length === width * height;
    removes = known && !bits.some((bit) => bit);
    path = known ? outline(removes ? index.map((id) => Number(id === label)) : bits, width, height) : null;
    redraw();
  }
  return { watch, receive, again, drop, path: () => path, removes: () => removes };
}
