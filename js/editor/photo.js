// The whole photo with the edits pasted in; the kernel updates it while it is idle.

import { h, iconButton, setPressed } from "../core/dom.js";

/** @param {import("./page.js").EditorPage} page */
export function makePhotoPanel({ model, put, t }) {
  let url = "";
  const button = iconButton("photo", t("Show the whole photo with the edits in it (V)"), () => toggle(), { "aria-label": t("Show the whole photo") });
  const image = h("img", { alt: t("The whole photo with the edits in it"), draggable: "false" });
  const node = h("figure", { class: "eg-whole" }, h("figcaption", { class: "eg-faint" }, t("The whole photo with the edits; Save writes it at its own size.")), image);
  const opened = () => model.get("photo")?.byteLength > 0;
  function toggle() {
    if (opened()) put("show_whole", !model.get("show_whole"));
  }
  function show() {
    const bytes = model.get("whole");
    button.hidden = !opened();
    setPressed(button, model.get("show_whole"));
    node.hidden = !opened() || !model.get("show_whole") || !bytes?.byteLength;
    if (node.hidden) return;
    const old = url;
    url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    image.src = url;
    if (old) URL.revokeObjectURL(old);
  }
  const dispose = () => URL.revokeObjectURL(url);
  return { button, node, toggle, show, dispose };
}
