// The parts' colours: their own, or ones that colour-blind eyes tell apart too, where they have such.

import { h, ICONS } from "./dom.js";

/** A part's chip, in whichever palette is shown. */
export const chip = (label) => h("span", { class: "eg-chip", style: `background:var(--eg-part-${label.id})` });

/** `colours` holds RGBA by part id; `show(root)` brings it and the chips within `root` to the palette that is chosen. */
export function makePalette({ model, put, t, names }) {
  const colours = new Uint8ClampedArray(256 * 4);
  const TITLES = { own: t("Parts in their own colours; press for colours that colour-blind eyes tell apart"), safe: t("Parts in colours that colour-blind eyes tell apart; press for their own") };
  const button = h("button", {
    type: "button", class: "eg-button", html: ICONS.palette, "aria-label": t("Show the parts in colours that colour-blind eyes tell apart"), hidden: !model.get("palettes").safe,
    onclick: () => put("palette", model.get("palette") === "safe" ? "own" : "safe"),
  });
  function show(root) {
    const palette = model.get("palette");
    for (const [place, label] of names.entries()) {
      const colour = model.get("palettes")[palette][place];
      const value = parseInt(colour.slice(1), 16);
      colours.set([value >> 16, (value >> 8) & 255, value & 255, 255], label.id * 4);
      root.style.setProperty(`--eg-part-${label.id}`, colour);
    }
    button.setAttribute("aria-pressed", String(palette === "safe"));
    button.title = TITLES[palette];
  }
  return { button, colours, show };
}
