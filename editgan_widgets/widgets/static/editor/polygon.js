// Polygon: an outline of clicked corners. Enter, a double-click or a click on the first corner closes it.

/** `close(points)` gets the flat corners, `reach()` is how near a click must come to a corner, in picture px. */
export function makePolygon({ close, reach, redraw }) {
  let corners = [];
  const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) <= reach();
  function drop() {
    corners = [];
    redraw();
  }
  function finish() {
    const points = corners.flat();
    const enough = corners.length > 2;
    drop();
    if (enough) close(points);
  }
  function click(point) {
    if (corners.length > 2 && near(point, corners[0])) return finish();
    if (!corners.length || !near(point, corners[corners.length - 1])) corners.push(point); // the second click of two adds none
    redraw();
  }
  /** Whether a key was the polygon's. */
  function key(name) {
    if (!corners.length || !["Enter", "Backspace", "Escape"].includes(name)) return false;
    if (name === "Enter") finish();
    else if (name === "Escape") drop();
    else {
      corners.pop();
      redraw();
    }
    return true;
  }
  /** Its outline so far, on to the pointer; a ring round the first corner once a click there closes it. */
  function path(cursor) {
    const line = new Path2D();
    for (const corner of corners) line.lineTo(...corner);
    if (cursor) line.lineTo(cursor.x, cursor.y);
    const ring = corners.length > 2 ? corners[0] : null;
    if (ring) {
      line.moveTo(ring[0] + reach(), ring[1]);
      line.arc(...ring, reach(), 0, 2 * Math.PI);
    }
    return line;
  }
  return { click, finish, drop, key, path, active: () => corners.length > 0, count: () => corners.length };
}
