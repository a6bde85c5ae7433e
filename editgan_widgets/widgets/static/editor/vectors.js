// Edit vectors: a row each with picture, slider, number and switch; while a slider moves the kernel shows previews, when it
// is let go the scale is taken.

import { h, ICONS } from "./dom.js";
import { makeDrag, makePreviews } from "./previews.js";
import { makeVectorMenu } from "./vector_menu.js";

const SEARCH_FROM = 13; // vectors from which there is a field to find one
const REFINE_STEPS = [10, 30, 60];

/** The panel of sliders. `show` brings it to the model's state, `previewShown` is told of each preview, `refuse` of an error. */
export function makeVectorPanel({ model, tell, t }) {
  const LIMIT = 2; // of a slider
  const MOST = 4; // of a number that is typed
  const rows = new Map(); // name -> row
  const addresses = new Map(); // name -> {bytes, address} of its picture
  const groups = { library: makeGroup(t("Library")), own: makeGroup(t("Own vectors")) };
  const find = h("input", {
    type: "search", class: "eg-search eg-vector-search", placeholder: t("Find a vector"), "aria-label": t("Find a vector by name"), oninput: () => filter(),
  });
  const nothing = h("p", { class: "eg-quiet", hidden: true }, t("No vector of that name."));
  const clash = h("div", { class: "eg-clash", role: "note", hidden: true });
  const count = h("span", { class: "eg-value" });
  const text = (label, title, action) => h("button", { type: "button", class: "eg-button eg-text", title, onclick: (event) => event.currentTarget.getAttribute("aria-disabled") !== "true" && action() }, label);
  const reset = text(t("Reset"), t("Set all vectors to 0"), () => setScales(Object.fromEntries([...rows.keys()].map((name) => [name, 0]))));
  const keepName = h("input", {
    type: "text", class: "eg-search eg-keep", placeholder: t("Name of this edit"), "aria-label": t("Name under which to keep all edits as a vector"), maxlength: 60,
    onkeydown: (event) => event.key === "Enter" && keepVector(),
  });
  const keep = text(t("Keep as vector"), t("Keep all that was edited as a vector with a slider of its own"), () => keepVector());
  const refine = text(t("Refine"), t("Repair the picture after its vectors: keep what they changed, draw the rest back"), () => tell({ kind: "refine", steps: Number(refineSteps.value) }));
  const refineSteps = h("select", { class: "eg-select", "aria-label": t("Steps of refining") }, ...REFINE_STEPS.map((steps) => h("option", { value: steps, selected: steps === 30 }, t("{steps} steps", { steps }))));
  const animate = text(t("Save the last edit as animation"), t("Download a GIF from the picture before the last edit to the one after it"), () => tell({ kind: "animation" }));
  const node = h(
    "details",
    { class: "eg-panel", open: true },
    h("summary", {}, h("span", {}, t("Edit vectors")), count),
    h("div", { class: "eg-vector-head" }, find, clash),
    h("div", { class: "eg-vector-groups", role: "group", "aria-label": t("Edit vectors") }, groups.library.node, groups.own.node, nothing),
    h("div", { class: "eg-bar" }, h("span", { class: "eg-joined" }, refine, refineSteps), h("span", { class: "eg-joined" }, keepName, keep), animate, h("span", { class: "eg-end" }, reset)),
  );
  let wanted = {}; // scales of a preview
  const previews = makePreviews((scales) => {
    wanted = {};
    tell({ kind: "vectors", scales, live: true });
  });
  function makeGroup(title) {
    const heading = h("div", { class: "eg-vector-heading" }, title);
    const list = h("div", { class: "eg-vectors" });
    return { node: h("div", {}, heading, list), heading, list };
  }
  function setScales(scales) {
    previews.drop();
    wanted = {};
    tell({ kind: "vectors", scales, live: false });
  }
  function keepVector() {
    const name = keepName.value.trim();
    if (name) tell({ kind: "keep", name });
    else keepName.focus();
  }
  const scaleText = (scale) => (Math.abs(scale) < 0.005 ? "0" : (scale > 0 ? "+" : "\u2212") + Math.abs(scale).toFixed(2));
  const scaleOf = (typed) => {
    const number = Number(typed.trim().replace("\u2212", "-").replace(",", "."));
    return typed.trim() === "" || !Number.isFinite(number) ? null : Math.max(-MOST, Math.min(MOST, number));
  };
  function makeRow(name) {
    const row = { scale: 0 };
    row.drag = makeDrag({
      moves: (scale) => {
        row.value.value = scaleText(scale);
        wanted = { ...wanted, [name]: scale };
        previews.want(wanted);
      },
      letGo: (scale) => setScales({ [name]: scale }),
    });
    row.range = h("input", {
      type: "range", min: -LIMIT, max: LIMIT, step: 0.05, class: "eg-range", "aria-label": t("Scale of {name}", { name: t(name) }), title: t("Double-click sets it to 0"),
      ...row.drag.handlers,
      ondblclick: () => setScales({ [name]: 0 }),
    });
    row.value = h("input", {
      type: "text", inputmode: "decimal", class: "eg-scale", "aria-label": t("Value of {name}", { name: t(name) }), title: t("Click to type a number from -4 to 4"),
      onfocus: () => row.value.select(),
      onkeydown: (event) => {
        if (event.key === "Enter") row.value.blur();
        if (event.key === "Escape") row.value.value = scaleText(row.scale);
        if (event.key === "Escape") row.value.blur();
        if (event.key === "Escape") event.stopPropagation();
      },
      onblur: () => {
        const scale = scaleOf(row.value.value);
        if (scale !== null && Math.abs(scale - row.scale) > 0.004) setScales({ [name]: scale });
        row.value.value = scaleText(scale ?? row.scale);
      },
    });
    row.toggle = h("input", {
      type: "checkbox", class: "eg-switch", role: "switch", "aria-label": t("Use {name}", { name: t(name) }), title: t("On or off; the scale stays"),
      onchange: () => tell({ kind: "switch", name, on: row.toggle.checked }),
    });
    row.picture = h("img", { alt: "", draggable: "false", class: "eg-vector-picture" });
    row.menu = makeVectorMenu({ model, tell, t, name });
    row.more = h("button", {
      type: "button", class: "eg-button eg-more", "aria-expanded": "false", "aria-label": t("More for {name}", { name: t(name) }), title: t("Rows of the latent, sweep, remove"), html: ICONS.more,
      onclick: () => {
        row.menu.node.hidden = !row.menu.node.hidden;
        row.more.setAttribute("aria-expanded", String(!row.menu.node.hidden));
      },
    });
    row.node = h("div", { class: "eg-vector" }, row.picture, h("span", { class: "eg-name", title: t(name) }, t(name)), row.value, row.toggle, row.range, row.more, row.menu.node);
    return row;
  }
  function showPicture(name, row) {
    const bytes = model.get("vector_pictures")[name];
    const known = addresses.get(name);
    if (!bytes || known?.bytes === bytes) return;
    if (known) URL.revokeObjectURL(known.address);
    const address = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    addresses.set(name, { bytes, address });
    row.picture.src = address;
  }
  function drop(name) {
    if (addresses.has(name)) URL.revokeObjectURL(addresses.get(name).address);
    addresses.delete(name);
  }
  function filter() {
    const wantedName = find.hidden ? "" : find.value.trim().toLowerCase();
    let shown = 0;
    for (const [name, row] of rows) {
      row.node.hidden = ![name, t(name)].some((other) => other.toLowerCase().includes(wantedName));
      shown += !row.node.hidden;
    }
    nothing.hidden = shown > 0 || rows.size === 0;
    for (const group of Object.values(groups)) group.node.hidden = ![...group.list.children].some((child) => !child.hidden);
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
      if (!rows.has(name)) {
        rows.set(name, makeRow(name));
        if (name === keepName.value.trim()) keepName.value = "";
      }
      const row = rows.get(name);
      const { list } = groups[own ? "own" : "library"];
      if (row.node.parentNode !== list) list.append(row.node);
      showPicture(name, row);
      row.menu.show(vector);
      if (row.drag.moving()) continue;
      row.scale = scale;
      row.range.value = scale;
      if (row.value.ownerDocument.activeElement !== row.value) row.value.value = scaleText(scale);
      const active = on && Math.abs(scale) > 1e-6;
      row.toggle.checked = active;
      row.node.classList.toggle("eg-on", active);
      row.node.classList.toggle("eg-off", !on && Math.abs(scale) > 1e-6);
      row.more.classList.toggle("eg-marked", Boolean(vector.layers));
    }
    const active = given.filter((vector) => vector.on && Math.abs(vector.scale) > 1e-6).length;
    count.textContent = active ? t("{count} on", { count: active }) : "";
    reset.setAttribute("aria-disabled", String(!given.some((vector) => Math.abs(vector.scale) > 1e-6)));
    refine.setAttribute("aria-disabled", String(!active));
    find.hidden = given.length < SEARCH_FROM;
    showClash();
    filter();
  }
  function showClash() {
    const [worst, ...others] = model.get("vector_clashes");
    clash.hidden = !worst;
    if (!worst) return;
    const names = { first: t(worst.first), second: t(worst.second) };
    const words = worst.opposed ? t("{first} and {second} pull against each other.", names) : t("{first} and {second} overlap: what they share counts twice.", names);
    clash.replaceChildren(h("span", { html: ICONS.alert }), h("span", {}, others.length ? `${words} ${t("And {count} more pairs.", { count: others.length })}` : words));
    clash.title = model.get("vector_clashes").map((pair) => `${t(pair.first)} ${pair.opposed ? "\u2194" : "+"} ${t(pair.second)}`).join("\n");
  }
  function refuse() {
    for (const row of rows.values()) row.drag.drop(); // what was refused is not in the picture
    show();
  }
  function dropAll() {
    for (const name of [...addresses.keys()]) drop(name);
  }
  return { node, show, refuse, previewShown: previews.shown, drop: dropAll };
}
