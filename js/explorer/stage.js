// The large picture at the slider's strength, with the effect map over it.

import { inflate } from "../core/bytes.js";
import { h, surface } from "../core/dom.js";
import { makeDrag, makePreviews } from "../core/previews.js";
import { heated, makeHeatScale, showHeatScale } from "./heat.js";
import { short, strengthText } from "./numbers.js";

const LIMIT = 2; // range of the slider, either sign

/** @typedef {import("./wire").Traits} Traits */

/**
 * `pictured(picture)` is called with each new picture.
 * @param {Pick<import("../core/types").Page<Traits>, "model" | "root" | "t" | "put"> & { tell: (message: any) => unknown, own: import("../core/types").MakeOwn }} page
 * @param {{ pictured: (picture: HTMLCanvasElement) => void }} given
 */
export function makeStage({ model, root, t, put, tell, own }, { pictured }) {
  const [width, height] = [model.get("width"), model.get("height")];
  const picture = surface(width, height);
  const heat = surface(width, height);
  picture.canvas.className = "ex-picture";
  heat.canvas.className = "ex-overlay";
  picture.canvas.setAttribute("role", "img");
  heat.canvas.setAttribute("aria-hidden", "true");
  const previews = makePreviews((/** @type {number} */ strength) => tell({ kind: "set_strength", strength, live: true }));
  const drag = makeDrag({
    moves(strength) {
      node.classList.add("ex-moving"); // the picture alone, without the effect over it
      value.textContent = strengthText(strength);
      previews.want(strength);
    },
    letGo(strength) {
      node.classList.remove("ex-moving");
      set(strength);
    },
  });
  const sent = own(() => showStrength());
  /** @param {number} strength */
  function set(strength) {
    previews.drop();
    place(strength);
    sent.tell({ kind: "set_strength", strength });
  }
  /** @param {number} strength */
  function place(strength) {
    slider.value = String(strength);
    value.textContent = strengthText(strength);
  }
  const slider = h("input", { type: "range", min: -LIMIT, max: LIMIT, step: 0.05, class: "eg-range ex-slider", "aria-label": t("Strength"), ...drag.handlers, ondblclick: () => set(0) });
  slider.title = t("Double-click to reset to 0");
  const value = h("output", { class: "eg-value ex-strength" });
  const safe = h("div", { class: "ex-safe", "aria-hidden": "true" });
  const safeText = h("span", { class: "ex-count" });
  const overlay = h("input", { type: "checkbox", onchange: () => void put("overlay", overlay.checked) });
  const scale = makeHeatScale(t("Mean change of a pixel at strength 1, of the value range; smaller changes are not coloured"));
  const node = h(
    "div",
    { class: "ex-stage" },
    h("div", { class: "ex-frame" }, /** @type {HTMLCanvasElement} */ (picture.canvas), /** @type {HTMLCanvasElement} */ (heat.canvas)),
    h("div", { class: "ex-slide" }, h("label", { class: "eg-field" }, h("span", {}, t("Strength")), value), h("div", { class: "ex-track" }, safe, slider)),
    h("div", { class: "ex-options" }, h("label", { class: "eg-check" }, overlay, h("span", {}, t("Effect"))), scale, safeText),
  );
  let order = 0;
  let newest = 0;
  async function showPicture() {
    const bytes = model.get("image");
    const mine = ++order;
    if (!bytes?.byteLength) return;
    const bitmap = await createImageBitmap(new Blob([bytes]));
    if (mine > newest) {
      newest = mine;
      picture.drawImage(bitmap, 0, 0, width, height);
      pictured(/** @type {HTMLCanvasElement} */ (picture.canvas));
      root.dataset.pictures = String(Number(root.dataset.pictures ?? 0) + 1);
      root.dataset.pictured = String(performance.now());
    }
    bitmap.close();
    previews.shown();
  }
  async function showHeat() {
    const values = await inflate(model.get("effect_map"));
    heat.clearRect(0, 0, width, height);
    if (values) heat.putImageData(heated(values, width, height), 0, 0);
  }
  function showStrength() {
    const strength = model.get("strength");
    if (!drag.moving() && !sent.waits()) place(strength);
    const name = model.get("chosen");
    picture.canvas.setAttribute("aria-label", t("Portrait of seed {seed} with {name} at {strength}", { seed: model.get("seed"), name: t(name), strength: strengthText(strength) }));
  }
  function showOptions() {
    const view = model.get("views")["effect map"];
    const found = model.get("rows").find((row) => row.name === model.get("chosen"))?.safe?.value;
    overlay.checked = model.get("overlay");
    heat.canvas.hidden = !overlay.checked;
    showHeatScale(scale, overlay.checked ? view?.peak : null);
    safeText.textContent = found === undefined ? "" : t("safe to {strength}", { strength: short(found) });
    safeText.title = t("Strength up to which the median portrait stays within the 99% ellipsoid of W");
    safe.hidden = found === undefined || found >= LIMIT;
    if (found !== undefined) safe.style.left = `${(100 * (found + LIMIT)) / (2 * LIMIT)}%`;
  }
  return { node, showPicture, showHeat, showStrength, showOptions };
}
