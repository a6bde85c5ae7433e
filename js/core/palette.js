// The parts' colours: the label set's, or its colour-blind safe palette if there is one.

import { h, iconButton, setPressed } from "./dom.js";

/** @typedef {import("./types").PictureTraits & import("./types").TextTraits} Traits */

/**
 * A part's chip in its present colour.
 * @param {{ id: number }} part
 */
export const chip = (part) => h("span", { class: "eg-chip", style: `background:var(--eg-part-${part.id})` });

/**
 * `colours` holds RGBA by part id. `show` applies the chosen palette to it and to the chips on the page.
 * @param {import("./types").Page<Traits>} page
 */
export function makePalette({ model, root, put, t }) {
  const colours = new Uint8ClampedArray(256 * 4);
  /** @type {Record<string, string>} */
  const TITLES = { own: t("Parts in their own colours; press for colour-blind safe ones"), safe: t("Parts in colour-blind safe colours; press for their own") };
  const button = iconButton("palette", t("Show the parts in colour-blind safe colours"), () => put("palette", model.get("palette") === "safe" ? "own" : "safe"), { hidden: !model.get("palettes").safe });
  function show() {
    const palette = model.get("palette");
    for (const [place, part] of model.get("labels").entries()) {
      const colour = model.get("palettes")[palette][place];
      const value = parseInt(colour.slice(1), 16);
      colours.set([value >> 16, (value >> 8) & 255, value & 255, 255], part.id * 4);
      root.style.setProperty(`--eg-part-${part.id}`, colour);
    }
    setPressed(button, palette === "safe");
    button.title = TITLES[palette];
  }
  return { button, colours, show };
}
