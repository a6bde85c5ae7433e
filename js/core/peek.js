// Peek: shows the picture before all edits while C or the button is held.

import { h, iconButton, setPressed } from "./dom.js";

/**
 * @param {Pick<import("./types").Page<import("./types").PictureTraits & import("./types").TextTraits>, "model" | "t" | "listen">} page
 * @param {{ changed: () => void }} given
 */
export function makePeek({ model, t, listen }, { changed }) {
  let peeking = false;
  const button = iconButton("compare", t("Compare: hold to see the picture before all edits (C)"), () => {}, { "aria-pressed": "false" });
  const tag = h("span", { class: "eg-tag" });
  /** @param {boolean} value */
  function hold(value) {
    if (peeking === value) return;
    peeking = value;
    setPressed(button, value);
    tag.textContent = value ? model.get("before_name") || t("before") : "";
    changed();
  }
  listen(button, "pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    hold(true);
  });
  listen(button, "keydown", (event) => [" ", "Enter"].includes(event.key) && hold(true));
  for (const event of ["pointerup", "pointercancel", "blur", "keyup"]) listen(button, event, () => hold(false));
  return { button, tag, hold, peeking: () => peeking };
}
