// The whole photo with the edits pasted in; the kernel brings it up to date while it is idle.

import { h, ICONS } from "./dom.js";

export function makePhotoPanel({ model, put, t }) {
  let url = "";
  const button = h("button", { type: "button", class: "eg-button", title: t("Show the whole photo with the edits in it (V)"), "aria-label": t("Show the whole photo"), html: ICONS.photo, onclick: () => toggle() });
  const image = h("img", { alt: t("The whole photo with the edits in it"), draggable: "false" });
  const node = h("figure", { class: "eg-whole" }, h("figcaption", { class: "eg-faint" }, t("The whole photo with the edits; Save writes it at its own size.")), image);
  const opened = () => model.get("photo")?.byteLength > 0;
  function toggle() {
    if (opened()) put("show_whole", !model.get("show_whole"));
  }
  function show() {
    const bytes = model.get("whole");
    button.hidden = !opened();
    button.setAttribute("aria-pressed", String(model.get("show_whole")));
    node.hidden = !opened() || !model.get("show_whole") || !bytes?.byteLength;
    if (node.hidden) return;
    const old = url;
    url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    image.src = url;
    if (old) URL.revokeObjectURL(old);
  }
  const dispose = () => url && URL.revokeObjectURL(url);
  return { button, node, toggle, show, dispose };
}
