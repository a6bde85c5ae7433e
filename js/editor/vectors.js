// Edit vectors: a row each with picture, slider, number and switch. While a slider moves, the kernel renders previews; when it is
// released, the scale is applied.

import { h, setUsable, textButton } from "../core/dom.js";
import { ICONS } from "../core/icons.js";
import { makeDrag, makePreviews } from "../core/previews.js";
import { makeVectorMenu } from "./vector_menu.js";

const SEARCH_FROM = 13; // with so many vectors there is a field to find one by name
const REFINE_STEPS = [10, 30, 60];
const LIMIT = 2; // range of a slider, either sign
const MOST = 4; // range of a typed number, either sign

/** @typedef {ReturnType<typeof makeRowNodes>} Row */

/** @param {number} scale */
const scaleText = (scale) => (Math.abs(scale) < 0.005 ? "0" : (scale > 0 ? "+" : "\u2212") + Math.abs(scale).toFixed(2));

/**
 * The scale that a user typed, within the limits; null for no number.
 * @param {string} typed
 */
function scaleOf(typed) {
  const text = typed.trim().replace("\u2212", "-").replace(",", ".");
  const number = Number(text);
  return text === "" || !Number.isFinite(number) ? null : Math.max(-MOST, Math.min(MOST, number));
}

/**
 * What a row is made of.
 * @param {Pick<import("./page.js").EditorPage, "model" | "tell" | "t" | "own">} page
 * @param {string} name of the vector
 * @param {{ moves: (scale: number) => void, set: (scale: number) => void, scale: () => number, turn: (on: boolean) => void }} given
 */
function makeRowNodes(page, name, { moves, set, scale, turn }) {
  const { t } = page;
  const drag = makeDrag({
    moves(value) {
      number.value = scaleText(value);
      moves(value);
    },
    letGo: set,
  });
  const range = h("input", {
    type: "range", min: -LIMIT, max: LIMIT, step: 0.05, class: "eg-range", "aria-label": t("Scale of {name}", { name: t(name) }), title: t("Double-click to reset to 0"),
    ...drag.handlers,
    ondblclick: () => set(0),
  });
  const number = h("input", {
    type: "text", inputmode: "decimal", class: "eg-scale", "aria-label": t("Value of {name}", { name: t(name) }), title: t("Click to type a number from -4 to 4"),
    onfocus: () => void number.select(),
    onkeydown: (event) => {
      if (event.key === "Escape") number.value = scaleText(scale());
      if (event.key === "Escape") event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") number.blur();
    },
    onblur: () => {
      const typed = scaleOf(number.value);
      if (typed !== null && Math.abs(typed - scale()) > 0.004) set(typed);
      number.value = scaleText(typed ?? scale());
    },
  });
  const toggle = h("input", {
    type: "checkbox", class: "eg-switch", role: "switch", "aria-label": t("Use {name}", { name: t(name) }), title: t("Switch on or off; the scale stays"),
    onchange: () => void turn(toggle.checked),
  });
  const picture = h("img", { alt: "", draggable: "false", class: "eg-vector-picture" });
  const menu = makeVectorMenu(page, name);
  const more = h("button", {
    type: "button", class: "eg-button eg-more", "aria-expanded": "false", "aria-label": t("More for {name}", { name: t(name) }), title: t("Rows of the latent, sweep, remove"), html: ICONS.more,
    onclick: () => {
      menu.node.hidden = !menu.node.hidden;
      more.setAttribute("aria-expanded", String(!menu.node.hidden));
    },
  });
  const node = h("div", { class: "eg-vector" }, picture, h("span", { class: "eg-name", title: t(name) }, t(name)), number, toggle, range, more, menu.node);
  return { node, drag, range, number, toggle, picture, menu, more };
}

/**
 * The panel of sliders. `show` applies the model's state, `previewShown` hears of each preview, `refuse` of an error.
 * `settled()` is called once the kernel has handled the scales that were sent.
 * @param {Pick<import("./page.js").EditorPage, "model" | "tell" | "t" | "own">} page
 * @param {{ settled: () => void }} given
 */
