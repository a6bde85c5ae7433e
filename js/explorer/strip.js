// The strip: portraits in rows, strengths in columns; a click shows one of them large.

import { h, handled } from "../core/dom.js";
import { makeFieldText } from "../core/own.js";
import { seedsOf, strengthText } from "./numbers.js";

/** @typedef {import("./wire").Traits} Traits */

/** @param {Pick<import("../core/types").Page<Traits>, "model" | "t" | "atEnd"> & { tell: (message: any) => unknown, own: import("../core/types").MakeOwn }} page */
export function makeStrip({ model, t, atEnd, tell, own }) {
  const grid = h("div", { class: "ex-strip", role: "group", "aria-label": t("Portraits over strength"), onkeydown: move });
  const seeds = h("input", { type: "text", class: "eg-search ex-seeds", "aria-label": t("Seeds of the portraits"), onchange: setSeeds });
  seeds.title = t("Up to 8 seeds, separated by commas");
  const field = h("label", { class: "eg-field" }, h("span", {}, t("Seeds")), seeds);
  const seedsText = makeFieldText(seeds);
  const sent = own(() => showSeeds());
  let address = "";
  let shown = ""; // what the buttons are for
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  atEnd(() => URL.revokeObjectURL(address));

  function setSeeds() {
    const found = seedsOf(seeds.value);
    seedsText.took();
    if (found) sent.tell({ kind: "set_seeds", seeds: found.slice(0, 8) });
    else showSeeds();
  }
  function showSeeds() {
    if (!sent.waits()) seedsText.show(model.get("seeds").join(", "));
  }
  function build() {
    const { seeds: rows, strengths } = model.get("strip");
    grid.style.setProperty("--columns", String(strengths.length));
    grid.style.setProperty("--rows", String(rows.length));
    buttons = rows.flatMap((seed, i) =>
      strengths.map((strength, j) => {
        const button = h("button", { type: "button", class: "ex-portrait", "aria-label": t("Seed {seed} at {strength}", { seed, strength: strengthText(strength) }), title: t("Seed {seed} at {strength}", { seed, strength: strengthText(strength) }), onclick: () => tell({ kind: "look", seed, strength }) });
        button.style.backgroundPosition = `${(100 * j) / Math.max(1, strengths.length - 1)}% ${(100 * i) / Math.max(1, rows.length - 1)}%`;
        return button;
      }),
    );
    const head = strengths.map((strength) => h("span", { class: "ex-column", "aria-hidden": "true" }, strengthText(strength)));
    grid.replaceChildren(...head, ...buttons);
  }
  function show() {
    const strip = model.get("strip");
    if (!strip.seeds) return;
    const key = JSON.stringify([strip.seeds, strip.strengths]);
    if (key !== shown) {
      shown = key;
      build();
    }
    showSeeds();
    showChosen();
  }
  function showSheet() {
    const bytes = model.get("strip_sheet");
    const old = address;
    address = bytes?.byteLength ? URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" })) : "";
    grid.style.setProperty("--sheet", address ? `url("${address}")` : "none");
    if (old) setTimeout(() => URL.revokeObjectURL(old), 2000);
  }
  function showChosen() {
    const { seeds: rows, strengths } = model.get("strip");
    if (!rows) return;
    const at = rows.indexOf(model.get("seed")) * strengths.length + strengths.findIndex((strength) => Math.abs(strength - model.get("strength")) < 0.026);
    const exact = rows.includes(model.get("seed")) && strengths.some((strength) => Math.abs(strength - model.get("strength")) < 0.026);
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(exact && i === at));
      button.tabIndex = i === (exact ? at : 0) ? 0 : -1;
    });
  }
  /** @param {KeyboardEvent} event */
  function move(event) {
    const at = buttons.findIndex((button) => button === event.target);
    const columns = model.get("strip").strengths?.length ?? 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (at < 0 || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    buttons[at + step]?.focus();
    handled(event);
  }
  return { node: grid, field, show, showSheet, showChosen };
}
