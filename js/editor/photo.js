// The whole photo with the edits in it, which the kernel updates while it is idle, and the squares that can be edited.

import { h, iconButton, setPressed, textButton } from "../core/dom.js";
import { asked, makeFrame } from "./frame.js";

/** @param {import("./page.js").EditorPage} page */
export function makePhotoPanel(page) {
  const { model, put, t, tell } = page;
  let url = "";
  const button = iconButton("photo", t("Show the whole photo with the edits in it, and choose what is edited (V)"), () => toggle(), { "aria-label": t("Show the whole photo") });
  const image = h("img", { alt: t("The whole photo with the edits in it"), draggable: "false" });
  const edit = textButton(t("Edit this square"), t("Begin with the moved square (Enter)"), () => confirm(), "eg-primary");
  const back = textButton(t("Put it back"), t("Move the square back to where it was (Escape)"), () => frame.back());
  const hint = h("span", { class: "eg-faint" });
  const frame = makeFrame(page, {
    changed: (square) => showMoved(Boolean(square)),
    chosen: (square) => tell({ kind: "reframe", ...asked(square) }),
    confirmed: () => confirm(),
  });
  const stage = h("div", { class: "eg-whole-stage" }, image, frame.node);
  const bar = h("div", { class: "eg-whole-bar" }, hint, edit, back);
  const node = h("figure", { class: "eg-whole" }, bar, stage);
  const opened = () => model.get("photo")?.byteLength > 0;
  function toggle() {
    if (opened()) put("show_whole", !model.get("show_whole"));
  }
  function confirm() {
    const square = frame.moved();
    if (square) tell({ kind: "reframe", ...asked(square) });
  }
  /** @param {boolean} moved */
  function showMoved(moved) {
    edit.hidden = back.hidden = !moved;
    const several = (model.get("frame").faces ?? []).length > 1;
    hint.textContent = moved
      ? t("The square was moved.")
      : several
        ? t("The whole photo with the edits. Choose another face, or move the square; Save writes the photo at its own size.")
        : t("The whole photo with the edits. Move the square to edit another place; Save writes the photo at its own size.");
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
  async function showFrame() {
    if (!image.complete || !image.naturalWidth) await image.decode().catch(() => {});
    frame.show(model.get("frame"));
    showMoved(false);
  }
  const dispose = () => URL.revokeObjectURL(url);
  return { button, node, toggle, show, showFrame, dispose };
}
