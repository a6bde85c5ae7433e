// How the mask is shown: parts hidden or alone, areas or borders. Painting does not go by it.

import { h, ICONS } from "./dom.js";
import { borders } from "./raster.js";

const MASK_STYLES = ["areas", "borders", "both"];

export function makeMaskView({ model, put, t, names, width, height }) {
  const hidden = new Uint8Array(256);
  const eyes = new Map(); // part -> its button in the palette
  let path = null;
  let drawnFor = null;
  const TITLES = { areas: t("Mask as areas; press for its borders (O)"), borders: t("Mask as borders; press for both (O)"), both: t("Mask as areas and borders; press for its areas (O)") };
  const styleButton = h("button", { type: "button", class: "eg-button", html: ICONS.borders, "aria-label": t("Show the mask as borders"), onclick: () => nextStyle() });
  const hideButton = h("button", { type: "button", class: "eg-button eg-tool", html: ICONS.eye, title: t("Hide the selected part in the mask (H); Alt-click or Shift+H shows it alone"), "aria-label": t("Hide the selected part"), onclick: (event) => (event.altKey ? solo : hide)(model.get("label")) });

  function nextStyle() {
    put("mask_style", MASK_STYLES[(MASK_STYLES.indexOf(model.get("mask_style")) + 1) % MASK_STYLES.length]);
  }
  function hide(part) {
    const ids = model.get("hidden");
    put("hidden", ids.includes(part) ? ids.filter((id) => id !== part) : [...ids, part].sort((a, b) => a - b));
  }
  /** Show a part alone, or all again where it is alone already. */
  function solo(part) {
    const rest = names.map((label) => label.id).filter((id) => id !== part);
    const ids = model.get("hidden");
    put("hidden", ids.length === rest.length && !ids.includes(part) ? [] : rest);
  }
  /** The eye of a part's row in the palette. */
  function eye(label) {
    const name = t(label.name);
    const node = h("button", {
      type: "button", class: "eg-eye", tabindex: -1, html: ICONS.eye, title: t("Hide or show {part}; Alt-click shows it alone", { part: name }), "aria-label": t("Hide {part}", { part: name }),
      onclick: (event) => (event.altKey ? solo : hide)(label.id),
    });
    eyes.set(label.id, node);
    return node;
  }
  function show() {
    const ids = model.get("hidden");
    hidden.fill(0);
    for (const id of ids) hidden[id] = 1;
    for (const [id, node] of eyes) {
      node.setAttribute("aria-pressed", String(ids.includes(id)));
      node.parentElement?.classList.toggle("eg-gone", ids.includes(id));
    }
    hideButton.setAttribute("aria-pressed", String(ids.includes(model.get("label"))));
    const style = model.get("mask_style");
    styleButton.setAttribute("aria-pressed", String(style !== "areas"));
    styleButton.title = TITLES[style];
    drawnFor = null;
  }
  /** Borders between the parts that are shown, or null; looked for once for each state of the mask. */
  function borderPath(index, version) {
    if (model.get("mask_style") === "areas") return null;
    if (drawnFor !== version) path = borders(index, hidden, width, height);
    drawnFor = version;
    return path;
  }
  return { styleButton, hideButton, eye, show, hide, solo, nextStyle, borderPath, isHidden: (id) => hidden[id] === 1, filled: () => model.get("mask_style") !== "borders" };
}
