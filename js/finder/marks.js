// Portraits to mark + or \u2212, from which a direction is learned.

import { h, handled, setUsable, textButton } from "../core/dom.js";

const AT_ONCE = 24; // portraits
const NEXT = new Map([[0, 1], [1, -1], [-1, 0]]); // a click's order
const SIGNS = new Map([[1, "+"], [-1, "\u2212"], [0, ""]]);

/** @param {Pick<import("./wire").FinderPage, "model" | "t" | "tell" | "put">} page */
export function makeMarks({ model, t, tell, put }) {
  /** @type {Map<number, { node: HTMLButtonElement, badge: HTMLElement, address: string }>} */
  const cells = new Map();
  let current = 0; // place of the portrait that Tab reaches
  const grid = h("div", { class: "eg-marks", role: "group", "aria-label": t("Portraits to mark"), onkeydown: go });
  const count = h("output", { class: "eg-value" });
  const more = textButton(t("Show portraits"), t("Show more portraits to mark"), () => tell({ kind: "sample", count: AT_ONCE }));
  const clear = textButton(t("Clear marks"), t("Remove all marks"), () => put("marks", {}));
  const name = h("input", {
    type: "text", class: "eg-search eg-keep", maxlength: 60, placeholder: t("What + has"), "aria-label": t("Name of the direction"),
    onkeydown: (event) => event.key === "Enter" && learn(),
  });
  const learnButton = textButton(t("Learn direction"), t("Learn a direction from - to + from the marked portraits"), learn);
  const hint = h("p", { class: "eg-quiet" }, t("Click a portrait: +, again: \u2212, again: no mark. Keys: arrows to move, + and - to mark, Delete to clear. A dozen marks or more, of both signs."));
  const learnBar = h("div", { class: "eg-bar" }, more, count, h("span", { class: "eg-joined eg-end" }, name, learnButton), clear);
  const node = h(
    "details",
    { class: "eg-panel", open: model.get("samples").length > 0 },
    h("summary", {}, t("Learn from marked portraits")),
    hint,
    grid,
    learnBar,
  );
  /** @param {number} seed */
  const markOf = (seed) => model.get("marks")[String(seed)] ?? 0;
  /** @param {number} seed @param {number} mark */
  function mark(seed, mark) {
    const { [String(seed)]: _old, ...others } = model.get("marks");
    put("marks", mark ? { ...others, [String(seed)]: mark } : others);
  }
  /** @param {number} sign */
  const marked = (sign) => model.get("samples").filter((seed) => markOf(seed) === sign);
  function learn() {
    const wanted = name.value.trim();
    if (!wanted) return void name.focus();
    if (learnButton.getAttribute("aria-disabled") !== "true") tell({ kind: "learn", name: wanted, positive: marked(1), negative: marked(-1) });
  }
  /** @param {KeyboardEvent} event */
  function go(event) {
    const seeds = model.get("samples");
    const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowDown: columns, ArrowLeft: -1, ArrowUp: -columns }[event.key];
    const sign = { "+": 1, "=": 1, "-": -1, "\u2212": -1, Delete: 0, Backspace: 0 }[event.key];
    if (sign !== undefined) mark(seeds[current], sign);
    else if (step && seeds[current + step] !== undefined) {
      current += step;
      showTabStop();
      cells.get(seeds[current])?.node.focus();
    } else if (!step) return;
    handled(event);
  }
  function showTabStop() {
    for (const [i, seed] of model.get("samples").entries()) {
      const cell = cells.get(seed);
      if (cell) cell.node.tabIndex = i === current ? 0 : -1;
    }
  }
  /** @param {number} seed @param {number} place */
  function makeCell(seed, place) {
    const address = URL.createObjectURL(new Blob([model.get("sample_pictures")[place]], { type: "image/jpeg" }));
    const image = h("img", { alt: "", draggable: "false" });
    image.src = address;
    const badge = h("span", { class: "eg-mark-badge", "aria-hidden": "true" });
    const node = h("button", { type: "button", class: "eg-mark", onclick: () => {
      current = place;
      mark(seed, NEXT.get(markOf(seed)) ?? 0);
    } }, image, badge);
    return { node, badge, address };
  }
  function show() {
    const seeds = model.get("samples");
    for (const [place, seed] of seeds.entries()) {
      let cell = cells.get(seed);
      if (!cell) {
        cell = makeCell(seed, place);
        cells.set(seed, cell);
        grid.append(cell.node);
      }
      const mark = markOf(seed);
      cell.badge.textContent = SIGNS.get(mark) ?? "";
      cell.node.dataset.mark = String(mark);
      const names = { 1: t("Portrait of seed {seed}, marked +", { seed }), [-1]: t("Portrait of seed {seed}, marked \u2212", { seed }), 0: t("Portrait of seed {seed}, not marked", { seed }) };
      cell.node.setAttribute("aria-label", names[/** @type {0 | 1 | -1} */ (mark)]);
    }
    showTabStop();
    const [plus, minus] = [marked(1).length, marked(-1).length];
    count.textContent = plus + minus ? t("{plus} marked +, {minus} marked \u2212", { plus, minus }) : "";
    hint.hidden = seeds.length === 0;
    grid.hidden = seeds.length === 0;
    more.textContent = seeds.length ? t("More portraits") : t("Show portraits");
    for (const one of [clear, learnButton, name]) one.hidden = seeds.length === 0;
    setUsable(clear, plus + minus > 0);
    setUsable(learnButton, plus >= 2 && minus >= 2 && !model.get("running"));
  }
  function drop() {
    for (const cell of cells.values()) URL.revokeObjectURL(cell.address);
  }
  return { node, show, drop, buttons: [more] };
}
