// The list of parts to paint with: names, colours, eyes; searched by name, chosen by pointer, arrows or digits.

import { h, handled } from "./dom.js";
import { chip } from "./palette.js";

/** `beside` stands right of the search field. */
export function makePartList({ model, names, t, atEnd }, { select, eye, beside }) {
  const swatches = new Map(); // part -> its button
  const filter = h("input", {
    type: "search", class: "eg-search", placeholder: t("Find a part"), "aria-label": t("Find a part by name"),
    oninput: () => {
      const text = filter.value.trim().toLowerCase();
      for (const label of names) {
        const swatch = swatches.get(label.id);
        swatch.hidden = swatch.parentElement.hidden = ![label.name, t(label.name)].some((name) => name.toLowerCase().includes(text));
      }
      rove();
    },
    onkeydown: (event) => {
      const first = event.key === "Enter" && found()[0];
      if (first) select(first.id);
    },
  });
  const list = h("div", { class: "eg-swatches", role: "radiogroup", "aria-label": t("Part to paint"), onkeydown: go });
  for (const [place, label] of names.entries()) {
    const title = place < 10 ? `${t(label.name)} (${(place + 1) % 10})` : t(label.name);
    const swatch = h("button", { type: "button", class: "eg-swatch", role: "radio", title, tabindex: -1, onclick: () => select(label.id) }, chip(label), h("span", { class: "eg-name" }, t(label.name)));
    swatches.set(label.id, swatch);
    list.append(h("div", { class: "eg-row", role: "none" }, swatch, eye(label)));
  }
  const scroller = h("div", { class: "eg-scroll" }, list);
  const node = h("div", { class: "eg-palette" }, h("div", { class: "eg-bar eg-find" }, filter, beside), scroller);
  const found = () => names.filter((label) => !swatches.get(label.id).hidden);
  function go(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const shown = found();
    if (!step || !shown.length) return;
    const at = shown.findIndex((label) => label.id === model.get("label"));
    const next = shown[(at + step + shown.length) % shown.length];
    select(next.id);
    swatches.get(next.id).focus();
    handled(event);
  }
  /** The list is one Tab stop: the part that is chosen, or the first that is shown. */
  function rove() {
    const shown = found();
    const stop = shown.find((label) => label.id === model.get("label")) ?? shown[0];
    for (const [id, swatch] of swatches) swatch.tabIndex = id === stop?.id ? 0 : -1;
  }
  // Scrolls the list alone; scrollIntoView would move the notebook too.
  function reveal() {
    const node = swatches.get(model.get("label"));
    if (!node?.offsetParent) return;
    const box = scroller.getBoundingClientRect();
    const own = node.getBoundingClientRect();
    if (own.top < box.top) scroller.scrollTop -= box.top - own.top;
    else if (own.bottom > box.bottom) scroller.scrollTop += own.bottom - box.bottom + 2;
  }
  function show() {
    for (const [id, swatch] of swatches) {
      swatch.classList.toggle("eg-locked", model.get("locked").includes(id));
      swatch.setAttribute("aria-checked", String(id === model.get("label")));
    }
    reveal();
    rove();
  }
  const placed = new ResizeObserver(reveal);
  placed.observe(scroller);
  atEnd(() => placed.disconnect());
  return { node, show };
}
