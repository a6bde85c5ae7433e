// A grid of portraits, each a radio button; the index of the chosen one is sent to the kernel.

import { h, handled } from "../core/dom.js";
import { makePage } from "../core/page.js";

/**
 * @typedef {import("../core/types").TextTraits & { seeds: number[], psis: number[], pictures: import("../core/types").Bytes[], index: number }} GridTraits
 */

/** @param {{ model: import("../core/types").Model<GridTraits>, el: HTMLElement }} given */
function render({ model, el }) {
  const root = h("div", { class: "eg-samples", role: "radiogroup", lang: model.get("language"), onkeydown: go });
  const { t, put, on, atEnd, close } = makePage(model, root);
  root.setAttribute("aria-label", t("Portrait to edit"));
  const seeds = model.get("seeds");
  const psis = model.get("psis");
  const several = psis.length > 1; // then a row each
  const columns = several ? seeds.length : 1;
  if (several) root.style.gridTemplateColumns = `repeat(${columns}, minmax(64px, 128px))`;
  const buttons = model.get("pictures").map((picture, i) => {
    const seed = seeds[i % seeds.length];
    const psi = psis[Math.floor(i / seeds.length)];
    const image = h("img", { alt: "", draggable: "false" });
    image.src = URL.createObjectURL(new Blob([picture]));
    atEnd(() => URL.revokeObjectURL(image.src));
    const name = several ? t("Portrait of seed {seed}, truncation psi {psi}", { seed, psi }) : t("Portrait of seed {seed}", { seed });
    const caption = h("span", {}, several ? `${seed} · ψ ${psi}` : t("seed {seed}", { seed }));
    return h("button", { type: "button", class: "eg-sample", role: "radio", "aria-label": name, onclick: () => put("index", i) }, image, caption);
  });
  root.append(...buttons);
  function show() {
    const chosen = model.get("index");
    for (const [i, button] of buttons.entries()) {
      button.setAttribute("aria-checked", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
    }
  }
  /** @param {KeyboardEvent} event */
  function go(event) {
    const step = { ArrowRight: 1, ArrowDown: columns, ArrowLeft: -1, ArrowUp: -columns }[event.key];
    if (!step) return;
    put("index", (model.get("index") + step + buttons.length) % buttons.length);
    buttons[model.get("index")].focus();
    handled(event);
  }
  on("change:index", show);
  show();
  el.append(root);
  return close;
}

export default { render };
