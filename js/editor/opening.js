// Opening a picture: chosen from a dialog, dropped on the editor, or pasted.

import { h, handled, iconButton } from "../core/dom.js";

/** @param {import("./page.js").EditorPage} page */
export function makeOpening({ root, t, tell, listen }) {
  const input = h("input", { type: "file", accept: "image/*,.npy,.npz,.pt,.pth,.pkl", hidden: true, onchange: () => void send(input.files?.[0]) });
  const button = iconButton("open", t("Open a photo, drawing or painting, or a saved picture (or drop it on the editor)"), () => input.click());
  /** @param {File | undefined} file */
  async function send(file) {
    if (!file) return;
    tell({ kind: "open", name: file.name }, [await file.arrayBuffer()]);
    input.value = ""; // allows opening the same file again
  }
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") === true;
  listen(root, "paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    if (!pasted) return;
    send(pasted);
    handled(event);
  });
  listen(root, "dragover", (event) => {
    if (!hasFile(event)) return;
    event.dataTransfer.dropEffect = "copy";
    root.classList.add("eg-drop");
    handled(event);
  });
  listen(root, "dragleave", (event) => root.contains(event.relatedTarget) || root.classList.remove("eg-drop"));
  listen(root, "drop", (event) => {
    root.classList.remove("eg-drop");
    if (!hasFile(event)) return;
    send(event.dataTransfer.files[0]);
    handled(event);
  });
  return { button, input };
}
