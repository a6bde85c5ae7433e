// The bar of the selected part: lock, hide, and the tools that change its shape as a whole.

import { h, ICONS } from "./dom.js";
import { chip } from "./palette.js";

const GROUPS = [
  ["grow", "shrink", "smooth"],
  ["up", "down", "left", "right", "turn left", "turn right"],
  ["wider", "narrower", "taller", "flatter"],
  ["lift ends", "drop ends"],
]; // what follows is one more
const TOOL_MARKS = { up: "\u2191", down: "\u2193", left: "\u2190", right: "\u2192", "turn left": "\u21ba", "turn right": "\u21bb", "from the other side": "\u21c4" };

/** `preview` shows what a tool would make, `portraits` is the sheet from which a part can be taken. */
export function makePartBar({ model, byId, t, tell, asked }, { hideButton, preview, portraits, toggleLock }) {
  const button = (attributes, ...children) => h("button", { type: "button", class: "eg-button eg-tool", ...attributes }, ...children);
  const name = h("span", { class: "eg-part" });
  const lock = button({ title: t("Lock the selected part: nothing paints over it (K)"), "aria-label": t("Lock the selected part"), html: ICONS.lock, onclick: toggleLock });
  const take = button({ title: t("Give the selected part the shape that it has in another portrait …"), "aria-label": t("Selected part: from another portrait"), "aria-haspopup": "dialog", html: ICONS.borrow, onclick: () => takePart() });
  const tools = new Map(model.get("part_tools").map((tool) => [tool, makeTool(tool)]));
  const paired = tools.get("from the other side"); // only parts that come in pairs have it
  function makeTool(tool) {
    const title = t("{tool}: change the mask of the selected part", { tool: t(tool) });
    const node = button({ title, "aria-label": t("Selected part: {tool}", { tool: t(tool) }), onclick: () => node.getAttribute("aria-disabled") !== "true" && tell({ kind: "operate", name: tool, ...asked() }) }, TOOL_MARKS[tool] ?? t(tool));
    return preview.watch(node, tool);
  }
  /** Choose a portrait from which the selected part takes its shape. */
  function takePart() {
    const part = byId.get(model.get("label"));
    portraits.choose({
      title: t("Take {part} from another portrait", { part: t(part.name) }),
      hint: t("The mask takes the shape of this part from the one you choose."),
      chosen: (sample) => tell({ kind: "from_sample", ...sample, ...asked(), label: part.id }),
    });
  }
  const rest = [...tools.keys()].filter((tool) => !GROUPS.flat().includes(tool));
  const groups = [...GROUPS, rest].map((names) => h("span", { class: "eg-run-of" }, ...names.map((tool) => tools.get(tool)).filter(Boolean)));
  const node = h("div", { class: "eg-bar eg-parts", role: "toolbar", "aria-label": t("Change the selected part's shape") }, name, h("span", { class: "eg-run-of" }, lock, hideButton), ...groups);
  if (paired) paired.after(take);
  else node.append(take);
  function show() {
    const part = byId.get(model.get("label"));
    lock.setAttribute("aria-pressed", String(model.get("locked").includes(model.get("label"))));
    paired?.setAttribute("aria-disabled", String(!part || part.other === part.id));
    name.replaceChildren(...(part ? [chip(part), t(part.name)] : []));
  }
  return { node, show };
}
