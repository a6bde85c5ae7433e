// Two fingers zoom and move the picture; a stroke that the first one began is dropped.

/** Listeners of a canvas, to be set before those that paint: while two fingers are down, and until both are up, they keep
 *  its pointers to themselves. `seen` tells what the view shows, `moveTo(left, top, zoom)` changes it. */
export function makePinch({ canvas, width, height, most, seen, moveTo, begun }) {
  const fingers = new Map(); // pointer -> its place, CSS px
  let start = null; // what the fingers hold: a point of the picture, their distance and the zoom when they came down
  let pinching = false;
  function measure() {
    const [a, b] = [...fingers.values()];
    const box = canvas.getBoundingClientRect();
    const middle = [((a.x + b.x) / 2 - box.left) / box.width, ((a.y + b.y) / 2 - box.top) / box.height]; // shares
    return { middle, distance: Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)) };
  }
  function hold() {
    const { middle, distance } = measure();
    const { zoom, left, top } = seen();
    start = { x: left + (middle[0] * width) / zoom, y: top + (middle[1] * height) / zoom, distance, zoom };
  }
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
  function move(event) {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (!pinching || event.pointerType !== "touch") return;
    keep(event);
    if (fingers.size !== 2) return;
    const { middle, distance } = measure();
    const zoom = Math.min(most, Math.max(1, (start.zoom * distance) / start.distance));
    moveTo(start.x - (middle[0] * width) / zoom, start.y - (middle[1] * height) / zoom, zoom);
  }
  function up(event) {
    if (!fingers.delete(event.pointerId)) return;
    if (!pinching) return;
    keep(event);
    if (fingers.size === 2) hold();
    pinching = fingers.size > 0;
  }
  function keep(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  return [["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up]];
}
