// The user's choices for painting: tool, part, brush size, and locked parts.

import { toolNamed } from "./toolbox.js";

/**
 * @param {Pick<import("./page.js").EditorPage, "model" | "put" | "names">} page
 * @param {{ mostSize: number }} given largest diameter of the brush, picture px
 */
export function makeChoice({ model, put, names }, { mostSize }) {
  let painting = "brush"; // the tool that eraser and eyedropper return to
  const isAside = (/** @type {string} */ name) => toolNamed(name).aside === true;
  /** @param {string} name */
  function setTool(name) {
    if (!isAside(name)) painting = name;
    put("tool", name);
  }
  /** @param {number} id @param {boolean} keepTool */
  function select(id, keepTool = false) {
    model.set("label", id);
    if (!keepTool && isAside(model.get("tool"))) model.set("tool", painting);
    model.save_changes();
  }
  /**
   * Choose one of the first ten parts by its digit; 0 is the tenth.
   * @param {number} digit
   */
  const selectDigit = (digit) => select(names[(digit + 9) % 10]?.id ?? model.get("label"));
  /** @param {1 | -1} way */
  function resize(way) {
    const step = model.get("size") >= 12 ? 2 : 1;
    put("size", Math.min(mostSize, Math.max(1, model.get("size") + way * step)));
  }
  function toggleLock() {
    const part = model.get("label");
    const locked = model.get("locked");
    put("locked", locked.includes(part) ? locked.filter((id) => id !== part) : [...locked, part].sort((a, b) => a - b));
  }
  return { setTool, select, selectDigit, resize, toggleLock };
}
