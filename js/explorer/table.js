// The table of vectors: click a row to choose it, Shift and click, or its second button, to compare it with the chosen one.

import { h, handled, iconButton, setPressed } from "../core/dom.js";
import { percent, short, sortedRows } from "./numbers.js";

/** @typedef {import("./wire").Traits} Traits */
/** @typedef {import("./numbers.js").Row} Row */
/** @typedef {import("./numbers.js").Column} Column */

const COMPARE = { svg: '<svg viewBox="0 0 20 20" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="M4 7h10m0 0-2.6-2.6M14 7l-2.6 2.6M16 13H6m0 0 2.6-2.6M6 13l2.6 2.6"/></svg>' };

/**
 * @param {Pick<import("../core/types").Page<Traits>, "model" | "t" | "put"> & { tell: (message: any) => unknown }} page
 * @param {ReturnType<typeof import("./chosen.js").makeChosen>} chosen
 */
export function makeTable({ model, t, put, tell }, chosen) {
  /** @type {[Column, string, string][]} */
  const columns = [
    ["vector", t("Vector"), t("Name of the edit vector")],
    ["norm", t("Norm"), t("Length of the vector, in W's own unit")],
    ["success", t("Success"), t("Share of held-out portraits on which its attribute changes by at least half of the expected change")],
    ["leakage", t("Leakage"), t("Mean change of the other attributes where its own changes by one standard deviation")],
    ["safe", t("Safe"), t("Strength up to which the median portrait stays within the 99% ellipsoid of W")],
  ];
  const heads = columns.map(([by, label, title]) => {
    const button = h("button", { type: "button", class: "ex-sort", title, onclick: () => sort(by) }, label);
    return { by, button, node: h("th", { scope: "col", class: by === "vector" ? "ex-name-head" : "ex-number" }, button) };
  });
  const body = h("tbody", {});
  const node = h("div", { class: "ex-table" }, h("table", { "aria-label": t("Edit vectors") }, h("thead", {}, h("tr", {}, ...heads.map((head) => head.node), h("th", {}, h("span", { class: "eg-hidden" }, t("Compare"))))), body));
  /** @type {Map<string, ReturnType<typeof makeRow>>} */
  const rows = new Map();
  let inView = ""; // the chosen vector that was brought into view

  /** Scroll the table, and not the page, to the chosen row. */
  function bringIntoView() {
    const name = chosen.name();
    const row = rows.get(name)?.row;
    if (!row || name === inView || !node.clientHeight) return;
    inView = name;
    const head = 28;
    if (row.offsetTop < node.scrollTop + head) node.scrollTop = row.offsetTop - head;
    const below = row.offsetTop + row.offsetHeight - node.clientHeight;
    if (below > node.scrollTop) node.scrollTop = below;
  }

  /** @param {Column} by */
  function sort(by) {
    const again = model.get("sort_by") === by;
    const first = by === "success" || by === "safe"; // where more is better
    if (again && model.get("descending") !== first) put("sort_by", "");
    else {
      model.set("descending", again ? !first : first);
      put("sort_by", by);
    }
  }
  /** @param {string} name @param {boolean} second */
  const choose = (name, second) => (second ? chosen.compare(name) : chosen.choose(name));
  /** @param {string} name */
  function makeRow(name) {
    const title = h("button", { type: "button", class: "ex-choose", onclick: (event) => choose(name, event.shiftKey), onkeydown: (event) => move(event, name) }, h("span", { class: "eg-name" }, t(name)));
    const draft = h("span", { class: "ex-draft", hidden: true }, t("draft"));
    const remove = iconButton("close", t("Remove {name}", { name: t(name) }), () => tell({ kind: "discard", name }), { class: "eg-button ex-icon", hidden: true });
    const compare = iconButton(COMPARE, t("Compare {name} with the chosen vector (Shift and click)", { name: t(name) }), () => choose(name, true), { class: "eg-button ex-icon ex-compare" });
    const cells = ["norm", "success", "leakage", "safe"].map(() => h("td", { class: "ex-number" }));
    const row = h("tr", { onclick: (event) => void (event.target.closest("button") ?? choose(name, event.shiftKey)) }, h("th", { scope: "row" }, h("span", { class: "ex-row-name" }, title, draft, remove)), ...cells, h("td", {}, compare));
    return { row, title, draft, remove, compare, cells };
  }
  /** @param {KeyboardEvent} event @param {string} name */
  function move(event, name) {
    const names = sortedRows(model.get("rows"), model.get("sort_by"), model.get("descending")).map((row) => row.name);
    const at = names.indexOf(name);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = names[Math.max(0, Math.min(names.length - 1, to))];
    for (const [other, { title }] of rows) title.tabIndex = other === next ? 0 : -1;
    rows.get(next)?.title.focus();
    handled(event);
  }
  function show() {
    const [by, descending] = [model.get("sort_by"), model.get("descending")];
    const [first, second] = [chosen.name(), chosen.second()];
    for (const { by: column, node: head } of heads) head.setAttribute("aria-sort", column !== by ? "none" : descending ? "descending" : "ascending");
    const ordered = sortedRows(model.get("rows"), by, descending);
    for (const name of rows.keys()) if (!ordered.some((row) => row.name === name)) (rows.get(name)?.row.remove(), rows.delete(name));
    ordered.forEach((row, i) => {
      const found = rows.get(row.name) ?? makeRow(row.name);
      rows.set(row.name, found);
      if (body.children[i] !== found.row) body.insertBefore(found.row, body.children[i] ?? null);
      fill(found, row);
      found.row.classList.toggle("ex-chosen", row.name === first);
      found.row.classList.toggle("ex-second", row.name === second);
      found.title.setAttribute("aria-pressed", String(row.name === first));
      found.title.tabIndex = row.name === first ? 0 : -1;
      setPressed(found.compare, row.name === second);
      found.compare.hidden = row.name === first;
      found.compare.tabIndex = -1;
    });
    bringIntoView();
  }
  /** @param {ReturnType<typeof makeRow>} found @param {Row} row */
  function fill({ cells, draft, remove, title }, row) {
    const [norm, success, leakage, safe] = cells;
    const waits = row.measured ? "–" : "·";
    norm.textContent = short(row.norm);
    success.textContent = row.success ? percent(row.success.value) : waits;
    const unknown = row.measured && !row.attribute && model.get("attributes") ? t("The vector names no attribute that is read") : "";
    success.title = row.success ? t("{attribute}: {low} to {high}, n = {n}", { attribute: row.attribute, low: percent(row.success.low ?? 0), high: percent(row.success.high ?? 1), n: row.n }) : unknown;
    leakage.textContent = row.leakage === null ? waits : short(row.leakage);
    leakage.title = row.leakage === null ? unknown : t("Standard deviations per one of {attribute}, n = {n}", { attribute: row.attribute, n: row.n });
    safe.textContent = row.safe ? short(row.safe.value) : waits;
    safe.title = row.safe ? t("{low} to {high} in 95% of the portraits", { low: short(row.safe.low), high: short(row.safe.high) }) : "";
    draft.hidden = row.kind !== "draft";
    remove.hidden = row.kind === "";
    const { name } = row;
    title.title = t(name);
  }
  return { node, show };
}
