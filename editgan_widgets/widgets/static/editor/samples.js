// Portraits to choose from: a sheet of seeds by how ordinary or varied they are; the kernel draws them while it is idle.
// One that is chosen is the new portrait, or a part is taken from it.

import { h, handled, ICONS, iconButton } from "./dom.js";

/** The button and the dialog; `choose` opens it for another purpose. `receive` takes one picture that came. */
export function makeSampleSheet({ tell, t }) {
  const PSIS = [0.5, 0.7, 1];
  const COLUMNS = 6;
  const WORDS = { 0.5: t("ordinary"), 0.7: t("usual"), 1: t("varied") };
  const cells = new Map(); // "seed psi" -> {image, node}
  const blocks = []; // of COLUMNS seeds each
  const button = h("button", { type: "button", class: "eg-button", title: t("New portrait: choose one to begin with"), "aria-label": t("New portrait"), "aria-haspopup": "dialog", html: ICONS.portrait, onclick: () => choose(anew) });
  const close = iconButton("close", t("Close without choosing"), () => node.close());
  const more = h("button", { type: "button", class: "eg-button eg-text", onclick: () => addBlock().focus() }, t("More portraits"));
  const scroller = h("div", { class: "eg-shelf" });
  const anew = { title: t("New portrait"), hint: t("The one you choose takes the place of this one, and its edits begin anew."), chosen: (sample) => tell({ kind: "new", ...sample }) };
  let purpose = anew;
  const title = h("b");
  const hint = h("span", { class: "eg-faint" });
  const node = h(
    "dialog",
    { class: "eg-sheet eg-portraits", onclick: (event) => event.target === node && node.close() },
    h("div", { class: "eg-bar" }, title, hint, h("span", { class: "eg-end" }, close)),
    scroller,
    h("div", { class: "eg-bar" }, more),
  );
  const key = (seed, psi) => `${seed} ${psi}`;
  /** Open the sheet; `chosen({seed, psi})` is called for the portrait that is chosen. */
  function choose(wanted) {
    purpose = wanted;
    title.textContent = wanted.title;
    hint.textContent = wanted.hint;
    node.setAttribute("aria-label", wanted.title);
    if (!blocks.length) addBlock();
    else ask([...cells.values()].filter((cell) => !cell.image.src)); // a reloaded kernel or a message that was lost
    node.showModal();
    cellAt(0, 1, 0).node.focus();
  }
  function ask(missing) {
    const seeds = [...new Set(missing.map((cell) => cell.seed))];
    for (let i = 0; i < seeds.length; i += COLUMNS) tell({ kind: "samples", seeds: seeds.slice(i, i + COLUMNS), psis: PSIS });
  }
  function makeCell(seed, psi, place) {
    const image = h("img", { alt: "", draggable: "false" });
    const cell = h("button", {
      type: "button", class: "eg-portrait", tabindex: -1, "aria-label": t("Portrait of seed {seed}, {variety}", { seed, variety: WORDS[psi] }), title: t("seed {seed}, truncation psi {psi}", { seed, psi }),
      onclick: () => {
        node.close();
        purpose.chosen({ seed, psi });
      },
      onkeydown: (event) => {
        const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
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
  /** The cell at a row and column counted from a block on; rows go on in the blocks above and below. */
  function cellAt(block, row, column) {
    const line = block * PSIS.length + row;
    const seed = Math.floor(line / PSIS.length) * COLUMNS + column;
    return column < 0 || column >= COLUMNS || line < 0 ? null : cells.get(key(seed, PSIS[line % PSIS.length]));
  }
  /** Six more seeds; their first cell. */
  function addBlock() {
    const block = blocks.length;
    const seeds = Array.from({ length: COLUMNS }, (_, i) => block * COLUMNS + i);
    const rows = PSIS.map((psi, row) => [h("span", { class: "eg-faint" }, h("span", {}, WORDS[psi]), h("span", {}, `\u03c8 ${psi}`)), ...seeds.map((seed, column) => makeCell(seed, psi, { block, row, column }))]);
    const head = seeds.map((seed) => h("span", { class: "eg-faint" }, t("seed {seed}", { seed })));
    blocks.push(h("div", { class: "eg-block", role: "group", "aria-label": t("Portraits of seeds {first} to {last}", { first: seeds[0], last: seeds.at(-1) }) }, h("span"), ...head, ...rows.flat()));
    scroller.append(blocks.at(-1));
    tell({ kind: "samples", seeds, psis: PSIS });
    return cellAt(block, 0, 0).node;
  }
  function receive({ seed, psi }, bytes) {
    const cell = cells.get(key(seed, psi));
    if (cell && !cell.image.src) cell.image.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  }
  function dispose() {
    for (const { image } of cells.values()) if (image.src) URL.revokeObjectURL(image.src);
  }
  return { button, node, choose, receive, dispose };
}
