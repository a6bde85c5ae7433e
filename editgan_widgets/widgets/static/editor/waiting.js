// A note in the status while strokes wait for a kernel that is busy with a cell.

const SOON_ENOUGH = 2000; // ms

/** `watch(isWaiting)` shows the note if that is still true after a while; `check()` takes it back once nothing waits. */
export function makeWaitingNote({ status, written, waits, alive, t }) {
  let noted = false;
  return {
    watch(isWaiting) {
      setTimeout(async () => {
        const there = await alive();
        if (!isWaiting()) return;
        noted = true;
        status.textContent = there ? t("The kernel is busy; the stroke waits for it.") : t("The kernel was restarted and knows nothing of this editor. Editor.restore() in a new cell brings it back.");
      }, SOON_ENOUGH);
    },
    check() {
      if (!noted || waits()) return;
      noted = false;
      status.textContent = written(); // the same as before is no news from the kernel
    },
  };
}
