// Painting with pointer, pen, finger or keys: passes events on the views to the chosen tool.

import { handled } from "../core/dom.js";
import { makePinch } from "../core/pinch.js";
import { chip } from "../core/palette.js";
import { keyNames } from "../core/shortcuts.js";
import { TOOLS } from "./toolbox.js";

/** @typedef {import("../core/types").Point} Point */
/** @typedef {import("./tools/tool").Gesture} Gesture */

/** @type {Record<string, Point>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STRIDE = 8; // px that the keys move the brush with Shift

/**
 * @param {import("./page.js").EditorPage} page
 * @param {object} given
 * @param {() => HTMLCanvasElement[]} given.canvases the views
 * @param {ReturnType<typeof import("../core/label_map.js").makeLabelMap>} given.labelMap
 * @param {ReturnType<typeof import("../core/zoom.js").makeZoom>} given.zoom
 * @param {ReturnType<typeof import("./choice.js").makeChoice>} given.choice
 * @param {ReturnType<typeof import("./brush.js").makeBrush>} given.brush
 * @param {HTMLElement} given.hover shows which part is under the pointer
 * @param {() => void} given.redraw
 */
export function makePainting(page, { canvases, labelMap, zoom, choice, brush, hover, redraw }) {
  const { model, width, height, byId, t, listen, root } = page;
  const bench = {
    ...page, labelMap, choice, brush, redraw,
    reach: (/** @type {number} */ px) => (px * width) / zoom.seen().zoom / (canvases()[1].clientWidth || width),
    released: () => void (root.dataset.up = String(performance.now())),
  };
  const tools = new Map(TOOLS.map((tool) => [tool.name, tool.make(bench)]));
  const inHand = () => /** @type {import("./tools/tool").ToolInUse} */ (tools.get(model.get("tool")));
  /** @type {{ pointer: number | undefined, is: Gesture } | null} */
  let gesture = null; // between press and release
  /** @type {import("./tools/tool").Cursor | null} */
  let cursor = null;
  /** @type {{ pointer: number, point: Point } | null} */
  let tap = null; // a finger on the canvas, for a tool that acts when it is lifted
  let byKeys = false; // true if the arrow keys moved the cursor last
  const inside = (/** @type {Point} */ [x, y]) => x >= 0 && y >= 0 && x < width && y < height;

  // ---- what is under the pointer
  const shareText = (/** @type {number} */ share) => (share < 0.001 ? t("under 0.1%") : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`);
  let said = ""; // text of `hover`
  /** @param {import("../core/types").Part | undefined} part */
  function say(part) {
    const text = part ? `${t(part.name)}, ${shareText(labelMap.share(part.id))}` : "";
    if (said === text) return;
    said = text;
    hover.replaceChildren(...(part ? [chip(part), text] : []));
  }
  /** @param {Point} point */
  function pointAt(point) {
    cursor = { x: point[0], y: point[1] };
    say(inside(point) ? byId.get(labelMap.labelAt(point)) : undefined);
    redraw();
  }
  function pointAway() {
    byKeys = false;
    cursor = null;
    say(undefined);
    redraw();
  }

  // ---- gestures
  /** @param {Point} point @param {PointerEvent | null} event */
  function begin(point, event = null) {
    if (event?.altKey) return choice.select(labelMap.labelAt(point), true);
    const begun = inHand().press(point, event);
    if (begun) gesture = { pointer: event?.pointerId, is: begun };
  }
  function finish() {
    const done = gesture;
    gesture = null;
    done?.is.release();
  }
  /** Cancel the gesture under the pointer. */
  function drop() {
    const dropped = gesture;
    tap = gesture = null;
    dropped?.is.cancel();
  }
  /** Press and release at the keyboard cursor. */
  function dot() {
    if (!cursor || gesture || !labelMap.loaded()) return;
    begin([cursor.x, cursor.y]);
    finish();
  }
  /** The page closes: a stroke under the pointer ends, and the outbox keeps it. */
  function leave() {
    const left = gesture;
    gesture = null;
    left?.is.leave();
  }

  // ---- pointer and keys
  /** @param {HTMLCanvasElement} canvas */
  function listenTo(canvas) {
    for (const [event, callback] of makePinch({ canvas, width, height, seen: zoom.seen, moveTo: zoom.moveTo, begun: drop })) listen(canvas, event, callback);
    listenToPan(canvas);
    listen(canvas, "pointerdown", (event) => {
      if (event.button !== 0 || !labelMap.loaded() || gesture) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      byKeys = false;
      const point = zoom.place(canvas, event);
      pointAt(point);
      if (!inside(point)) return;
      if (event.pointerType === "touch" && inHand().onLift) tap = { pointer: event.pointerId, point };
      else begin(point, event);
      event.preventDefault();
    });
    const mine = (/** @type {PointerEvent} */ event) => gesture?.pointer === event.pointerId;
    const sample = (/** @type {PointerEvent} */ event) => /** @type {[Point, PointerEvent]} */ ([zoom.place(canvas, event), event]);
    listen(canvas, "pointermove", (event) => {
      byKeys = false;
      pointAt(zoom.place(canvas, event));
      if (!mine(event)) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      gesture?.is.move((moves.length ? moves : [event]).map(sample));
    });
    listen(canvas, "pointerup", (event) => {
      const tapped = tap;
      if (tapped && tapped.pointer === event.pointerId) {
        tap = null;
        begin(tapped.point);
      }
      if (!mine(event)) return;
      gesture?.is.move([sample(event)]);
      finish();
    });
    listen(canvas, "pointercancel", (event) => {
      if (tap?.pointer === event.pointerId) tap = null;
      if (mine(event)) leave();
    });
    listen(canvas, "pointerleave", () => gesture || byKeys || pointAway());
    listen(canvas, "dblclick", () => inHand().doubleClick?.());
    listen(canvas, "contextmenu", (event) => event.preventDefault());
    listen(canvas, "keydown", (event) => {
      if (inHand().key?.(keyNames(event)[0])) return handled(event); // before the arrows move the cursor
      const way = WAYS[event.key];
      if (way && !event.ctrlKey && !event.metaKey && !event.altKey) step(way, event.shiftKey ? STRIDE : 1);
      else if (event.key !== " ") return;
      else if (!cursor) step([0, 0], 0);
      else if (!event.repeat) dot();
      handled(event);
    });
    listen(canvas, "blur", () => byKeys && pointAway());
  }
  /**
   * The middle button drags the picture; Ctrl and the wheel zoom, Alt and the wheel change the brush. A bare wheel scrolls the page.
   * @param {HTMLCanvasElement} canvas
   */
  function listenToPan(canvas) {
    /** @type {{ x: number, y: number, from: import("../core/types").Seen } | null} */
    let drag = null;
    listen(canvas, "pointerdown", (event) => {
      if (event.button !== 1 || zoom.seen().zoom <= 1) return;
      drag = { x: event.clientX, y: event.clientY, from: zoom.seen() };
      canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    listen(canvas, "pointermove", (event) => {
      if (!drag) return;
      const unit = canvas.clientWidth / drag.from.width;
      zoom.moveTo(drag.from.left - (event.clientX - drag.x) / unit, drag.from.top - (event.clientY - drag.y) / unit);
    });
    for (const end of ["pointerup", "pointercancel"]) listen(canvas, end, () => (drag = null));
    const wheel = (/** @type {WheelEvent} */ event) => {
      if (event.altKey) choice.resize(event.deltaY < 0 ? 1 : -1);
      else if (event.ctrlKey || event.metaKey) zoom.by(Math.exp(-event.deltaY / 300), zoom.place(canvas, event));
      else return;
      event.preventDefault();
    };
    listen(canvas, "wheel", wheel, { passive: false });
  }
  /** @param {Point} way @param {number} reach px */
  function step(way, reach) {
    const from = cursor ?? { x: width / 2, y: height / 2 };
    const clamp = (/** @type {number} */ value, /** @type {number} */ limit) => Math.fround(Math.min(limit - 0.5, Math.max(0.5, value)));
    byKeys = true;
    pointAt([clamp(from.x + way[0] * reach, width), clamp(from.y + way[1] * reach, height)]);
  }
  let chosen = model.get("tool");
  /** Show the chosen tool; the previous tool drops its unfinished gesture. */
  function showTool() {
    const tool = model.get("tool");
    if (tool !== chosen) tools.get(chosen)?.drop?.();
    chosen = tool;
    redraw();
  }

  return {
    /** Listen to the views, and show the unconfirmed strokes of an earlier page. */
    open() {
      for (const canvas of canvases()) listenTo(canvas);
      listen(window, "pagehide", leave);
      listen(document, "visibilitychange", () => document.hidden && leave());
      for (const { id, message, buffers } of page.line.waiting()) {
        const stroke = [...tools.values()].map((tool) => tool.restore?.(message, buffers)).find(Boolean);
        if (stroke) labelMap.keep({ id, ...stroke });
      }
    },
    showTool,
    drop,
    active: () => gesture !== null,
    /** Outlines of the chosen tool. */
    outlines: () => gesture?.is.outlines?.() ?? inHand().outlines?.(cursor) ?? [],
    /** Pass a key press to the chosen tool; returns whether it was handled. */
    key: (/** @type {string} */ name) => inHand().key?.(name) ?? false,
    /** The tools' elements for the toolbar, by name. */
    nodes: [...tools].flatMap(([name, { node }]) => (node ? [/** @type {[string, HTMLElement]} */ ([name, node])] : [])),
    /** @returns {Point | null} */
    pointer: () => (cursor && inside([cursor.x, cursor.y]) ? [cursor.x, cursor.y] : null),
  };
}
