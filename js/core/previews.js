// Previews of a slider that moves: one request at a time, the newest value next, the last value always sent.

const PATIENCE = 700; // ms until a preview that did not return is given up

/**
 * `send(value)` asks the kernel for a preview; call `shown()` when one has returned.
 * @template Value
 * @param {(value: Value) => void} send
 */
export function makePreviews(send) {
  /** @type {{ value: Value } | null} */
  let wanted = null;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null; // while a request is on its way
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
 * Handlers of a range input that shows previews while it moves: `moves(value)` at each place, `letGo(value)` at the end. `drop`
 * forgets that it moves.
 * @param {{ moves: (value: number) => void, letGo: (value: number) => void }} given
 */
export function makeDrag({ moves, letGo }) {
  /** @type {HTMLInputElement | null} */
  let range = null; // while it moves
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
    // A slider that returns to where it began fires no change event.
    onpointerup: () => setTimeout(end),
    onpointercancel: () => setTimeout(end),
    onblur: end,
  };
  return { handlers, moving: () => range !== null, drop: () => void (range = null) };
}
