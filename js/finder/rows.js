// A row for each direction: pictures over its strength, slider, rows of w_plus, and a name to keep it under.

import { h, iconButton, textButton } from "../core/dom.js";
import { ICONS } from "../core/icons.js";
import { makeFieldText } from "../core/own.js";
import { makeDrag, makePreviews } from "../core/previews.js";

const NOTICEABLE = 0.1; // standard deviations
const LIMIT = 3; // range of a slider, either sign

/** @param {number} strength */
export const strengthText = (strength) => (Math.abs(strength) < 0.005 ? "0" : (strength > 0 ? "+" : "\u2212") + Math.abs(strength).toFixed(Number.isInteger(strength) ? 0 : 2));
/** @param {number} share */
const percent = (share) => Math.round(100 * share);

/** @typedef {ReturnType<typeof makeRow>} Row */

/**
 * @param {Pick<import("./wire").FinderPage, "model" | "t" | "tell">} page
 * @param {import("./wire").Direction} first as it is when the row is made
 * @param {{ want: (move: { direction: number, strength: number }) => void, drop: () => void }} previews
 * @param {import("../core/types").Own} sent
 */
function makeRow({ model, t, tell }, first, previews, sent) {
  const { id, name } = first;
  const [moveKey, rowsKey] = [`move ${id}`, `rows ${id}`];
  let now = first;
  let asked = first.rows; // as they were last sent
  /** @param {number} strength */
  function move(strength) {
    previews.drop();
    place(strength);
    sent.tell({ kind: "move", direction: id, strength }, moveKey);
  }
  /** @param {number} strength */
  function place(strength) {
    range.value = String(strength);
    value.textContent = strengthText(strength);
  }
  const value = h("output", { class: "eg-value" });
  const drag = makeDrag({
    moves(strength) {
      value.textContent = strengthText(strength);
      previews.want({ direction: id, strength });
    },
    letGo: move,
  });
  const range = h("input", {
    type: "range", min: -LIMIT, max: LIMIT, step: 0.05, class: "eg-range", "aria-label": t("Strength of {name}", { name }), title: t("Double-click to reset to 0"),
    ...drag.handlers,
    ondblclick: () => move(0),
  });
  const pictures = model.get("strengths").map((strength) => {
    const label = t("{name} at strength {strength}", { name, strength: strengthText(strength) });
    return h("button", { type: "button", class: "eg-finder-picture", "aria-label": label, title: label, onclick: () => move(strength) }, h("span", { "aria-hidden": "true" }, strengthText(strength)));
  });
  const last = model.get("row_count") - 1;
  const setRows = () => {
    const low = Math.max(0, Math.min(last, Math.round(Number(from.value) || 0)));
    const high = Math.max(low, Math.min(last, Math.round(to.value === "" ? last : Number(to.value))));
    const [first, end] = sent.waits(rowsKey) ? asked : now.rows;
    from.value = String(low);
    to.value = String(high);
    for (const text of texts) text.took();
    if (low === first && high === end) return;
    asked = [low, high];
    sent.tell({ kind: "set_rows", direction: id, first: low, last: high }, rowsKey);
  };
  /** @param {string} label */
  const rowField = (label) => h("input", { type: "number", min: 0, max: last, step: 1, class: "eg-search eg-row-field", "aria-label": label, onchange: setRows });
  const from = rowField(t("First row of {name}", { name }));
  const to = rowField(t("Last row of {name}", { name }));
  const texts = [from, to].map(makeFieldText);
  const rowsField = h("span", { class: "eg-field", title: t("Rows of w_plus that the direction moves: early rows make shapes, late ones colours") }, h("span", {}, t("Rows")), from, h("span", {}, "\u2013"), to);
  const keepName = h("input", {
    type: "text", class: "eg-search eg-keep", maxlength: 60, placeholder: t("Name it"), "aria-label": t("Name under which to keep {name}", { name }),
    onkeydown: (event) => event.key === "Enter" && keep(),
  });
  function keep() {
    const wanted = keepName.value.trim();
    if (wanted) tell({ kind: "keep", direction: id, name: wanted });
    else keepName.focus();
  }
  const about = h("span", { class: "eg-finder-about" });
  const warning = h("p", { class: "eg-finder-warning", hidden: true });
  const drop = iconButton("close", t("Remove {name}", { name }), () => tell({ kind: "drop", direction: id }), { class: "eg-button eg-more" });
  const node = h(
    "li",
    { class: "eg-finder-row" },
    h("div", { class: "eg-finder-head" }, h("strong", { class: "eg-name", title: name }, name), about, drop),
    h("div", { class: "eg-finder-strip", role: "group", "aria-label": t("Pictures of {name}", { name }) }, ...pictures),
    h("div", { class: "eg-finder-controls" }, range, value, rowsField, h("span", { class: "eg-joined eg-end" }, keepName, textButton(t("Keep"), t("Keep this direction as an edit vector"), keep))),
    warning,
  );
  /** @type {import("../core/types").Bytes | null} */
  let sheet = null;
  let address = "";
  function showRows() {
    if (!sent.waits(rowsKey)) for (const [i, text] of texts.entries()) text.show(String(now.rows[i]));
  }
  function aboutText() {
    const { attribute, change, share, accuracy, low, high, marks } = now;
    const texts = [];
    if (accuracy !== undefined)
      texts.push(t("right for {accuracy}% of {marks} left-out marks ({low} to {high}%)", { accuracy: percent(accuracy), marks, low: percent(low ?? 0), high: percent(high ?? 1) }));
    if (attribute && Math.abs(change) < NOTICEABLE) texts.push(t("hardly changes any attribute"));
    else if (attribute) texts.push(t("changes {attribute} most: {change} SD at 1, {share}% of all changes", { attribute: attribute.replaceAll("_", " "), change: strengthText(Math.round(100 * change) / 100), share: percent(share) }));
    return texts.join(" \u00b7 ");
  }
  /** @param {import("./wire").Direction} given @param {boolean} active */
  function show(given, active) {
    now = given;
    node.classList.toggle("eg-on", active);
    about.textContent = aboutText();
    about.title = about.textContent;
    rowsField.hidden = given.fixed;
    warning.hidden = !given.few;
    if (given.few) warning.replaceChildren(h("span", { html: ICONS.alert }), h("span", {}, t("These are few marks: add more of both signs and learn again.")));
    showRows();
    for (const [i, picture] of pictures.entries()) picture.setAttribute("aria-pressed", String(active && model.get("strengths")[i] === given.strength));
    if (!drag.moving() && !sent.waits(moveKey)) place(given.strength);
  }
  /** @param {import("../core/types").Bytes | undefined} bytes of the pictures side by side */
  function showSheet(bytes) {
    if (!bytes || bytes === sheet) return;
    URL.revokeObjectURL(address);
    sheet = bytes;
    address = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    const between = Math.max(1, pictures.length - 1);
    for (const [i, picture] of pictures.entries()) {
      picture.style.backgroundImage = `url("${address}")`;
      picture.style.backgroundSize = `${100 * pictures.length}% 100%`;
      picture.style.backgroundPosition = `${(100 * i) / between}% 0`;
    }
  }
  return { node, drag, show, showSheet, close: () => URL.revokeObjectURL(address) };
}

