import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { makeStatusText } from "../core/waiting.js";

/** The status line of a page, with messages that the kernel has not handled. */
function makeLine() {
  const line = { shown: "", status: "Painted.", waiting: [], there: true, abandoned: 0 };
  const text = makeStatusText({
    written: () => line.status,
    put: (shown) => (line.shown = shown),
    waiting: () => line.waiting,
    alive: async () => line.there,
    abandoned: () => line.abandoned++,
    gone: "gone",
    t: (name) => name,
  });
  return {
    line, ...text,
    send() {
      line.waiting.push({ since: Date.now() });
      text.sent();
    },
    handle() {
      line.waiting.length = 0;
      text.handled();
    },
    async pass(ms) {
      mock.timers.tick(ms);
      for (let i = 0; i < 4; i++) await Promise.resolve();
    },
  };
}
const BUSY = "The kernel is busy; your changes are waiting for it.";
const withTimers = (name, body) => test(name, async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    await body(makeLine());
  } finally {
    mock.timers.reset();
  }
});

withTimers("whatever waits for a busy kernel is said so after two seconds, and no longer once it is handled", async ({ line, send, pass, handle, show }) => {
  show();
  send();
  await pass(1900);
  assert.equal(line.shown, "Painted.");
  await pass(200);
  assert.equal(line.shown, BUSY);
  line.status = "Editing";
  show();
  assert.equal(line.shown, BUSY);
  handle();
  assert.equal(line.shown, "Editing");
});

withTimers("a kernel that answers is never called busy, however many messages follow each other", async ({ line, send, pass, handle, show }) => {
  show();
  for (let i = 0; i < 8; i++) {
    send();
    await pass(700);
    handle();
  }
  send();
  await pass(700);
  assert.equal(line.shown, "Painted.");
});

withTimers("a kernel that was restarted is said so, and controls return to its last values each time they are used", async ({ line, send, sent, pass, show }) => {
  show();
  line.there = false;
  send();
  await pass(2000);
  assert.deepEqual([line.shown, line.abandoned], ["gone", 1]);
  sent();
  await pass(2000);
  assert.deepEqual([line.shown, line.abandoned], ["gone", 2]);
});

withTimers("a trait that a restarted kernel never reads is noticed too", async ({ line, sent, pass }) => {
  line.there = false;
  sent();
  await pass(2000);
  assert.equal(line.shown, "gone");
  line.there = true;
  await pass(2000);
  assert.equal(line.shown, "Painted.");
});

withTimers("a lost connection is said so instead, and its messages have two more seconds once it is back", async ({ line, send, pass, lost }) => {
  send();
  lost(true);
  await pass(4000);
  assert.match(line.shown, /^The connection is lost/);
  lost(false);
  assert.equal(line.shown, "Painted.");
  await pass(1000);
  assert.equal(line.shown, "Painted.");
  await pass(3000);
  assert.equal(line.shown, BUSY);
});

withTimers("a closed page looks no more", async ({ line, send, pass, close }) => {
  send();
  close();
  await pass(9000);
  assert.equal(line.shown, "");
});
