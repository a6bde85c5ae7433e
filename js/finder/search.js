// The search for directions: method, number, rows and, for StyleSpace, the part.

import { h, textButton } from "../core/dom.js";

const COUNTS = [4, 8, 12, 16, 24];

/** @param {Pick<import("./wire").FinderPage, "model" | "t" | "tell">} page */
export function makeSearch({ model, t, tell }) {
  /** @type {Record<string, [string, string]>} */
  const methods = {
    sefa: ["SeFa", t("Eigenvectors of the maps from w to styles")],
    ganspace: ["GANSpace", t("Principal components of W")],
    stylespace: ["StyleSpace", t("Style channels that act on one part")],
  };
  const method = h(
    "select",
    { class: "eg-select", "aria-label": t("Method"), onchange: () => showMethod() },
    ...model.get("methods").map((name) => h("option", { value: name, title: methods[name][1] }, methods[name][0])),
  );
  const part = h("select", { class: "eg-select", "aria-label": t("Part") }, ...model.get("parts").map((name) => h("option", { value: name }, t(name))));
  const count = h("select", { class: "eg-select", "aria-label": t("Number of directions") }, ...COUNTS.map((n) => h("option", { value: n, selected: n === 8 }, String(n))));
  const last = model.get("row_count") - 1;
  /** @param {string} label @param {number} value */
  const rowField = (label, value) => h("input", { type: "number", min: 0, max: last, step: 1, value, class: "eg-search eg-row-field", "aria-label": label });
  const from = rowField(t("First row of w_plus that the directions move"), 0);
  const to = rowField(t("Last row of w_plus that the directions move"), last);
  const find = textButton(t("Find directions"), t("Find directions in place of those of the last search"), () => {
    const first = Math.max(0, Math.min(last, Math.round(Number(from.value) || 0)));
    const end = Math.max(first, Math.min(last, Math.round(to.value === "" ? last : Number(to.value))));
    from.value = String(first);
    to.value = String(end);
    const chosen = /** @type {"sefa" | "ganspace" | "stylespace"} */ (method.value);
    tell({ kind: "find", method: chosen, count: Number(count.value), first, last: end, part: chosen === "stylespace" ? part.value : null });
  }, "eg-primary");
  const partField = h("label", { class: "eg-field" }, h("span", {}, t("Part")), part);
  const rowsField = h("span", { class: "eg-field" }, h("span", {}, t("Rows")), from, h("span", {}, "\u2013"), to);
  function showMethod() {
    partField.hidden = method.value !== "stylespace";
    rowsField.hidden = method.value === "stylespace";
    method.title = methods[method.value][1];
  }
  showMethod();
  const nodes = [
    h("label", { class: "eg-field" }, h("span", {}, t("Method")), method),
    partField,
    h("label", { class: "eg-field" }, h("span", {}, t("Number")), count),
    rowsField,
    find,
  ];
  return { nodes, buttons: [find] };
}