/**
 * `settled()` is called once the kernel has handled what was sent here.
 * @param {Pick<import("./wire").FinderPage, "model" | "t" | "tell" | "own">} page
 * @param {{ settled: () => void }} given
 */
export function makeRows(page, { settled }) {
  const { model, t, tell, own } = page;
  const sent = own(() => (show(), settled()));
  /** @type {Map<number, Row>} */
  const rows = new Map();
  const list = h("ul", { class: "eg-finder-rows", "aria-label": t("Directions") });
  const nothing = h("p", { class: "eg-quiet" }, t("No directions yet: choose a method and press \u201cFind directions\u201d, or mark portraits below."));
  const node = h("div", {}, nothing, list);
  const previews = makePreviews((/** @type {{ direction: number, strength: number }} */ move) => tell({ kind: "move", ...move, live: true }));
  function show() {
    const given = model.get("directions");
    const ids = new Set(given.map((one) => one.id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      row.close();
      rows.delete(id);
    }
    nothing.hidden = given.length > 0;
    for (const one of given) {
      const row = rows.get(one.id) ?? makeRow(page, one, previews, sent);
      rows.set(one.id, row);
      if (!row.node.parentNode) list.append(row.node);
      row.show(one, one.id === model.get("active"));
      row.showSheet(model.get("sheets")[one.id]);
    }
  }
  return {
    node,
    show,
    previewShown: previews.shown,
    refuse() {
      for (const row of rows.values()) row.drag.drop();
      show();
    },
    drop() {
      for (const row of rows.values()) row.close();
    },
  };
}
