// Portraits to choose from: a sheet of seeds, from ordinary to varied; the kernel renders them while it is idle. The chosen one
// becomes the new portrait, or the source of a part's shape.

import { h, handled, iconButton } from "../core/dom.js";

/** @typedef {{ seed: number, psi: number }} Sample */
/** @typedef {{ title: string, hint: string, chosen: (sample: Sample) => unknown }} Purpose */
/** @typedef {{ image: HTMLImageElement, node: HTMLButtonElement, seed: number }} Cell */

/**
 * The button and the dialog; `choose` opens it for another purpose. `receive` is called with each picture that arrives.
 * @param {Pick<import("./page.js").EditorPage, "tell" | "t">} page
 */
export function makeSampleSheet({ tell, t }) {
  const PSIS = [0.5, 0.7, 1];
  const COLUMNS = 6;
  /** @type {Record<number, string>} */
  const WORDS = { 0.5: t("ordinary"), 0.7: t("usual"), 1: t("varied") };
  /** @type {Map<string, Cell>} */
  const cells = new Map(); // by "seed psi"
  /** @type {HTMLElement[]} */
  const blocks = []; // blocks of COLUMNS seeds
  const button = iconButton("portrait", t("New portrait: choose one to start from"), () => choose(anew), { "aria-label": t("New portrait"), "aria-haspopup": "dialog" });
  const close = iconButton("close", t("Close without choosing"), () => node.close());
  const more = h("button", { type: "button", class: "eg-button eg-text", onclick: () => addBlock()?.focus() }, t("More portraits"));
  const scroller = h("div", { class: "eg-shelf" });
  /** @type {Purpose} */
  const anew = { title: t("New portrait"), hint: t("The portrait you choose replaces this one and starts without edits."), chosen: (sample) => tell({ kind: "new", ...sample }) };
  let purpose = anew;
  const title = h("b");
  const hint = h("span", { class: "eg-faint" });
  const node = h(
    "dialog",
    { class: "eg-sheet eg-portraits", onclick: (event) => void (event.target === node && node.close()) },
    h("div", { class: "eg-bar" }, title, hint, h("span", { class: "eg-end" }, close)),
    scroller,
    h("div", { class: "eg-bar" }, more),
  );
  const key = (/** @type {number} */ seed, /** @type {number} */ psi) => `${seed} ${psi}`;
  /**
   * Open the sheet.
   * @param {Purpose} wanted
   */
  function choose(wanted) {
    purpose = wanted;
    title.textContent = wanted.title;
    hint.textContent = wanted.hint;
    node.setAttribute("aria-label", wanted.title);
    if (!blocks.length) addBlock();
    else ask([...cells.values()].filter((cell) => !cell.image.src)); // after a restart of the kernel or a lost message
    node.showModal();
    cellAt(0, 1, 0)?.node.focus();
  }
  /** @param {Cell[]} missing */
  function ask(missing) {
    const seeds = [...new Set(missing.map((cell) => cell.seed))];
    for (let i = 0; i < seeds.length; i += COLUMNS) tell({ kind: "samples", seeds: seeds.slice(i, i + COLUMNS), psis: PSIS });
  }
  /** @param {number} seed @param {number} psi @param {{ block: number, row: number, column: number }} place */
  function makeCell(seed, psi, place) {
    const image = h("img", { alt: "", draggable: "false" });
    const cell = h("button", {
      type: "button", class: "eg-portrait", tabindex: -1, "aria-label": t("Portrait of seed {seed}, {variety}", { seed, variety: WORDS[psi] }), title: t("seed {seed}, truncation psi {psi}", { seed, psi }),
      onclick: () => {
        node.close();
        purpose.chosen({ seed, psi });
      },
      onkeydown: (event) => {
        const way = /** @type {Record<string, number[]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] })[event.key];
        if (!way) return;
        cellAt(place.block, place.row + way[0], place.column + way[1])?.node.focus();
        handled(event);
      },
      onfocus: () => {
        for (const other of cells.values()) other.node.tabIndex = other.node === cell ? 0 : -1;
      },
    }, image);
    cells.set(key(seed, psi), { image, node: cell, seed });
    return cell;
  }
  /**
   * The cell at a row and column relative to a block; rows continue in the blocks above and below.
   * @param {number} block
   * @param {number} row
   * @param {number} column
   */
  function cellAt(block, row, column) {
    const line = block * PSIS.length + row;
    const seed = Math.floor(line / PSIS.length) * COLUMNS + column;
    return column < 0 || column >= COLUMNS || line < 0 ? undefined : cells.get(key(seed, PSIS[line % PSIS.length]));
  }
  /** Add six more seeds; returns their first cell. */
  function addBlock() {
    const block = blocks.length;
    const seeds = Array.from({ length: COLUMNS }, (_, i) => block * COLUMNS + i);
    const rows = PSIS.map((psi, row) => [h("span", { class: "eg-faint" }, h("span", {}, WORDS[psi]), h("span", {}, `\u03c8 ${psi}`)), ...seeds.map((seed, column) => makeCell(seed, psi, { block, row, column }))]);
    const head = seeds.map((seed) => h("span", { class: "eg-faint" }, t("seed {seed}", { seed })));
    const added = h("div", { class: "eg-block", role: "group", "aria-label": t("Portraits of seeds {first} to {last}", { first: seeds[0], last: seeds.at(-1) }) }, h("span"), ...head, ...rows.flat());
    blocks.push(added);
    scroller.append(added);
    tell({ kind: "samples", seeds, psis: PSIS });
    return cellAt(block, 0, 0)?.node;
  }
  /** @param {Sample} sample @param {ArrayBuffer} bytes of a JPEG */
  function receive({ seed, psi }, bytes) {
    const cell = cells.get(key(seed, psi));
    if (cell && !cell.image.src) cell.image.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  }
  function dispose() {
    for (const { image } of cells.values()) if (image.src) URL.revokeObjectURL(image.src);
  }
  return { button, node, choose, receive, dispose };
}
