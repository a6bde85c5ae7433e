// The menu of what is saved and opened beside the picture itself.

import { h, handled, ICONS } from "./dom.js";

let menus = 0;

/** The button and its menu of `[text, action]`. */
export function makeFileMenu({ t, items }) {
  const id = `editgan-files-${++menus}`;
  const button = h("button", { type: "button", class: "eg-button eg-chevron", title: t("More to save and open"), "aria-label": t("More to save and open"), "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": id, html: ICONS.down, onclick: () => (menu.hidden ? open() : close()) });
  const entries = items.map(([text, action]) =>
    h("button", { type: "button", class: "eg-item", role: "menuitem", tabindex: -1, onclick: () => {
      close();
      action();
    } }, text),
  );
  const menu = h(
    "div",
    {
      class: "eg-menu", role: "menu", id, "aria-label": t("Save and open"), hidden: true,
      onkeydown: (event) => {
        const at = entries.indexOf(event.target);
        const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
        if (next != null) entries[(next + entries.length) % entries.length].focus();
        else if (event.key === "Escape") close();
        else return;
        handled(event);
      },
      onfocusout: (event) => menu.contains(event.relatedTarget) || event.relatedTarget === button || close(false),
    },
    ...entries,
  );
  const node = h("span", { class: "eg-files" }, button, menu);
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
  return { node };
}
