// Heat maps: a change of pixels as colours, transparent where it is small, and the legend that gives its range.

import { h } from "../core/dom.js";
import { percent } from "./numbers.js";

const FROM = 0.2; // share of the largest change from which on a pixel is coloured
const WHOLE = 0.6; // share at which the colour is as opaque as it gets
const OPAQUE = 0.85;
// The colour map plasma of matplotlib at 0, ¼, ½, ¾ and 1, which readers with a colour vision deficiency can order too.
const PLASMA = [[13, 8, 135], [126, 3, 168], [204, 71, 120], [248, 149, 64], [240, 249, 33]];

/** @param {number} share of the largest change, 0 to 1; returns red, green, blue and opacity, each 0 to 255 */
export function heatColour(share) {
  const place = Math.min(3.999, Math.max(0, 4 * share));
  const [below, above] = [PLASMA[Math.floor(place)], PLASMA[Math.floor(place) + 1]];
  const between = place - Math.floor(place);
  const opaque = Math.min(1, Math.max(0, (share - FROM) / (WHOLE - FROM)));
  return [...below.map((value, i) => Math.round(value + between * (above[i] - value))), Math.round(255 * OPAQUE * opaque)];
}

/**
 * Values 0 to 255 of the largest change as a picture.
 * @param {Uint8Array} values
 * @param {number} width
 * @param {number} height
 */
export function heated(values, width, height) {
  const image = new ImageData(width, height);
  const colours = Array.from({ length: 256 }, (_, value) => heatColour(value / 255));
  for (let i = 0; i < values.length; i++) image.data.set(colours[values[i]], 4 * i);
  return image;
}

/** @param {string} title */
export function makeHeatScale(title) {
  const stops = [FROM, 0.4, 0.6, 0.8, 1].map((share) => `rgb(${heatColour(share).slice(0, 3)} / ${heatColour(share)[3] / 255})`.replaceAll(",", " "));
  const bar = h("span", { class: "ex-scale", "aria-hidden": "true" });
  bar.style.backgroundImage = `linear-gradient(90deg, ${stops.join(", ")})`;
  return h("span", { class: "ex-heat-scale", title }, h("span", { class: "ex-count" }), bar, h("span", { class: "ex-count" }));
}

/**
 * @param {HTMLElement} scale of makeHeatScale
 * @param {number | null | undefined} peak largest change, share of the value range; none hides the legend
 */
export function showHeatScale(scale, peak) {
  scale.hidden = !peak;
  const [low, high] = [FROM * (peak ?? 0), peak ?? 0].map(percent);
  scale.firstElementChild?.replaceChildren(low);
  scale.lastElementChild?.replaceChildren(high);
}
