// A note in the status line while strokes wait for a kernel that is busy with a cell.

const SOON_ENOUGH = 2000; // ms

/**
 * `watch(isWaiting)` shows the note if that is still true after `SOON_ENOUGH`; `check()` removes it once nothing waits.
 * @param {object} given
 * @param {HTMLElement} given.status
 * @param {() => string} given.written the kernel's own status
 * @param {() => boolean} given.waits
 * @param {() => Promise<boolean>} given.alive
 * @param {import("./types").Translate} given.t
 */
export function makeWaitingNote({ status, written, waits, alive, t }) {
  let noted = false;
  return {
    /** @param {() => boolean} isWaiting */
    watch(isWaiting) {
      setTimeout(async () => {
        const there = await alive();
        if (!isWaiting()) return;
        noted = true;
        status.textContent = there ? t("The kernel is busy; the stroke is waiting for it.") : t("The kernel was restarted and does not know this editor. Run Editor.restore() in a new cell to bring it back.");
      }, SOON_ENOUGH);
    },
    check() {
      if (!noted || waits()) return;
      noted = false;
      status.textContent = written(); // the kernel sends no change if its status is the same as before
    },
  };
}