export function makeVectorPanel({ model, tell, t, own }, { settled }) {
  const sent = own(() => (show(), settled()));
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {Map<string, number>} */
  const scales = new Map(); // as they were last shown or sent
  /** @type {Map<string, { bytes: import("../core/types").Bytes, address: string }>} */
  const addresses = new Map(); // object URLs of the pictures
  const groups = { library: makeGroup(t("Library")), own: makeGroup(t("Own vectors")) };
  const find = h("input", {
    type: "search", class: "eg-search eg-vector-search", placeholder: t("Find a vector"), "aria-label": t("Find a vector by name"), oninput: () => filter(),
  });
  const nothing = h("p", { class: "eg-quiet", hidden: true }, t("No vector of that name."));
  const clash = h("div", { class: "eg-clash", role: "note", hidden: true });
  const count = h("span", { class: "eg-value" });
  const reset = textButton(t("Reset"), t("Set all vectors to 0"), () => setScales(Object.fromEntries([...rows.keys()].map((name) => [name, 0]))));
  const keepName = h("input", {
    type: "text", class: "eg-search eg-keep", placeholder: t("Name of this edit"), "aria-label": t("Name under which to keep all edits as a vector"), maxlength: 60,
    onkeydown: (event) => event.key === "Enter" && keepVector(),
  });
  const keep = textButton(t("Keep as vector"), t("Keep all edits as a vector with its own slider"), () => keepVector());
  const refine = textButton(t("Refine"), t("Repair the picture after its vectors: keep what they changed and restore the rest"), () => tell({ kind: "refine", steps: Number(refineSteps.value) }));
  const refineSteps = h("select", { class: "eg-select", "aria-label": t("Steps of refining") }, ...REFINE_STEPS.map((steps) => h("option", { value: steps, selected: steps === 30 }, t("{steps} steps", { steps }))));
  const animate = textButton(t("Save the last edit as animation"), t("Download a GIF from the picture before the last edit to the one after it"), () => tell({ kind: "animation" }));
  const node = h(
    "details",
    { class: "eg-panel", open: true },
    h("summary", {}, h("span", {}, t("Edit vectors")), count),
    h("div", { class: "eg-vector-head" }, find, clash),
    h("div", { class: "eg-vector-groups", role: "group", "aria-label": t("Edit vectors") }, groups.library.node, groups.own.node, nothing),
    h("div", { class: "eg-bar" }, h("span", { class: "eg-joined" }, refine, refineSteps), h("span", { class: "eg-joined" }, keepName, keep), animate, h("span", { class: "eg-end" }, reset)),
  );
  /** @type {Record<string, number>} */
  let wanted = {}; // scales of the next preview
  const previews = makePreviews((/** @type {Record<string, number>} */ given) => {
    wanted = {};
    tell({ kind: "vectors", scales: given, live: true });
  });
  /** @param {string} title */
  function makeGroup(title) {
    const heading = h("div", { class: "eg-vector-heading" }, title);
    const list = h("div", { class: "eg-vectors" });
    return { node: h("div", {}, heading, list), heading, list };
  }
  /** @param {Record<string, number>} given */
  function setScales(given) {
    previews.drop();
    wanted = {};
    for (const [name, scale] of Object.entries(given)) place(name, scale);
    sent.tell({ kind: "vectors", scales: given, live: false }, ...Object.keys(given));
  }
  /** @param {string} name @param {number} scale */
  function place(name, scale) {
    scales.set(name, scale);
    const row = rows.get(name);
    if (!row) return;
    row.range.value = String(scale);
    if (row.number.ownerDocument.activeElement !== row.number) row.number.value = scaleText(scale);
  }
  function keepVector() {
    const name = keepName.value.trim();
    if (name) tell({ kind: "keep", name });
    else keepName.focus();
  }
  /** @param {string} name */
  function makeRow(name) {
    const row = makeRowNodes({ model, tell, t, own }, name, {
      moves(scale) {
        wanted = { ...wanted, [name]: scale };
        previews.want(wanted);
      },
      set: (scale) => setScales({ [name]: scale }),
      scale: () => scales.get(name) ?? 0,
      turn: (on) => void sent.tell({ kind: "switch", name, on }, name),
    });
    if (name === keepName.value.trim()) keepName.value = "";
    rows.set(name, row);
    return row;
  }
  /** @param {string} name @param {Row} row */
  function showPicture(name, row) {
    const bytes = model.get("vector_pictures")[name];
    const known = addresses.get(name);
    if (!bytes || known?.bytes === bytes) return;
    if (known) URL.revokeObjectURL(known.address);
    const address = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    addresses.set(name, { bytes, address });
    row.picture.src = address;
  }
  /** @param {string} name */
  function drop(name) {
    URL.revokeObjectURL(addresses.get(name)?.address ?? "");
    addresses.delete(name);
  }
  function filter() {
    const wantedName = find.hidden ? "" : find.value.trim().toLowerCase();
    let shown = 0;
    for (const [name, row] of rows) {
      row.node.hidden = ![name, t(name)].some((other) => other.toLowerCase().includes(wantedName));
      shown += Number(!row.node.hidden);
    }
    nothing.hidden = shown > 0 || rows.size === 0;
    for (const group of Object.values(groups)) group.node.hidden = ![...group.list.children].some((child) => !(/** @type {HTMLElement} */ (child).hidden));
    const both = groups.library.list.childElementCount > 0 && groups.own.list.childElementCount > 0;
    for (const group of Object.values(groups)) group.heading.hidden = !both;
  }
  function show() {
    const given = model.get("vectors");
    const known = new Set(given.map((vector) => vector.name));
    for (const [name, row] of rows) {
      if (known.has(name)) continue;
      row.node.remove();
      rows.delete(name);
      drop(name);
    }
    for (const vector of given) {
      const { name, scale, on, own } = vector;
      const row = rows.get(name) ?? makeRow(name);
      const { list } = groups[own ? "own" : "library"];
      if (row.node.parentNode !== list) list.append(row.node);
      showPicture(name, row);
      row.menu.show(vector);
      if (row.drag.moving() || sent.waits(name)) continue;
      place(name, scale);
      const moves = Math.abs(scale) > 1e-6;
      row.toggle.checked = on && moves;
      row.node.classList.toggle("eg-on", on && moves);
      row.node.classList.toggle("eg-off", !on && moves);
      row.more.classList.toggle("eg-marked", Boolean(vector.layers));
    }
    const active = given.filter((vector) => vector.on && Math.abs(vector.scale) > 1e-6).length;
    count.textContent = active ? t("{count} on", { count: active }) : "";
    setUsable(reset, given.some((vector) => Math.abs(vector.scale) > 1e-6));
    setUsable(refine, active > 0);
    find.hidden = given.length < SEARCH_FROM;
    showClash();
    filter();
  }
  function showClash() {
    const [worst, ...others] = model.get("vector_clashes");
    clash.hidden = !worst;
    if (!worst) return;
    const names = { first: t(worst.first), second: t(worst.second) };
    const words = worst.opposed ? t("{first} and {second} pull against each other.", names) : t("{first} and {second} overlap: their common change is applied twice.", names);
    clash.replaceChildren(h("span", { html: ICONS.alert }), h("span", {}, others.length ? `${words} ${t("And {count} more pairs.", { count: others.length })}` : words));
    clash.title = model.get("vector_clashes").map((pair) => `${t(pair.first)} ${pair.opposed ? "\u2194" : "+"} ${t(pair.second)}`).join("\n");
  }
  function refuse() {
    for (const row of rows.values()) row.drag.drop(); // a refused scale is not in the picture
    show();
  }
  function dropAll() {
    for (const name of [...addresses.keys()]) drop(name);
  }
  return { node, show, refuse, previewShown: previews.shown, drop: dropAll };
}
