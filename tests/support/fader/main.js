// The toy widget's page: the picture, three buttons, Stop and a count.

import "../../../js/core/core.css";
import { h, textButton } from "../../../js/core/dom.js";
import { makeLivePage } from "../../../js/core/live_page.js";

/** @typedef {import("../../../js/core/types").LiveTraits & { changes: number }} Traits */

/** @param {{ model: import("../../../js/core/types").Model<Traits>, el: HTMLElement }} given */
function render(given) {
  /** @type {ReturnType<typeof makeLivePage<Traits, import("./messages").Message>>} */
  const page = makeLivePage(given);
  const { t, tell, model, on } = page;
  page.root.setAttribute("aria-label", t("A colour"));
  const red = textButton(t("Red"), t("Show red"), () => tell({ kind: "set_colour", colour: [255, 0, 0] }));
  const look = textButton(t("Look at green"), t("Show green without keeping it"), () => tell({ kind: "set_colour", colour: [0, 255, 0], live: true }));
  const fade = textButton(t("Fade to blue"), t("Fade to blue in many steps"), () => tell({ kind: "fade", colour: [0, 0, 255], steps: 2000 }));
  const changes = h("output", { class: "fader-changes" });
  page.root.append(h("div", { class: "eg-bar" }, red, look, fade, page.stop, changes), ...page.nodes);
  const show = () => (changes.textContent = t("{count} changes", { count: model.get("changes") }));
  on("change:changes", show);
  show();
  return page.close;
}

export default { render };
