// Previews of a slider that moves: one on its way at a time, the newest next, the last position always sent.

/** `send(value)` asks the kernel for a preview; call `shown()` when one has come back. One that does not is given up. */
export function makePreviews(send) {
  let wanted = null;
  let sent = 0;
  function next() {
    if (wanted === null) {
      sent = 0;
      return;
    }
    sent = performance.now();
    const value = wanted;
    wanted = null;
    send(value);
  }
  return {
    want(value) {
      wanted = value;
      if (performance.now() - sent > 700) next();
    },
    shown: next,
    drop: () => (wanted = null),
  };
}
