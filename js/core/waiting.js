// The text of the status line: the kernel's own status, or a note that what the user changed waits for a connection, for a kernel that
// is busy with a cell, or for one that was restarted and will not answer.

const SOON_ENOUGH = 2000; // ms

/**
 * Call `sent()` after each message or trait that the user's action has sent, `handled()` when the kernel has handled messages,
 * `lost(waits)` when the connection is lost (with whether messages wait for it) or back, and `show()` when the kernel's status changes.
 * @param {object} given
 * @param {() => string} given.written the kernel's own status
 * @param {(text: string) => unknown} given.put
 * @param {() => Pick<import("./outbox.js").Entry, "since">[]} given.waiting messages that the kernel has not handled
 * @param {() => Promise<boolean>} given.alive whether the kernel still has this widget
 * @param {() => unknown} given.abandoned called when it has not: controls that wait for it return to the kernel's last values
 * @param {string} given.gone note for a kernel that was restarted
 * @param {import("./types").Translate} given.t
 */
export function makeStatusText({ written, put, waiting, alive, abandoned, gone, t }) {
  let offline = false;
  let note = "";
  let back = 0; // when the connection returned, ms since 1970; messages sent before it are sent again then
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let closed = false;
  const show = () => void put(offline ? t("The connection is lost. Your changes are kept and sent once it is back.") : note || written());
  /** @param {string} text */
  function setNote(text) {
    if (text === note) return;
    note = text;
    show(); // also without a note: the kernel sends no change if its status is the same as before
  }
  function sent() {
    if (!closed) timer ??= setTimeout(look, SOON_ENOUGH);
  }
  async function look() {
    const there = await alive();
    timer = undefined;
    if (closed) return;
    const late = !offline && waiting().some(({ since }) => Date.now() - Math.max(since, back) >= SOON_ENOUGH);
    setNote(!there ? gone : late ? t("The kernel is busy; your changes are waiting for it.") : "");
    if (!there) abandoned();
    if (!there || waiting().length) sent();
  }
  return {
    show,
    sent,
    handled: () => void (waiting().length || setNote("")),
    /** @param {boolean} waits */
    lost(waits) {
      if (offline && !waits) [back, note] = [Date.now(), ""];
      offline = waits;
      show();
      if (waiting().length) sent();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
