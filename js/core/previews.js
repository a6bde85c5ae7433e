// Previews while a slider moves: one request at a time, then the newest value; the last value is always sent.

const PATIENCE = 700; // ms until an unanswered preview is given up

/**
 * `send(value)` requests a preview from the kernel; call `shown()` when one has arrived.
 * @template Value
 * @param {(value: Value) => void} send
 */
export function makePreviews(send) {
  /** @type {{ value: Value } | null} */
  let wanted = null;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null; // set while a request is unanswered
  function next() {
    clearTimeout(timer ?? undefined);
    timer = null;
    if (wanted === null) return;
    const { value } = wanted;
    wanted = null;
    timer = setTimeout(next, PATIENCE);
    send(value);
  }
  return {
    /** @param {Value} value */
    want(value) {
      wanted = { value };
      if (timer === null) next();
    },
    shown: next,
    drop: () => void (wanted = null),
  };
}

/**
 * Handlers of a range input that shows previews while it moves: `moves(value)` is called at each position, `letGo(value)` at the
 * end. `drop` ends the move without a call.
 * @param {{ moves: (value: number) => void, letGo: (value: number) => void }} given
 */
export function makeDrag({ moves, letGo }) {
  /** @type {HTMLInputElement | null} */
  let range = null; // set while it moves
  function end() {
    if (!range) return;
    const value = Number(range.value);
    range = null;
    letGo(value);
  }
  /** @type {import("./dom.js").Attributes} */
  const handlers = {
    oninput: (event) => {
      const moved = /** @type {HTMLInputElement} */ (event.currentTarget);
      range = moved;
      moves(Number(moved.value));
    },
    onchange: end,
    // A slider that returns to its first position fires no change event.
    onpointerup: () => setTimeout(end),
    onpointercancel: () => setTimeout(end),
    onblur: end,
  };
  return { handlers, moving: () => range !== null, drop: () => void (range = null) };
}
