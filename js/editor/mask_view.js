// How the mask is shown: with hidden parts or one part alone, as areas or borders. Painting does not depend on it.

import { h, iconButton, setPressed } from "../core/dom.js";
import { ICONS } from "../core/icons.js";
import { borders } from "../core/outlines.js";

/** @type {import("./wire").EditorTraits["mask_style"][]} */
const MASK_STYLES = ["areas", "borders", "both"];

/** @param {import("./page.js").EditorPage} page */
export function makeMaskView({ model, put, t, names, width, height }) {
  const hidden = new Uint8Array(256);
  /** @type {Map<number, HTMLElement>} */
  const eyes = new Map(); // by part, its button in the palette
  let path = new Path2D();
  let drawnFor = -1; // version of the mask for which the path was computed
  const TITLES = { areas: t("Mask as areas; press for its borders (O)"), borders: t("Mask as borders; press for both (O)"), both: t("Mask as areas and borders; press for its areas (O)") };
  const styleButton = iconButton("borders", t("Show the mask as borders"), () => nextStyle());
  const hideButton = h("button", { type: "button", class: "eg-button eg-tool", html: ICONS.eye, title: t("Hide the selected part in the mask (H); Alt-click or Shift+H shows it alone"), "aria-label": t("Hide the selected part"), onclick: (event) => (event.altKey ? solo : hide)(model.get("label")) });

  function nextStyle() {
    put("mask_style", MASK_STYLES[(MASK_STYLES.indexOf(model.get("mask_style")) + 1) % MASK_STYLES.length]);
  }
  /** @param {number} part */
  function hide(part) {
    const ids = model.get("hidden");
    put("hidden", ids.includes(part) ? ids.filter((id) => id !== part) : [...ids, part].sort((a, b) => a - b));
  }
  /**
   * Show a part alone, or all parts if it already is.
   * @param {number} part
   */
  function solo(part) {
    const rest = names.map((label) => label.id).filter((id) => id !== part);
    const ids = model.get("hidden");
    put("hidden", ids.length === rest.length && !ids.includes(part) ? [] : rest);
  }
  /**
   * The eye in a part's row of the palette.
   * @param {import("../core/types").Part} label
   */
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
      setPressed(node, ids.includes(id));
      node.parentElement?.classList.toggle("eg-gone", ids.includes(id));
    }
    setPressed(hideButton, ids.includes(model.get("label")));
    const style = model.get("mask_style");
    setPressed(styleButton, style !== "areas");
    styleButton.title = TITLES[style];
    drawnFor = -1;
  }
  /**
   * Borders between the shown parts, computed once for each version of the mask; null if borders are not shown.
   * @param {Uint8Array} index part ids
   * @param {number} version
   */
  function borderPath(index, version) {
    if (model.get("mask_style") === "areas") return null;
    if (drawnFor !== version) path = borders(index, hidden, width, height);
    drawnFor = version;
    return path;
  }
  return { styleButton, hideButton, eye, show, hide, solo, nextStyle, borderPath, isHidden: (/** @type {number} */ id) => hidden[id] === 1, filled: () => model.get("mask_style") !== "borders" };
}
