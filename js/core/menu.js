// A menu behind a small button.

import { h, handled } from "./dom.js";
import { ICONS } from "./icons.js";

let menus = 0;

/**
 * @param {object} given
 * @param {string} given.title of the button
 * @param {string} given.name of the menu, for screen readers
 * @param {[string, () => unknown][]} given.items
 */
export function makeMenu({ title, name, items }) {
  const id = `editgan-menu-${++menus}`;
  const button = h("button", { type: "button", class: "eg-button eg-chevron", title, "aria-label": title, "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": id, html: ICONS.down, onclick: () => (menu.hidden ? open() : close()) });
  const entries = items.map(([text, action]) =>
    h("button", { type: "button", class: "eg-item", role: "menuitem", tabindex: -1, onclick: () => (close(), action()) }, text),
  );
  const menu = h(
    "div",
    {
      class: "eg-menu", role: "menu", id, "aria-label": name, hidden: true,
      onkeydown: (event) => {
        const at = entries.indexOf(event.target);
        const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
        if (next != null) entries[(next + entries.length) % entries.length].focus();
        else if (event.key === "Escape") close();
        else return;
        handled(event);
      },
      onfocusout: ({ relatedTarget }) => {
        if (!(relatedTarget instanceof Node && menu.contains(relatedTarget)) && relatedTarget !== button) close(false);
      },
    },
    ...entries,
  );
  function open() {
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    entries[0].focus({ preventScroll: true });
  }
  function close(refocus = true) {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (refocus) button.focus({ preventScroll: true });
  }
  return { node: h("span", { class: "eg-files" }, button, menu) };
}
