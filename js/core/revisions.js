// Revisions: the kernel numbers the states that it publishes. A page that misses a number, or is set back to an older one, requests
// the whole state again. When a connection returns, ipywidgets reads the states of all widgets again, and may overwrite the newest
// change with an older state.

const LATER = [1500, 5000]; // ms after a connection returned; states published meanwhile may still get lost

/** @typedef {Pick<import("./types").Page<import("./types").DeliveryTraits>, "model" | "on" | "atEnd">} Shared */

/** @param {Shared} page */
export function makeRevisions({ model, on, atEnd }) {
  let newest = model.get("revision");
  /** @type {ReturnType<typeof setTimeout>[]} */
  let timers = [];
  function ask(message = {}) {
    try {
      model.send({ kind: "state", ...message });
    } catch {
      // The connection was lost; `check` requests the state again once it is back.
    }
  }
  const stop = () => timers.forEach(clearTimeout);
  on("change:revision", () => {
    const now = model.get("revision");
    if (now !== newest + 1) ask();
    newest = Math.max(newest, now);
  });
  /** Request the state now, and check later whether it was the newest. */
  function check() {
    stop();
    ask();
    timers = LATER.map((wait) => setTimeout(() => ask({ revision: model.get("revision") }), wait));
  }
  atEnd(stop);
  return { check };
}
