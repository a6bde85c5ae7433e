// The bar of the selected part: lock, hide, and the part tools, which change its shape as a whole. The kernel lists the part tools
// (PART_TOOLS in Python); a tool without a group below gets a button with its name.

import { h, setPressed, setUsable } from "../core/dom.js";
import { ICONS } from "../core/icons.js";
import { chip } from "../core/palette.js";

/** @typedef {import("../core/dom.js").Attributes} Attributes */

const GROUPS = [
  ["grow", "shrink", "smooth"],
  ["up", "down", "left", "right", "turn left", "turn right"],
  ["wider", "narrower", "taller", "flatter"],
  ["lift ends", "drop ends"],
];
/** @type {Record<string, string>} */
const TOOL_MARKS = { up: "\u2191", down: "\u2193", left: "\u2190", right: "\u2192", "turn left": "\u21ba", "turn right": "\u21bb", "from the other side": "\u21c4" };

/**
 * @param {import("./page.js").EditorPage} page
 * @param {object} given
 * @param {HTMLElement} given.hideButton
 * @param {ReturnType<typeof import("./tool_preview.js").makeToolPreview>} given.preview shows the result of a part tool
 * @param {ReturnType<typeof import("./samples.js").makeSampleSheet>} given.portraits portraits from which a part can be taken
 * @param {() => void} given.toggleLock
 */
export function makePartBar({ model, byId, t, tell, asked }, { hideButton, preview, portraits, toggleLock }) {
  const button = (/** @type {Attributes} */ attributes, /** @type {string[]} */ ...children) => h("button", { type: "button", class: "eg-button eg-tool", ...attributes }, ...children);
  const name = h("span", { class: "eg-part" });
  const lock = button({ title: t("Lock the selected part: nothing paints over it (K)"), "aria-label": t("Lock the selected part"), html: ICONS.lock, onclick: toggleLock });
  const take = button({ title: t("Give the selected part the shape that it has in another portrait …"), "aria-label": t("Selected part: from another portrait"), "aria-haspopup": "dialog", html: ICONS.borrow, onclick: () => takePart() });
  const tools = new Map(model.get("part_tools").map((tool) => [tool, makeTool(tool)]));
  const paired = tools.get("from the other side"); // for parts that come in pairs
  /** @param {string} tool */
  function makeTool(tool) {
    const title = t("{tool}: change the mask of the selected part", { tool: t(tool) });
    const node = button({ title, "aria-label": t("Selected part: {tool}", { tool: t(tool) }), onclick: () => node.getAttribute("aria-disabled") !== "true" && tell({ kind: "operate", name: tool, ...asked() }) }, TOOL_MARKS[tool] ?? t(tool));
    return preview.watch(node, tool);
  }
  /** Choose a portrait from which the selected part takes its shape. */
  function takePart() {
    const part = byId.get(model.get("label"));
    if (!part) return;
    portraits.choose({
      title: t("Take {part} from another portrait", { part: t(part.name) }),
      hint: t("The mask takes the shape of this part from the one you choose."),
      chosen: (sample) => tell({ kind: "from_sample", ...sample, ...asked(), label: part.id }),
    });
  }
  const rest = [...tools.keys()].filter((tool) => !GROUPS.flat().includes(tool));
  const groups = [...GROUPS, rest].map((names) => h("span", { class: "eg-run-of" }, ...names.flatMap((tool) => tools.get(tool) ?? [])));
  const node = h("div", { class: "eg-bar eg-parts", role: "toolbar", "aria-label": t("Change the selected part's shape") }, name, h("span", { class: "eg-run-of" }, lock, hideButton), ...groups);
  if (paired) paired.after(take);
  else node.append(take);
  function show() {
    const part = byId.get(model.get("label"));
    setPressed(lock, model.get("locked").includes(model.get("label")));
    if (paired) setUsable(paired, part !== undefined && part.other !== part.id);
    name.replaceChildren(...(part ? [chip(part), t(part.name)] : []));
  }
  return { node, show };
}
