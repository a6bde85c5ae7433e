// The explorer's page: table, picture, strip and plots of edit vectors.

import { inflate } from "../core/bytes.js";
import { h, handled, setUsable, surface, textButton } from "../core/dom.js";
import { makeStatusPage } from "../core/live_page.js";
import { makeCard } from "./card.js";
import { makeChosen } from "./chosen.js";
import { curvePlot, heatMap, rowPlot } from "./charts.js";
import { heated, makeHeatScale, showHeatScale } from "./heat.js";
import { cosineText, percent } from "./numbers.js";
import { makeStage } from "./stage.js";
import { makeStrip } from "./strip.js";
import { makeTable } from "./table.js";

/** @typedef {import("./wire").Traits} Traits */

/** @param {{ model: import("../core/types").Model<Traits>, el: HTMLElement }} given */
function render(given) {
  /** @type {ReturnType<typeof makeStatusPage<Traits, import("./messages").Message>>} */
  const page = makeStatusPage(given, { downloads: ["download"], busy: (t) => workText(t, given.model) });
  const { t, tell, model, on, root } = page;
  root.classList.add("ex-root");
  root.setAttribute("aria-label", t("Explorer of edit vectors"));

  const chosen = makeChosen(page, { changed: () => (table.show(), showNames(), showCursor()) });
  const table = makeTable(page, chosen);
  const ground = surface(model.get("width"), model.get("height")); // the portrait in grey, below the map of a pair
  const stage = makeStage(page, { pictured: (picture) => ground.drawImage(picture, 0, 0) });
  const strip = makeStrip(page);
  const cards = {
    table: makeCard(page, t("Edit vectors"), "vectors", "ex-vectors"),
    effect: makeCard(page, t("Effect"), "effect map", "ex-effect"),
    strip: makeCard(page, t("Strength"), "strip", "ex-strips"),
    curves: makeCard(page, t("Attributes"), "attribute curves"),
    rows: makeCard(page, t("Rows of the latent"), "row norms"),
    pairs: makeCard(page, t("Cosines"), "cosines", "ex-pairs"),
    pair: makeCard(page, t("Two together"), "interaction", "ex-pair"),
  };
  const bars = h("div", { class: "ex-bars", role: "table", "aria-label": t("Share of the effect in each part") });
  const nothing = h("p", { class: "eg-quiet" }, t("No attributes are read: give the explorer a function, read=by_picture(…)."));
  cards.table.show({ sentence: "", basis: "", n: null }, table.node);
  cards.effect.body.append(stage.node, bars);
  cards.strip.body.append(strip.node);
  cards.strip.node.querySelector("header")?.insertBefore(strip.field, cards.strip.node.querySelector(".ex-files"));

  const name = h("input", { type: "text", class: "eg-search ex-keep", placeholder: t("Name"), "aria-label": t("Name of the new vector"), maxlength: 80, onkeydown: (event) => event.key === "Enter" && keep() });
  const orthogonalise = textButton(t("Orthogonalise"), t("Make the chosen vector orthogonal to the second one"), () => tell({ kind: "orthogonalise" }));
  const keepButton = textButton(t("Keep"), t("Keep the chosen vector as a new one of this name"), keep);
  const open = textButton(t("Open in editor"), t("Show an editor below, with the vector at this strength"), () => tell({ kind: "open_editor" }));
  const measure = textButton(t("Measure all"), t("Measure what is missing in the table"), () => tell({ kind: "measure_all" }));
  const all = textButton(t("Download all"), t("Download the tables and figures of all results as one file"), () => tell({ kind: "download", form: "zip" }));
  const pairName = h("span", { class: "ex-pair-name" });
  root.append(
    h("div", { class: "eg-bar ex-bar-top" }, pairName, h("span", { class: "eg-end eg-joined" }, orthogonalise), h("span", { class: "eg-joined" }, name, keepButton), open, all, measure, page.stop),
    h(
      "div",
      { class: "ex-grid" },
      h("div", { class: "ex-side" }, cards.table.node, cards.strip.node, cards.pairs.node),
      h("div", { class: "ex-side" }, cards.effect.node, cards.curves.node, cards.rows.node, cards.pair.node),
    ),
    ...page.nodes,
  );

  function keep() {
    if (!name.value.trim()) return void name.focus();
    tell({ kind: "keep", name: name.value.trim() });
    name.value = "";
  }
  function showNames() {
    const [first, second] = [chosen.name(), chosen.second()];
    pairName.replaceChildren(h("b", {}, translated(first)), ...(second ? [h("span", { class: "eg-faint" }, ` ${t("and")} `), h("b", { class: "ex-second-name" }, translated(second))] : []));
    setUsable(orthogonalise, Boolean(second));
    orthogonalise.title = second ? t("Make {first} orthogonal to {second}", { first: translated(first), second: translated(second) }) : t("Choose a second vector first: Shift and click in the table, or a cell of the cosines");
    cards.pair.node.hidden = !second;
  }
  /** @param {string} name */
  const translated = (name) => t(name);
  function showBars() {
    const view = model.get("views")["effect map"];
    cards.effect.show(view);
    const most = Math.max(0.01, ...(view?.parts ?? []).map((part) => part.high ?? part.share));
    bars.replaceChildren(
      ...(view?.parts ?? []).map(({ part: name, share, low, high }) => {
        const bar = h("span", { class: `ex-fill${view?.target.includes(name) ? " ex-target" : ""}` });
        const whisker = h("span", { class: "ex-whisker" });
        bar.style.width = `${(100 * share) / most}%`;
        whisker.style.left = `${(100 * (low ?? share)) / most}%`;
        whisker.style.width = `${(100 * Math.max(0, (high ?? share) - (low ?? share))) / most}%`;
        return h("div", { class: "ex-part", role: "row", title: low === null || high === null ? "" : t("{low} to {high}", { low: percent(low), high: percent(high) }) }, h("span", { class: "ex-part-name", role: "rowheader" }, t(name)), h("span", { class: "ex-gauge", "aria-hidden": "true" }, bar, whisker), h("span", { class: "ex-share", role: "cell" }, percent(share)));
      }),
    );
  }
  function showCurves() {
    const view = model.get("views")["attribute curves"];
    const empty = model.get("attributes") ? h("p", { class: "ex-wait eg-quiet" }, waitText()) : nothing;
    if (!view || !view.curves.length) return cards.curves.show(view, empty);
    const { leakage, "transfer rate": transfer } = model.get("views");
    const sentence = [view, transfer, leakage].map((about) => about?.sentence ?? "").join(" ");
    cards.curves.show({ ...view, sentence }, curvePlot(view.curves, { name: view.sentence, target: view.target, strength: model.get("strength"), x: t("strength"), y: t("change, standard deviations") }));
  }
  /** What an empty view of the chosen vector waits for. */
  function waitText() {
    const { of, vector, done = 0, total = 0 } = model.get("work");
    if (!model.get("running")) return t("Not measured yet");
    return of === "views" && vector === model.get("chosen") ? t("Measuring: portrait {done} of {total}", { done, total }) : t("Waiting for the pictures");
  }
  function showWait() {
    const wait = cards.curves.body.querySelector(".ex-wait");
    if (wait) wait.textContent = waitText();
  }
  function showRows() {
    const view = model.get("views")["row norms"];
    if (!view) return cards.rows.show(view);
    cards.rows.show(view, rowPlot(view.values, view.sizes, { name: view.sentence, x: view.sizes.length ? t("row of the latent, and size of its layer in px") : t("row of the latent"), y: view.in_spreads ? t("norm / spread of W") : t("norm") }));
  }

  // The heat map is built once for its vectors; a cell is chosen by the pointer or by arrow keys and Enter.
  let built = "";
  let [row, column] = [0, 0];
  let placed = ""; // the pair that the cursor was placed on
  const said = h("p", { class: "eg-quiet ex-cell-name", "aria-live": "polite" });
  function showPairs() {
    const view = model.get("views").cosines;
    cards.pairs.node.hidden = !view;
    if (!view) return;
    const key = JSON.stringify(view.names);
    if (key !== built) {
      built = key;
      const svg = heatMap(view.cosine, view.names.map(translated), { name: t("Cosines of the vectors; arrow keys move, Enter chooses two") });
      svg.addEventListener("pointermove", (event) => point(event, false));
      svg.addEventListener("click", (event) => point(event, true));
      svg.addEventListener("keydown", (event) => step(/** @type {KeyboardEvent} */ (event)));
      cards.pairs.show(view, svg, said);
    } else cards.pairs.show(view);
    showCursor();
  }
  /** The cursor goes to the chosen pair when that changes; otherwise it stays where the user moved it. */
  function showCursor() {
    const names = model.get("views").cosines?.names ?? [];
    const pair = JSON.stringify([chosen.name(), chosen.second(), names]);
    if (pair !== placed) {
      placed = pair;
      row = Math.max(0, names.indexOf(chosen.name()));
      column = chosen.second() ? Math.max(0, names.indexOf(chosen.second())) : row;
    }
    showCell();
  }
  function showCell() {
    const view = model.get("views").cosines;
    const cursor = cards.pairs.body.querySelector(".ex-cursor");
    const cell = cards.pairs.body.querySelector(`[data-i="${row}"][data-j="${column}"]`);
    if (!view || !cursor || !cell) return;
    for (const side of ["x", "y"]) cursor.setAttribute(side, cell.getAttribute(side) ?? "0");
    cursor.setAttribute("visibility", "visible");
    said.textContent = t("{first} and {second}: {cosine}", { first: translated(view.names[row]), second: translated(view.names[column]), cosine: cosineText(view.cosine[row][column]) });
  }
  /** @param {Event} event @param {boolean} choose */
  function point(event, choose) {
    const cell = event.target instanceof SVGElement ? event.target.dataset : {};
    if (cell.i === undefined || cell.j === undefined) return;
    [row, column] = [Number(cell.i), Number(cell.j)];
    showCell();
    if (choose) chooseCell();
  }
  function chooseCell() {
    const names = model.get("views").cosines?.names ?? [];
    if (names[row]) chosen.choose(names[row], row === column ? null : names[column]);
  }
  /** @param {KeyboardEvent} event */
  function step(event) {
    const last = (model.get("views").cosines?.names.length ?? 1) - 1;
    const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [0, 0];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") chooseCell();
    else if (down || right) {
      row = Math.max(0, Math.min(last, row + down));
      column = Math.max(0, Math.min(last, column + right));
      showCell();
    } else return;
    handled(event);
  }

  const map = surface(model.get("width"), model.get("height"));
  /** @type {HTMLCanvasElement} */ (ground.canvas).className = "ex-ground";
  map.canvas.className = "ex-overlay";
  const mapScale = makeHeatScale(t("Mean deviation of a pixel from the sum of both effects, of the value range; smaller deviations are not coloured"));
  async function showPair() {
    const view = model.get("views").interaction;
    cards.pair.show(view, h("div", { class: "ex-frame" }, /** @type {HTMLCanvasElement} */ (ground.canvas), /** @type {HTMLCanvasElement} */ (map.canvas)), mapScale);
    showHeatScale(mapScale, view?.peak);
    const values = view ? await inflate(model.get("interaction_map")) : null;
    map.clearRect(0, 0, map.canvas.width, map.canvas.height);
    if (values) map.putImageData(heated(values, map.canvas.width, map.canvas.height), 0, 0);
    map.canvas.setAttribute("role", "img");
    map.canvas.setAttribute("aria-label", t("Where the two together differ from the sum of their effects"));
  }
  function showViews() {
    showBars();
    showCurves();
    showRows();
    showPairs();
    showPair();
    stage.showOptions();
    cards.strip.show(model.get("strip").seeds ? { sentence: "", basis: "", n: null } : undefined);
  }
  function showMeasure() {
    measure.hidden = model.get("running") || !(model.get("paused") || model.get("rows").some((row) => !row.measured));
  }
  const showStrength = () => (stage.showStrength(), strip.showChosen(), showCurves());

  on("change:image", stage.showPicture);
  on("change:effect_map", stage.showHeat);
  on("change:interaction_map", showPair);
  on(["change:strength", "change:seed"], showStrength);
  on(["change:rows", "change:chosen", "change:second", "change:sort_by", "change:descending"], table.show);
  on(["change:chosen", "change:second"], showNames);
  on(["change:strip", "change:seeds"], strip.show);
  on("change:strip_sheet", strip.showSheet);
  on("change:views", showViews);
  on(["change:overlay", "change:rows", "change:chosen"], stage.showOptions);
  on(["change:running", "change:rows", "change:paused"], showMeasure);
  on(["change:running", "change:work", "change:chosen"], showWait);
  stage.showPicture();
  stage.showHeat();
  table.show();
  showNames();
  strip.showSheet();
  strip.show();
  showViews();
  showStrength();
  showMeasure();
  page.open();
  requestAnimationFrame(table.show); // once it has a size
  return page.close;
}

/**
 * What is being measured, for the status line.
 * @param {import("../core/types").Translate} t
 * @param {{ get: (name: "work" | "progress" | "rows" | "chosen" | "second") => any }} model
 */
export function workText(t, model) {
  const { of = "", vector = "", done = 0, total = 0 } = model.get("progress").step ? model.get("work") : {};
  const named = (/** @type {string} */ name) => t(name);
  const given = { vector: named(vector), done, total };
  if (of === "strip") return t("Pictures of {vector}: portrait {done} of {total}", given);
  if (of === "views") return t("Measuring {vector}: portrait {done} of {total}", given);
  if (of === "pair") return t("Measuring {vector} and {second} together", { ...given, second: named(model.get("second")) });
  const rows = model.get("rows");
  const row = 1 + rows.filter((/** @type {{ measured: boolean }} */ one) => one.measured).length;
  if (of === "table") return t("Measuring the table: {vector}, portrait {done} of {total}; vector {row} of {rows}", { ...given, row: Math.min(row, rows.length), rows: rows.length });
  return t("Measuring {vector}", { vector: named(model.get("chosen")) });
}

export default { render };
