// How edits are optimised: a preset, and a few numbers for experts.

import { h } from "../core/dom.js";
import { makeFieldText } from "../core/own.js";

/** @param {import("./page.js").EditorPage} page */
export function makeSettings({ model, own, t }) {
  const sent = own(() => show());
  const presets = { default: t("balanced"), paper: t("as in the paper"), released: t("as released") };
  const preset = h(
    "select",
    { class: "eg-select", "aria-label": t("Preset"), onchange: () => void sent.tell({ kind: "configure", preset: preset.value }, "preset") },
    ...Object.entries(presets).map(([name, label]) => h("option", { value: name }, label)),
  );
  const prime = h("input", { type: "checkbox", onchange: () => void sent.tell({ kind: "configure", settings: { prime: prime.checked } }, "prime") });
  /** @type {Record<string, { node: HTMLInputElement, empty: boolean, text: ReturnType<typeof makeFieldText> }>} */
  const fields = {};
  /**
   * @param {string} name
   * @param {string} label
   * @param {string} title
   * @param {import("../core/dom.js").Attributes} attributes
   * @param {boolean} optional whether the field may be empty
   */
  const field = (name, label, title, attributes, optional = false) => {
    const input = h("input", {
      type: "number", class: "eg-search eg-number-field", title, onblur: () => show(), "aria-label": label, placeholder: optional ? t("auto") : "", ...attributes,
      onchange: () => configure(name),
    });
    fields[name] = { node: input, empty: optional, text: makeFieldText(input) };
    return h("label", { class: "eg-field" }, h("span", {}, label), input);
  };
  /** Send a field; the others are left as the kernel has them. @param {string} name */
  function configure(name) {
    const { node, empty, text } = fields[name];
    text.took();
    if (node.value === "" && !empty) return;
    sent.tell({ kind: "configure", settings: { [name]: node.value === "" ? null : Number(node.value) } }, name);
  }
  const terms = h("p", { class: "eg-note" });
  const node = h(
    "details",
    { class: "eg-panel" },
    h("summary", {}, h("span", {}, t("Advanced"))),
    h(
      "div",
      { class: "eg-bar" },
      h("label", { class: "eg-field" }, h("span", {}, t("Preset")), preset),
      field("lr", t("Learning rate"), t("Adam's learning rate, in units of the latent"), { min: 0.001, max: 5, step: 0.01 }),
      field("outside_budget", t("Outside budget"), t("Mean change outside the region that is not penalised, as a share of the value range"), { min: 0, max: 0.2, step: 0.002 }),
      field("buffer_px", t("Buffer"), t("How far the region reaches beyond the parts, in picture pixels; empty: 2% of the height"), { min: 0, max: 64, step: 0.5 }, true),
      field("stop_iou", t("Stop at"), t("Stop early at this IoU, 0 to 1; empty: run all steps"), { min: 0, max: 1, step: 0.01 }, true),
      h(
        "label",
        { class: "eg-check", title: t("Start an edit from the vector whose picture is nearest to the painted mask") },
        prime,
        h("span", {}, t("Start from a known vector")),
      ),
    ),
    terms,
  );
  function show() {
    const settings = model.get("settings");
    if (!sent.waits("preset")) preset.value = settings.preset;
    if (!sent.waits("prime")) prime.checked = settings.prime;
    terms.textContent = settings.terms ?? "";
    for (const [name, { text }] of Object.entries(fields)) {
      if (!sent.waits(name)) text.show(settings[name] == null ? "" : String(Number(settings[name].toPrecision(4))));
    }
  }
  return { node, show };
}
