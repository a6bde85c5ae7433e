// Keyboard shortcuts, only with the focus inside the editor; Tab is never taken. `?` lists them.

import { h, handled, iconButton } from "./dom.js";

/** The list, a dialog. */
export function makeShortcutSheet({ t }) {
  const SHORTCUTS = [
    ["B E W", t("brush, eraser, push")],
    ["G L P I", t("fill (Shift: the whole part), lasso, polygon, eyedropper")],
    ["Enter, Backspace, Esc", t("close a polygon, take its last corner back, drop it")],
    ["1 \u2026 9 0", t("choose one of the first ten parts")],
    ["M", t("mirror what is painted")],
    ["Alt", t("hold: pick the part under the pointer")],
    ["[ ]", t("brush size; also Alt and the wheel")],
    ["K", t("lock or unlock the selected part")],
    ["H, Shift+H", t("hide the selected part in the mask, show it alone")],
    ["O", t("the mask as areas, borders or both")],
    ["+ \u2212 Home, Shift+1", t("zoom in, out, whole picture (also Shift+0), its own size; also Ctrl and the wheel, and the middle button drags")],
    [t("Arrows, Space"), t("move the brush (Shift: faster), paint a dot")],
    ["Ctrl+Z, Ctrl+Shift+Z", t("undo, redo")],
    ["C", t("hold: the picture before all edits")],
    ["V", t("the whole photo with the edits, where one was opened")],
    ["Ctrl+V", t("open the picture in the clipboard")],
    ["Shift+C", t("divide the picture into before and now; arrows move the divider")],
    ["Enter, Delete", t("accept or discard the edit that is done")],
    ["Esc", t("drop the stroke under the pointer, stop a running edit, or leave the editor")],
    ["?", t("this list")],
  ];
  const sheet = h(
    "dialog",
    { class: "eg-sheet", "aria-label": t("Keyboard shortcuts"), onclick: (event) => event.target === sheet && sheet.close() },
    h("table", {}, ...SHORTCUTS.map(([keys, what]) => h("tr", {}, h("th", { scope: "row" }, keys), h("td", {}, what)))),
    iconButton("close", t("Close the list of shortcuts"), () => sheet.close()),
  );
  return sheet;
}

/** What is spoken for someone who cannot see the views. */
export const keyboardHelp = (t) =>
  t("Drag to paint. Arrow keys move the brush, Space paints a dot. B brush, E eraser, W push, G fill, L lasso, P polygon, I eyedropper (or hold Alt), digits choose one of the first ten parts, K locks the selected part, H hides it, M mirrors, O shows borders, [ and ] size (or Alt and the wheel), plus, minus, Home and Shift 1 zoom, hold C to compare, question mark lists all, Control Z undo, Control Shift Z redo, Escape stops a running edit or leaves the editor.");

/** Listen to the keys. The arguments are the editor's parts that the keys act on. */
export function listenToShortcuts({ model, root, put, tell, listen }, { choice, zoom, mask, painting, maskView, peek, divider, photoPanel, staging, sheet, travel }) {
  const part = () => model.get("label");
  const TOOLS = { b: "brush", e: "eraser", w: "push", g: "fill", l: "lasso", p: "polygon", i: "pick" };
  const KEYS = {
    "[": () => choice.resize(-1),
    "]": () => choice.resize(1),
    "+": () => zoom.by(2 ** 0.5),
    "=": () => zoom.by(2 ** 0.5),
    "-": () => zoom.by(2 ** -0.5),
    m: () => put("mirror", !model.get("mirror")),
    o: maskView.nextStyle,
    h: (event) => (event.shiftKey ? maskView.solo : maskView.hide)(part()),
    k: choice.toggleLock,
    "?": () => sheet.showModal(),
    c: (event) => (event.shiftKey ? divider.toggle() : peek.hold(true)),
    v: photoPanel.toggle,
  };
  const onCanvas = (event) => event.target instanceof HTMLCanvasElement;
  /** What a key without Ctrl and Alt does, or nothing. Shift+0 and Shift+1 go by the key's place, where it makes no digit. */
  function actionOf(event, key) {
    if (/^[0-9]$/.test(key)) return () => choice.selectDigit(Number(key)); // with Shift on some keyboards
    if (event.shiftKey && event.code === "Digit0") return () => zoom.to(1);
    if (event.shiftKey && event.code === "Digit1") return zoom.toActual;
    if (key === "Home" && event.target.type !== "range") return () => zoom.to(1);
    if (key === "Enter" && staging.pending() && onCanvas(event)) return () => tell({ kind: "accept" });
    if (key === "Delete" && staging.pending() && onCanvas(event)) return () => tell({ kind: "discard" });
    return TOOLS[key] ? () => choice.setTool(TOOLS[key]) : KEYS[key];
  }
  function escape() {
    if (mask.current()) painting.drop();
    else if (model.get("running")) tell({ kind: "stop" });
    else root.ownerDocument.activeElement?.blur();
  }
  const isTyping = ({ target }) => target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && ["search", "text", "number"].includes(target.type));
  listen(root, "keydown", (event) => {
    if (event.defaultPrevented || root.querySelector("dialog[open]")) return;
    const typing = isTyping(event);
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (control && !typing && key === "z" && !event.shiftKey && painting.polygon.key("Backspace")) return handled(event);
    if (control && !typing && (key === "z" || key === "y")) travel(key === "y" || event.shiftKey ? "redo" : "undo");
    else if (!typing && !control && painting.polygon.key(key)) return handled(event);
    else if (key === "Escape") escape();
    else {
      const action = control || event.altKey || typing ? null : actionOf(event, key);
      if (!action) return;
      action(event);
    }
    handled(event);
  });
  listen(root, "keyup", (event) => event.key.toLowerCase() === "c" && peek.hold(false));
  listen(root, "focusout", () => peek.hold(false));
  // Saving is the notebook's. This runs before Lab's own listener, which looks for the attribute on the focused element.
  const leaveSaving = (event) => {
    const { target } = event;
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || !root.contains(target)) return;
    if (!target.hasAttribute("data-lm-suppress-shortcuts")) return;
    target.removeAttribute("data-lm-suppress-shortcuts");
    setTimeout(() => target.setAttribute("data-lm-suppress-shortcuts", "true"));
  };
  listen(window, "keydown", leaveSaving, true);
}
