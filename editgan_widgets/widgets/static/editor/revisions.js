// Revisions: the kernel counts what it publishes. A page that misses a number, or is set back to an older one, asks for all of
// the state again. When a connection is back, ipywidgets reads the states of all widgets anew, and may set one that was read
// before the newest change over it.

const LATER = [1500, 5000]; // ms after a connection came back; what is published meanwhile may still be lost

export function makeRevisions({ model, on, atEnd }) {
  let newest = model.get("revision");
  let timers = [];
  const ask = (message = {}) => model.send({ kind: "state", ...message });
  on("change:revision", () => {
    const now = model.get("revision");
    if (now !== newest + 1) ask();
    newest = Math.max(newest, now);
  });
  /** Ask for the state, and a while later whether that was the newest. */
  function check() {
    timers.forEach(clearTimeout);
    ask();
    timers = LATER.map((wait) => setTimeout(() => ask({ revision: model.get("revision") }), wait));
  }
  atEnd(() => timers.forEach(clearTimeout));
  return { check };
}
