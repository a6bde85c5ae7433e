// Zoom controls. Both views show the same part of the picture.

import { h, iconButton, setUsable } from "./dom.js";
import { MOST_ZOOM, makeViewWindow } from "./view_window.js";

/** @typedef {import("./types").Point} Point */
/** @typedef {import("./types").PictureTraits & import("./types").TextTraits} Traits */

/**
 * @param {Pick<import("./types").Page<Traits>, "model" | "t">} page
 * @param {object} given
 * @param {() => HTMLCanvasElement} given.canvas one of the views
 * @param {() => Point | null} given.pointer the point about which the keys zoom
 * @param {() => void} given.changed
 */
export function makeZoom({ model, t }, { canvas, pointer, changed }) {
  const width = model.get("width");
  const height = model.get("height");
  const closer = iconButton("closer", t("Zoom in (+, or Ctrl and the wheel)"), () => by(2 ** 0.5));
  const further = iconButton("further", t("Zoom out (-)"), () => by(2 ** -0.5));
  const fit = h("button", { type: "button", class: "eg-button eg-zoom", title: t("Show the whole picture (Home, or Shift+0)"), onclick: () => to(1) });
  const own = h("button", { type: "button", class: "eg-button eg-actual", title: t("One picture pixel on one screen pixel (Shift+1)"), "aria-label": t("Show the picture at its actual size"), onclick: () => to(actual()) }, "1:1");
  const node = h("div", { class: "eg-group eg-end eg-small", role: "group", "aria-label": t("Zoom") }, further, fit, closer, own);

  const actual = () => width / ((canvas().clientWidth || width) * (window.devicePixelRatio || 1));
  const view = makeViewWindow({ width, height, actual, changed: () => (show(), changed()) });
  /** @param {number} factor @param {Point | null} about */
  const to = (factor, about = null) => view.to(factor, about ?? pointer());
  /** @param {number} factor @param {Point | null} about */
  const by = (factor, about = null) => view.by(factor, about ?? pointer());
  /** At 100% one picture px is one screen px, so the figure also depends on the view's size. */
  function show() {
    const { zoom } = view.seen();
    const percent = Math.round((100 * zoom) / actual());
    fit.textContent = `${percent}%`;
    fit.setAttribute("aria-label", t("Zoom {percent} percent; show the whole picture", { percent }));
    setUsable(further, zoom > view.least());
    setUsable(closer, zoom < MOST_ZOOM);
  }
  return {
    node, show, to, by,
    toActual: () => to(actual()),
    moveTo: view.moveTo,
    seen: view.seen,
    /** @param {HTMLCanvasElement} canvas @param {{ clientX: number, clientY: number }} event */
    place: (canvas, event) => view.placeIn(canvas.getBoundingClientRect(), event),
  };
}
