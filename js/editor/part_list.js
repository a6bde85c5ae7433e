// The list of parts: names, colours, visibility; searched by name, chosen by pointer, arrows or digits.

import { h, handled } from "../core/dom.js";
import { chip } from "../core/palette.js";

/**
 * @param {import("./page.js").EditorPage} page
 * @param {object} given
 * @param {(id: number) => void} given.select
 * @param {(part: import("../core/types").Part) => HTMLElement} given.eye
 * @param {HTMLElement} given.beside shown to the right of the search field
 */
export function makePartList({ model, names, t, atEnd }, { select, eye, beside }) {
  /** @type {Map<number, { button: HTMLButtonElement, row: HTMLElement }>} */
  const swatches = new Map(); // by part
  const filter = h("input", {
    type: "search", class: "eg-search", placeholder: t("Find a part"), "aria-label": t("Find a part by name"),
    oninput: () => {
      const text = filter.value.trim().toLowerCase();
      for (const label of names) {
        const row = swatches.get(label.id)?.row;
        if (row) row.hidden = ![label.name, t(label.name)].some((name) => name.toLowerCase().includes(text));
      }
      rove();
    },
    onkeydown: (event) => {
      const first = event.key === "Enter" ? found()[0] : undefined;
      if (first) select(first.id);
    },
  });
  const list = h("div", { class: "eg-swatches", role: "radiogroup", "aria-label": t("Part to paint"), onkeydown: go });
  for (const [place, label] of names.entries()) {
    const title = place < 10 ? `${t(label.name)} (${(place + 1) % 10})` : t(label.name);
    const button = h("button", { type: "button", class: "eg-swatch", role: "radio", title, tabindex: -1, onclick: () => select(label.id) }, chip(label), h("span", { class: "eg-name" }, t(label.name)));
    const row = h("div", { class: "eg-row", role: "none" }, button, eye(label));
    swatches.set(label.id, { button, row });
    list.append(row);
  }
  const scroller = h("div", { class: "eg-scroll" }, list);
  const node = h("div", { class: "eg-palette" }, h("div", { class: "eg-bar eg-find" }, filter, beside), scroller);
  const found = () => names.filter((label) => !swatches.get(label.id)?.row.hidden);
  /** @param {KeyboardEvent} event */
  function go(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const shown = found();
    if (!step || !shown.length) return;
    const at = shown.findIndex((label) => label.id === model.get("label"));
    const next = shown[(at + step + shown.length) % shown.length];
    select(next.id);
    swatches.get(next.id)?.button.focus();
    handled(event);
  }
  /** The list is one Tab stop: the chosen part, or the first shown one. */
  function rove() {
    const shown = found();
    const stop = shown.find((label) => label.id === model.get("label")) ?? shown[0];
    for (const [id, { button }] of swatches) button.tabIndex = id === stop?.id ? 0 : -1;
  }
  // Scrolls only the list; scrollIntoView would also move the notebook.
  function reveal() {
    const node = swatches.get(model.get("label"))?.button;
    if (!node?.offsetParent) return;
    const box = scroller.getBoundingClientRect();
    const own = node.getBoundingClientRect();
    if (own.top < box.top) scroller.scrollTop -= box.top - own.top;
    else if (own.bottom > box.bottom) scroller.scrollTop += own.bottom - box.bottom + 2;
  }
  function show() {
    for (const [id, { button }] of swatches) {
      button.classList.toggle("eg-locked", model.get("locked").includes(id));
      button.setAttribute("aria-checked", String(id === model.get("label")));
    }
    reveal();
    rove();
  }
  const placed = new ResizeObserver(reveal);
  placed.observe(scroller);
  atEnd(() => placed.disconnect());
  return { node, show };
}
