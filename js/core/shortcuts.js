// Keyboard shortcuts of a widget: they act only with the focus inside it, and never use Tab.

import { h, handled, iconButton } from "./dom.js";

/** @typedef {Pick<KeyboardEvent, "key" | "code" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">} Press */
/** Action of a key press; returns false if it did nothing, so that the browser handles the press.
 * @typedef {(event: KeyboardEvent) => unknown} Action */

/**
 * The names of a key press, the most specific first: modifiers ("Ctrl+", "Alt+", "Shift+") and the key, letters in lower case.
 * Command counts as Ctrl. With Shift, a digit key is also named by its position ("Shift+Digit1"), and any key also without Shift,
 * because characters such as "?" need Shift on some keyboards.
 * @param {Press} press
 */
export function keyNames({ key, code, shiftKey, ctrlKey, metaKey, altKey }) {
  const own = key.length === 1 ? key.toLowerCase() : key;
  const before = `${ctrlKey || metaKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}`;
  if (!shiftKey) return [`${before}${own}`];
  const place = /^Digit\d$/.test(code) && !/^\d$/.test(key) ? [`${before}Shift+${code}`] : [];
  return [`${before}Shift+${own}`, ...place, `${before}${own}`];
}

/**
 * The action of a key press, from a table by names (see `keyNames`).
 * @param {Press} press
 * @param {Record<string, Action | undefined>} table
 */
export const actionOf = (press, table) => keyNames(press).map((name) => table[name]).find(Boolean);

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && ["search", "text", "number"].includes(target.type));

/**
 * Listen to the keys. `first` may handle a press before the table; `whileTyping` are the names of presses that also act in a text
 * field.
 * @param {Pick<import("./types").Page<any>, "root" | "listen">} page
 * @param {Record<string, Action | undefined>} table
 * @param {{ first?: (event: KeyboardEvent) => boolean, whileTyping?: string[] }} options
 */
export function listenToKeys({ root, listen }, table, { first = () => false, whileTyping = [] } = {}) {
  listen(root, "keydown", (event) => {
    if (event.defaultPrevented || root.querySelector("dialog[open]")) return;
    const typing = isTyping(event.target);
    if (!typing && first(event)) return handled(event);
    const action = actionOf(event, table);
    if (!action || (typing && !keyNames(event).some((name) => whileTyping.includes(name)))) return;
    if (action(event) !== false) handled(event);
  });
  // Ctrl+S is left to the notebook. This runs before JupyterLab's listener, which looks for the attribute on the focused element.
  listen(
    window,
    "keydown",
    ({ target, key, ctrlKey, metaKey }) => {
      if (key.toLowerCase() !== "s" || !(ctrlKey || metaKey) || !root.contains(target) || !target.hasAttribute("data-lm-suppress-shortcuts")) return;
      target.removeAttribute("data-lm-suppress-shortcuts");
      setTimeout(() => target.setAttribute("data-lm-suppress-shortcuts", "true"));
    },
    true,
  );
}

/**
 * The list of shortcuts, a dialog.
 * @param {import("./types").Translate} t
 * @param {[string, string][]} rows keys and what they do
 */
export function makeShortcutSheet(t, rows) {
  const sheet = h(
    "dialog",
    { class: "eg-sheet", "aria-label": t("Keyboard shortcuts"), onclick: (event) => void (event.target === sheet && sheet.close()) },
    h("div", {}, h("h2", {}, t("Keyboard shortcuts")), h("dl", { class: "eg-keys" }, ...rows.map(([keys, what]) => h("div", {}, h("dt", {}, keys), h("dd", {}, what))))),
    iconButton("close", t("Close the list of shortcuts"), () => void sheet.close()),
  );
  return sheet;
}
