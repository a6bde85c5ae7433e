// Painting with pointer, pen, finger or keys: what is painted shows at once, and one message leaves when a stroke is done.

import { makeBrush } from "./brush.js";
import { handled } from "./dom.js";
import { chip } from "./palette.js";
import { makePinch } from "./pinch.js";
import { makePolygon } from "./polygon.js";

const ONE_PRESS = ["pick", "fill", "polygon"]; // tools that are done with one press
const OUTLINED = ["brush", "eraser", "push"]; // tools that have a size

/** `canvases` are the views, `hover` says what lies under the pointer, `sent(id)` hears of each stroke that was sent. */
export function makePainting(page, { canvases, mask, zoom, choice, hover, penCame, redraw, sent }) {
  const { model, width, height, byId, t, tell, asked, listen, root } = page;
  const brush = makeBrush(page, { penCame });
  const polygon = makePolygon({ close: sendOutline, reach: () => (7 * width) / zoom.seen().zoom / (canvases()[1].clientWidth || width), redraw });
  let cursor = null; // {x, y} in picture px, while there is one
  let tap = null; // {pointer, point} of a finger that came down: a second one may follow, so a press acts when it is lifted
  let byKeys = false; // the arrow keys brought it there
  const inside = ([x, y]) => x >= 0 && y >= 0 && x < width && y < height;
  const upNow = () => (root.dataset.up = String(performance.now()));

  // ---- under the pointer
  const shareText = (share) => (share < 0.001 ? t("under 0.1 %") : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`);
  let said = ""; // what stands in `hover`
  function say(part) {
    const text = part ? `${t(part.name)}, ${shareText(mask.share(part.id))}` : "";
    if (said === text) return;
    said = text;
    hover.replaceChildren(...(part ? [chip(part), text] : []));
  }
  function pointAt(point) {
    cursor = { x: point[0], y: point[1] };
    say(inside(point) ? byId.get(mask.labelAt(point)) : null);
    redraw();
  }
  function pointAway() {
    byKeys = false;
    cursor = null;
    say(null);
    redraw();
  }

  // ---- strokes
  /** Begin at a point; what is done with one press is done. */
  function begin(point, { picking = false, event = null } = {}) {
    const tool = model.get("tool");
    if (picking || tool === "pick") choice.select(mask.labelAt(point), picking);
    else if (tool === "fill") {
      upNow();
      tell({ kind: "fill", x: point[0], y: point[1], whole: event?.shiftKey === true, ...asked() });
    } else if (tool === "polygon") polygon.click(point);
    else {
      const force = brush.force(event);
      const pushes = tool === "push";
      mask.begin({
        ...asked(), id: "", tool, radius: pushes ? brush.pushRadius() : brush.radius(), shape: model.get("shape"), points: [...point],
        radii: force === null || pushes ? null : [brush.radius(force)], force: force ?? 1, pointer: event?.pointerId,
      });
    }
  }
  /** Add a point to the stroke under the pointer, if it is another one. */
  function add(point, event) {
    const stroke = mask.current();
    const { points, radii } = stroke;
    if (points.at(-2) === point[0] && points.at(-1) === point[1]) return;
    points.push(...point);
    if (!radii) return;
    stroke.force = (event.type === "pointerup" ? null : brush.force(event, stroke.force)) ?? stroke.force; // a pen that is lifted presses no more
    radii.push(brush.radius(stroke.force));
  }
  function extend(points) {
    const from = mask.current().points.length - 2;
    for (const [point, event] of points) add(point, event);
    if (mask.current().points.length > from + 2) mask.goOn(from);
  }
  function finish() {
    const stroke = mask.end();
    if (stroke.tool === "lasso") {
      if (isLoop(stroke.points)) sendOutline(stroke.points);
      redraw();
      return;
    }
    if (stroke.tool === "push" && stroke.points.length < 4) return; // a click moves nothing
    const { tool, radius, shape, label, locked, over, mirror } = stroke;
    upNow();
    const buffers = [stroke.points, stroke.radii].filter(Boolean).map((values) => new Float32Array(values).buffer);
    const id = tell({ kind: tool === "push" ? "push" : "stroke", tool, radius, shape, ...asked(), label, locked, over, mirror }, buffers);
    mask.keep({ ...stroke, id });
    sent(id);
  }
  /** Whether a line goes round something, and is no shaky click. */
  function isLoop(points) {
    const extent = (axis) => {
      const values = points.filter((_, i) => i % 2 === axis);
      return Math.max(...values) - Math.min(...values);
    };
    return points.length > 4 && extent(0) > 1 && extent(1) > 1;
  }
  function sendOutline(points) {
    upNow();
    tell({ kind: "lasso", ...asked() }, [new Float32Array(points).buffer]);
  }
  const lassoing = () => mask.current()?.tool === "lasso";
  /** Take back what is under the pointer, if something is. */
  function drop() {
    tap = null;
    mask.drop();
  }
  /** Paint a dot where the keys brought the brush. */
  function dot() {
    if (!cursor || mask.current() || !mask.loaded()) return;
    begin([cursor.x, cursor.y]);
    if (mask.current()) finish();
  }
  /** The page goes away: a stroke under the pointer ends, and the outbox keeps it. */
  function leave() {
    if (mask.current() && !lassoing()) finish();
  }

  // ---- pointer and keys
  function listenTo(canvas) {
    for (const [event, callback] of makePinch({ canvas, width, height, most: zoom.most, seen: zoom.seen, moveTo: zoom.moveTo, begun: drop })) listen(canvas, event, callback);
    // The middle button drags the picture; Ctrl and the wheel zoom, Alt and the wheel change the brush. A bare wheel is the page's.
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
    const wheel = (event) => {
      if (event.altKey) choice.resize(event.deltaY < 0 ? 1 : -1);
      else if (event.ctrlKey || event.metaKey) zoom.by(Math.exp(-event.deltaY / 300), zoom.place(canvas, event));
      else return;
      event.preventDefault();
    };
    listen(canvas, "wheel", wheel, { passive: false });

    listen(canvas, "pointerdown", (event) => {
      if (event.button !== 0 || !mask.loaded() || mask.current()) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      byKeys = false;
      const point = zoom.place(canvas, event);
      pointAt(point);
      if (!inside(point)) return;
      if (event.pointerType === "touch" && ONE_PRESS.includes(model.get("tool"))) tap = { pointer: event.pointerId, point };
      else begin(point, { picking: event.altKey, event });
      event.preventDefault();
    });
    const mine = (event) => mask.current() !== null && mask.current().pointer === event.pointerId;
    listen(canvas, "pointermove", (event) => {
      byKeys = false;
      pointAt(zoom.place(canvas, event));
      if (!mine(event)) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      extend((moves.length ? moves : [event]).map((move) => [zoom.place(canvas, move), move]));
    });
    const up = (event) => {
      if (tap?.pointer === event.pointerId && event.type === "pointerup") begin(tap.point);
      if (tap?.pointer === event.pointerId) tap = null;
      if (!mine(event)) return;
      if (event.type === "pointerup") extend([[zoom.place(canvas, event), event]]);
      if (event.type === "pointercancel" && lassoing()) drop();
      else finish();
    };
    listen(canvas, "pointerup", up);
    listen(canvas, "pointercancel", up);
    listen(canvas, "pointerleave", () => mask.current() || byKeys || pointAway());
    listen(canvas, "dblclick", () => polygon.finish());
    listen(canvas, "contextmenu", (event) => event.preventDefault());
    listen(canvas, "keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (way && !event.ctrlKey && !event.metaKey && !event.altKey) step(way, event.shiftKey ? 8 : 1);
      else if (event.key !== " ") return;
      else if (!cursor) step([0, 0], 0);
      else if (!event.repeat) dot();
      handled(event);
    });
    listen(canvas, "blur", () => byKeys && pointAway());
  }
  function step(way, reach) {
    const from = cursor ?? { x: width / 2, y: height / 2 };
    const clamp = (value, limit) => Math.fround(Math.min(limit - 0.5, Math.max(0.5, value)));
    byKeys = true;
    pointAt([clamp(from.x + way[0] * reach, width), clamp(from.y + way[1] * reach, height)]);
  }
  function open() {
    for (const canvas of canvases()) listenTo(canvas);
    listen(window, "pagehide", leave);
    listen(document, "visibilitychange", () => document.hidden && leave());
  }

  // ---- what shows it
  function lassoPath() {
    const path = new Path2D();
    const { points } = mask.current();
    for (let i = 0; i < points.length; i += 2) path.lineTo(points[i], points[i + 1]);
    path.closePath();
    return path;
  }
  /** Outlines of the tool in hand, for the views to draw. */
  function outlines() {
    if (lassoing()) return [[lassoPath(), {}]];
    if (polygon.active()) return [[polygon.path(cursor), {}]];
    if (!cursor || !OUTLINED.includes(model.get("tool"))) return [];
    const pressed = mask.current()?.force;
    const own = [brush.outline(cursor.x, cursor.y, pressed), {}];
    return model.get("mirror") ? [own, [brush.outline(width - cursor.x, cursor.y, pressed), { dashed: true }]] : [own];
  }
  return { open, outlines, polygon, drop, pointer: () => (cursor && inside([cursor.x, cursor.y]) ? [cursor.x, cursor.y] : null) };
}
