// The editor's keyboard shortcuts; `?` lists them.

import { keyNames, listenToKeys, makeShortcutSheet } from "../core/shortcuts.js";
import { TOOLS } from "./toolbox.js";

/** @typedef {import("../core/types").Translate} Translate */

/** @param {Translate} t */
export function makeSheet(t) {
  /** @type {[string, string][]} */
  const tools = TOOLS.map((tool) => [tool.key.toUpperCase(), tool.label(t)]);
  return makeShortcutSheet(t, [
    ...tools,
    ...TOOLS.flatMap((tool) => tool.keys?.(t) ?? []),
    ["1 \u2026 9 0", t("choose one of the first ten parts")],
    ["M", t("mirror what is painted")],
    ["Alt", t("hold: pick the part under the pointer")],
    ["[ ]", t("brush size; also Alt and the wheel")],
    ["K", t("lock or unlock the selected part")],
    ["H, Shift+H", t("hide the selected part in the mask, show it alone")],
    ["O", t("the mask as areas, borders or both")],
    ["+ \u2212 Home, Shift+1", t("zoom in, zoom out, whole picture (also Shift+0), actual size; Ctrl and the wheel zoom, the middle button drags")],
    [t("Arrows, Space"), t("move the brush (Shift: faster), paint a dot")],
    ["Ctrl+Z, Ctrl+Shift+Z", t("undo, redo")],
    ["C", t("hold: the picture before all edits")],
    ["V", t("the whole photo with the edits, if a photo is open")],
    ["Ctrl+V", t("open the picture in the clipboard")],
    ["Shift+C", t("divide the picture into before and now; arrows move the divider")],
    ["Enter, Delete", t("accept or discard the finished edit")],
    ["Esc", t("discard the stroke under the pointer, stop a running edit, or leave the editor")],
    ["?", t("this list")],
  ]);
}

/**
 * Description of the keys for screen readers.
 * @param {Translate} t
 */
export const keyboardHelp = (t) =>
  t("Drag to paint. Arrow keys move the brush, Space paints a dot. {tools}. Digits choose one of the first ten parts, K locks the selected part, H hides it, M mirrors, O shows borders, [ and ] size (or Alt and the wheel), plus, minus, Home and Shift 1 zoom, hold Alt to pick a part, hold C to compare, question mark lists all, Control Z undo, Control Shift Z redo, Escape stops a running edit or leaves the editor.", {
    tools: TOOLS.map((tool) => `${tool.key.toUpperCase()} ${tool.label(t)}`).join(", "),
  });

/**
 * Listen to the keys.
 * @param {import("./page.js").EditorPage} page
 * @param {object} parts what the keys act on
 * @param {ReturnType<typeof import("./choice.js").makeChoice>} parts.choice
 * @param {ReturnType<typeof import("../core/zoom.js").makeZoom>} parts.zoom
 * @param {ReturnType<typeof import("./painting.js").makePainting>} parts.painting
 * @param {ReturnType<typeof import("./mask_view.js").makeMaskView>} parts.maskView
 * @param {ReturnType<typeof import("../core/peek.js").makePeek>} parts.peek
 * @param {ReturnType<typeof import("../core/divider.js").makeDivider>} parts.divider
 * @param {ReturnType<typeof import("./photo.js").makePhotoPanel>} parts.photoPanel
 * @param {ReturnType<typeof import("./staging.js").makeStaging>} parts.staging
 * @param {HTMLDialogElement} parts.sheet
 * @param {(way: "undo" | "redo") => void} parts.travel
 */
export function listenToEditorKeys(page, { choice, zoom, painting, maskView, peek, divider, photoPanel, staging, sheet, travel }) {
  const { model, root, put, tell, listen } = page;
  const part = () => model.get("label");
  /** Accept or discard, with the focus on a picture and an edit that waits for it. */
  const stage = (/** @type {"accept" | "discard"} */ kind) => (/** @type {KeyboardEvent} */ event) => staging.pending() && event.target instanceof HTMLCanvasElement && (tell({ kind }), true);
  function escape() {
    const { activeElement } = root.ownerDocument;
    if (painting.active()) painting.drop();
    else if (model.get("running")) tell({ kind: "stop" });
    else if (activeElement instanceof HTMLElement) activeElement.blur();
  }
  const digits = Array.from({ length: 10 }, (_, digit) => [String(digit), () => choice.selectDigit(digit)]);
  const tools = TOOLS.map((tool) => [tool.key, () => choice.setTool(tool.name)]);
  listenToKeys(
    page,
    {
      ...Object.fromEntries([...digits, ...tools]),
      "[": () => choice.resize(-1),
      "]": () => choice.resize(1),
      "+": () => zoom.by(2 ** 0.5),
      "=": () => zoom.by(2 ** 0.5),
      "-": () => zoom.by(2 ** -0.5),
      "Shift+Digit0": () => zoom.to(1),
      "Shift+Digit1": zoom.toActual,
      Home: ({ target }) => !(target instanceof HTMLInputElement && target.type === "range") && zoom.to(1),
      Enter: stage("accept"),
      Delete: stage("discard"),
      Escape: escape,
      "Ctrl+z": () => travel("undo"),
      "Ctrl+Shift+z": () => travel("redo"),
      "Ctrl+y": () => travel("redo"),
      m: () => put("mirror", !model.get("mirror")),
      o: maskView.nextStyle,
      h: () => maskView.hide(part()),
      "Shift+h": () => maskView.solo(part()),
      k: choice.toggleLock,
      "?": () => sheet.showModal(),
      c: () => peek.hold(true),
      "Shift+c": () => divider.toggle(),
      v: photoPanel.toggle,
    },
    { first: (event) => painting.key(keyNames(event)[0]), whileTyping: ["Escape"] },
  );
  listen(root, "keyup", (event) => event.key.toLowerCase() === "c" && peek.hold(false));
  listen(root, "focusout", () => peek.hold(false));
}
