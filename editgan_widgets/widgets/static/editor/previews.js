// Previews of a slider that moves: one on its way at a time, the newest next, the last position always sent.

const PREVIEW_PATIENCE = 700; // ms until a preview that did not come back is given up

/** `send(value)` asks the kernel for a preview; call `shown()` when one has come back. */
export function makePreviews(send) {
  let wanted = null;
  let timer = null; // while one is on its way
  function next() {
    clearTimeout(timer);
    timer = null;
    if (wanted === null) return;
    const value = wanted;
    wanted = null;
    timer = setTimeout(next, PREVIEW_PATIENCE);
    send(value);
  }
  return {
    want(value) {
      wanted = value;
      if (timer === null) next();
    },
    shown: next,
    drop: () => (wanted = null),
  };
}

/**
 * A range that shows previews while it moves: `moves(value)` at each place, `letGo(value)` once it is let go. `handlers` are the
 * range's own; `drop` forgets that it moves.
 */
export function makeDrag({ moves, letGo }) {
  let range = null; // while it moves
  function end() {
    if (!range) return;
    const value = Number(range.value);
    range = null;
    letGo(value);
  }
  const handlers = {
    oninput: (event) => {
      range = event.currentTarget;
      moves(Number(range.value));
    },
    onchange: end,
    // A slider that comes back to where it began sends no change.
    onpointerup: () => setTimeout(end),
    onpointercancel: () => setTimeout(end),
    onblur: end,
  };
  return { handlers, moving: () => range !== null, drop: () => (range = null) };
}
