// Peek: the picture before all edits, for as long as C or the button is held.

import { h, iconButton } from "./dom.js";

export function makePeek({ model, t, listen }, { changed }) {
  let peeking = false;
  const button = iconButton("compare", t("Compare: hold to see the picture before all edits (C)"), () => {}, { "aria-pressed": "false" });
  const tag = h("span", { class: "eg-tag" });
  function hold(value) {
    if (peeking === value) return;
    peeking = value;
    button.setAttribute("aria-pressed", String(value));
    tag.textContent = value ? model.get("before_name") || t("before") : "";
    changed();
  }
  const isPress = (event) => event.key === " " || event.key === "Enter";
  listen(button, "pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    hold(true);
  });
  listen(button, "keydown", (event) => isPress(event) && hold(true));
  for (const event of ["pointerup", "pointercancel", "blur", "keyup"]) listen(button, event, () => hold(false));
  return { button, tag, hold, peeking: () => peeking };
}
