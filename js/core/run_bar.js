// The bar of the optimisation: start and stop, number of steps, and the figures of a running edit.

import { h, setUsable } from "./dom.js";
import { ICONS } from "./icons.js";

const STEPS = [10, 20, 30, 50, 100];
/** @param {number} value */
const readable = (value) => (value === 0 ? "0" : value >= 0.1 ? value.toFixed(2) : value >= 0.001 ? value.toFixed(3) : value.toExponential(0));

/**
 * `progressed(done, total)` is called for each step that is shown.
 * @param {Pick<import("./types").Page<import("./types").RunTraits & import("./types").TextTraits>, "model" | "root" | "put" | "t"> & { tell: import("./types").Tell<import("./types").Request | { kind: "run"; steps: number }> }} page
 * @param {{ progressed: (done: number, total: number) => void }} given
 */
export function makeRunBar({ model, root, put, t, tell }, { progressed }) {
  const run = h("button", { type: "button", class: "eg-button eg-run", html: `${ICONS.run}<span>${t("Edit")}</span>`, onclick: () => void (model.get("can_edit") && tell({ kind: "run", steps: model.get("steps") })) });
  const stop = h("button", { type: "button", class: "eg-button eg-stop", html: `${ICONS.stop}<span>${t("Stop")}</span>`, title: t("Stop and keep the best picture so far (Esc)"), onclick: () => tell({ kind: "stop" }) });
  const auto = h("input", { type: "checkbox", onchange: () => void put("auto", auto.checked) });
  const steps = h("select", { class: "eg-select", "aria-label": t("Optimisation steps"), onchange: () => void put("steps", Number(steps.value)) });
  const fill = h("div", { class: "eg-fill" });
  const progress = h("div", { class: "eg-progress", role: "progressbar", "aria-label": t("Edit progress"), "aria-valuemin": 0 }, fill);
  const numbers = h("div", { class: "eg-numbers", "aria-hidden": "true" });
  const node = h(
    "div",
    { class: "eg-bar eg-runbar" },
    run,
    stop,
    h("label", { class: "eg-check" }, auto, h("span", {}, t("edit when the pointer is released"))),
    h("label", { class: "eg-field" }, h("span", {}, t("Steps")), steps),
    numbers,
  );

  let newest = model.get("progress"); // progress of the newest frame
  /** @param {import("./types").Progress} given */
  function take(given) {
    newest = given;
    showProgress();
  }
  function showProgress() {
    const running = model.get("running");
    const done = running ? (newest.step ?? 0) : 0;
    const total = newest.total ?? 0;
    fill.style.transform = `scaleX(${running && total ? done / total : 0})`;
    progress.classList.toggle("eg-busy", running && done === 0);
    progress.setAttribute("aria-valuemax", String(total || 1));
    progress.setAttribute("aria-valuenow", String(done));
    progressed(done, total);
    /** @type {Record<string, string>} */
    const values = {};
    if (newest.step) {
      values[t("step")] = `${newest.step}/${newest.total}`; // the most important figure first: a narrow bar hides the last ones
      if (running && newest.eta != null) values[t("time left")] = `${newest.eta.toFixed(1)} s`;
      for (const [name, value] of Object.entries(newest.figures ?? {})) values[t(name)] = readable(value);
    }
    showNumbers(values);
  }
  /** @type {Map<string, Text>} */
  const cells = new Map(); // by name; reused while the names stay the same, so that a frame changes only the digits
  /** @param {Record<string, string>} values */
  function showNumbers(values) {
    const shown = Object.keys(values);
    if (shown.join() !== [...cells.keys()].join()) {
      cells.clear();
      const nodes = shown.map((name) => {
        const value = document.createTextNode(values[name]);
        cells.set(name, value);
        return h("span", { class: "eg-number" }, h("span", {}, name), h("b", {}, value));
      });
      numbers.replaceChildren(...nodes);
    }
    for (const [name, text] of cells) if (text.data !== values[name]) text.data = values[name];
  }
  function show() {
    auto.checked = model.get("auto");
    const chosen = model.get("steps");
    const choices = STEPS.includes(chosen) ? STEPS : [...STEPS, chosen].sort((a, b) => a - b);
    steps.replaceChildren(...choices.map((n) => h("option", { value: n, selected: n === chosen }, String(n))));
  }
  function showRunning() {
    const running = model.get("running");
    const active = root.ownerDocument.activeElement;
    run.hidden = running;
    stop.hidden = !running;
    if (active === run || active === stop) (running ? stop : run).focus();
    showProgress();
  }
  function showReady() {
    const ready = model.get("can_edit");
    setUsable(run, ready);
    run.title = ready ? t("Optimise the picture towards the painted mask") : t("Paint a stroke first: the picture already shows these parts");
  }
  return { node, progress, take, show, showRunning, showReady, stepped: () => (newest.step ?? 0) > 0 };
}
