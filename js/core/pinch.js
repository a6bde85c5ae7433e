// Pinch: two fingers zoom and move the picture; a stroke of the first finger is dropped.

import { MOST_ZOOM } from "./view_window.js";

/** @typedef {{ x: number, y: number }} Finger */

/**
 * Listeners of a canvas, to be added before those that paint: once two fingers are down, and until both are up, they stop the
 * canvas's pointer events.
 * @param {object} given
 * @param {HTMLCanvasElement} given.canvas
 * @param {number} given.width of the picture, px
 * @param {number} given.height of the picture, px
 * @param {() => import("./types").Seen} given.seen
 * @param {(left: number, top: number, zoom: number) => void} given.moveTo
 * @param {() => void} given.begun called when the second finger touches
 * @returns {[string, (event: PointerEvent) => void][]}
 */
export function makePinch({ canvas, width, height, seen, moveTo, begun }) {
  /** @type {Map<number, Finger>} */
  const fingers = new Map(); // by pointer, in CSS px
  let start = { x: 0, y: 0, distance: 1, zoom: 1 }; // at the start: the picture's point between the fingers, their distance, the zoom
  let pinching = false;
  function measure() {
    const [a, b] = [...fingers.values()];
    const box = canvas.getBoundingClientRect();
    const middle = [((a.x + b.x) / 2 - box.left) / box.width, ((a.y + b.y) / 2 - box.top) / box.height]; // shares of the view
    return { middle, distance: Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)) };
  }
  function hold() {
    const { middle, distance } = measure();
    const { zoom, left, top } = seen();
    start = { x: left + (middle[0] * width) / zoom, y: top + (middle[1] * height) / zoom, distance, zoom };
  }
  /** @param {PointerEvent} event */
  function down(event) {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 2) {
      pinching = true;
      begun();
      hold();
    }
    if (pinching) keep(event);
  }
  /** @param {PointerEvent} event */
  function move(event) {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (!pinching || event.pointerType !== "touch") return;
    keep(event);
    if (fingers.size !== 2) return;
    const { middle, distance } = measure();
    const zoom = Math.min(MOST_ZOOM, Math.max(1, (start.zoom * distance) / start.distance));
    moveTo(start.x - (middle[0] * width) / zoom, start.y - (middle[1] * height) / zoom, zoom);
  }
  /** @param {PointerEvent} event */
  function up(event) {
    if (!fingers.delete(event.pointerId) || !pinching) return;
    keep(event);
    if (fingers.size === 2) hold();
    pinching = fingers.size > 0;
  }
  /** @param {PointerEvent} event */
  function keep(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  return [["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up]];
}
