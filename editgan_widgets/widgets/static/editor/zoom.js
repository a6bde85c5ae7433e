// Zoom: both views show the same part of the picture, `zoom` times as large, from (left, top) on in picture px.

import { h, iconButton } from "./dom.js";

const MOST_ZOOM = 16;

/** `canvas()` is one of the views, `pointer()` the place that the keys zoom about, {x, y} in picture px or null. */
export function makeZoom({ width, height, t }, { canvas, pointer, changed }) {
  let zoom = 1;
  let left = 0;
  let top = 0;
  const closer = iconButton("closer", t("Zoom in (+, or Ctrl and the wheel)"), () => by(2 ** 0.5));
  const further = iconButton("further", t("Zoom out (-)"), () => by(2 ** -0.5));
  const fit = h("button", { type: "button", class: "eg-button eg-zoom", title: t("Show the whole picture (Home, or Shift+0)"), onclick: () => to(1) });
  const own = h("button", { type: "button", class: "eg-button eg-actual", title: t("One picture pixel on one screen pixel (Shift+1)"), "aria-label": t("Show the picture at its own size"), onclick: () => to(actual()) }, "1:1");
  const node = h("div", { class: "eg-group eg-end eg-small", role: "group", "aria-label": t("Zoom") }, further, fit, closer, own);

  /** The zoom at which one picture px is one screen px; under 1 where the picture is smaller than its view. */
  const actual = () => width / ((canvas().clientWidth || width) * (window.devicePixelRatio || 1));
  function to(factor, about = null) {
    const [x, y] = about ?? pointer() ?? [left + width / zoom / 2, top + height / zoom / 2];
    const next = Math.min(MOST_ZOOM, Math.max(Math.min(1, actual()), factor));
    const kept = zoom / next; // what is under the pointer stays there
    moveTo(x - (x - left) * kept, y - (y - top) * kept, next);
  }
  const by = (factor, about) => to(Math.abs(zoom * factor - 1) < 0.05 ? 1 : zoom * factor, about);
  function moveTo(x, y, factor = zoom) {
    zoom = factor;
    // A picture smaller than its view stands in the middle.
    left = zoom < 1 ? (width - width / zoom) / 2 : Math.min(width - width / zoom, Math.max(0, x));
    top = zoom < 1 ? (height - height / zoom) / 2 : Math.min(height - height / zoom, Math.max(0, y));
    show();
    changed();
  }
  /** At 100 % one picture px is one screen px, so the figure changes with the view's size too. */
  function show() {
    const percent = Math.round((100 * zoom) / actual());
    fit.textContent = `${percent} %`;
    fit.setAttribute("aria-label", t("Zoom {percent} percent; show the whole picture", { percent }));
    further.setAttribute("aria-disabled", String(zoom <= Math.min(1, actual())));
    closer.setAttribute("aria-disabled", String(zoom >= MOST_ZOOM));
  }
  /** What the views show: zoom, and in picture px left, top, width and height. */
  const seen = () => ({ zoom, left, top, width: width / zoom, height: height / zoom });
  /** The place of a pointer in picture px. Points travel as float32, so what is painted here goes by such values too. */
  function place(view, event) {
    const box = view.getBoundingClientRect();
    const x = left + ((event.clientX - box.left) * width) / box.width / zoom;
    const y = top + ((event.clientY - box.top) * height) / box.height / zoom;
    return [Math.fround(x), Math.fround(y)];
  }
  return { node, show, to, by, toActual: () => to(actual()), moveTo, seen, place, most: MOST_ZOOM };
}
