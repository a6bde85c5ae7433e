// Preview of part tools: hovering or focusing one shows the outline of its result; nothing is changed.

import { inflate } from "../core/bytes.js";
import { outline } from "../core/outlines.js";

const PREVIEW_DELAY = 120; // ms, so that passing over the buttons sends no requests

/**
 * @param {import("./page.js").EditorPage} page
 * @param {{ index: Uint8Array, redraw: () => void }} given
 */
export function makeToolPreview({ tell, asked, width, height }, { index, redraw }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {string | null} */
  let wanted = null; // the tool under the pointer or with the focus
  /** @type {Path2D | null} */
  let path = null;
  let removes = false; // whether the path is the area that would be removed
  /** @param {string} name */
  function ask(name) {
    clearTimeout(timer);
    wanted = name;
    timer = setTimeout(() => tell({ kind: "outline", name, ...asked() }), PREVIEW_DELAY);
  }
  /** @param {string} name */
  function leave(name) {
    if (wanted === name) drop();
  }
  function drop() {
    clearTimeout(timer);
    wanted = path = null;
    redraw();
  }
  /** Request the preview again, because the mask or the part has changed. */
  const again = () => wanted && ask(wanted);
  /**
   * Make a tool's button request its preview.
   * @param {HTMLElement} button
   * @param {string} name
   */
  function watch(button, name) {
    button.addEventListener("pointerenter", (event) => event.pointerType === "touch" || ask(name));
    button.addEventListener("pointerleave", () => leave(name));
    button.addEventListener("focus", () => button.matches(":focus-visible") && ask(name));
    button.addEventListener("blur", () => leave(name));
    return button;
  }
  /** @param {{ name: string, label: number }} message @param {ArrayBuffer} buffer */
  async function receive({ name, label }, buffer) {
    const bits = await inflate(buffer);
    if (name !== wanted || label !== asked().label) return;
    const known = bits?.length === width * height ? bits : null;
    removes = known !== null && !known.some((bit) => bit);
    path = known ? outline(removes ? index.map((id) => Number(id === label)) : known, width, height) : null;
    redraw();
  }
  return { watch, receive, again, drop, path: () => path, removes: () => removes };
}
