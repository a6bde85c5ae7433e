// The bar of the optimisation: start and stop, steps, and how a running edit stands.

import { h, ICONS } from "./dom.js";

const STEPS = [10, 20, 30, 50, 100];
const readable = (value) => (value === 0 ? "0" : value >= 0.1 ? value.toFixed(2) : value >= 0.001 ? value.toFixed(3) : value.toExponential(0));

/** `progressed(done, total)` hears of each step that is shown. */
export function makeRunBar({ model, root, put, t, tell }, { progressed }) {
  const run = h("button", { type: "button", class: "eg-button eg-run", html: `${ICONS.run}<span>${t("Edit")}</span>`, onclick: () => run.getAttribute("aria-disabled") !== "true" && tell({ kind: "run", steps: model.get("steps") }) });
  const stop = h("button", { type: "button", class: "eg-button eg-stop", html: `${ICONS.stop}<span>${t("Stop")}</span>`, title: t("Stop and keep the best picture so far (Esc)"), onclick: () => tell({ kind: "stop" }) });
  const auto = h("input", { type: "checkbox", onchange: () => put("auto", auto.checked) });
  const steps = h("select", { class: "eg-select", "aria-label": t("Optimisation steps"), onchange: () => put("steps", Number(steps.value)) });
  const fill = h("div", { class: "eg-fill" });
  const progress = h("div", { class: "eg-progress", role: "progressbar", "aria-label": t("Edit progress"), "aria-valuemin": 0 }, fill);
  const numbers = h("div", { class: "eg-numbers", "aria-hidden": "true" });
  const node = h(
    "div",
    { class: "eg-bar eg-runbar" },
    run,
    stop,
    h("label", { class: "eg-check" }, auto, h("span", {}, t("edit when the pointer goes up"))),
    h("label", { class: "eg-field" }, h("span", {}, t("Steps")), steps),
    numbers,
  );

  let standing = model.get("progress"); // step, total, figures, eta of the newest frame
  function take(progressNow) {
    standing = progressNow;
    showProgress();
  }
  function showProgress() {
    const running = model.get("running");
    const done = running ? standing.step ?? 0 : 0;
    const total = standing.total ?? 0;
    fill.style.transform = `scaleX(${running && total ? done / total : 0})`;
    progress.classList.toggle("eg-busy", running && done === 0);
    progress.setAttribute("aria-valuemax", total || 1);
    progress.setAttribute("aria-valuenow", done);
    progressed(done, total);
    const values = {};
    if (standing.step) {
      values[t("step")] = `${standing.step}/${standing.total}`; // what matters most first: in a narrow bar the last ones are cut off
      if (running && standing.eta != null) values[t("time left")] = `${standing.eta.toFixed(1)} s`;
      for (const [name, value] of Object.entries(standing.figures ?? {})) values[t(name)] = readable(value);
    }
    showNumbers(values);
  }
  const cells = new Map(); // name -> its text node, kept while the names stay: a frame changes the digits only
  function showNumbers(values) {
    const shown = Object.keys(values);
    if (shown.join() !== [...cells.keys()].join()) {
      cells.clear();
      const nodes = shown.map((name) => {
        const value = h("b", {}, values[name]);
        cells.set(name, value.firstChild);
        return h("span", { class: "eg-number" }, h("span", {}, name), value);
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
    run.setAttribute("aria-disabled", String(!ready));
    run.title = ready ? t("Optimise the picture towards the painted mask") : t("Paint a stroke first: the picture is as the parts say");
  }
  return { node, progress, take, show, showRunning, showReady, stepped: () => standing.step > 0 };
}
