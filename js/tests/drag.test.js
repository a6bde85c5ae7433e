import assert from "node:assert/strict";
import { test } from "node:test";
import { makeOwnMessages } from "../core/own.js";
import { makeDrags, makePairs } from "../editor/tools/drag.js";
import { makeModel } from "./support.js";

const pairsOf = () => makePairs({ width: 32, height: 32, reach: () => 2, changed: () => {} });
/** @param {ReturnType<typeof makePairs>} pairs @param {[number, number]} from @param {[number, number]} to */
function put(pairs, from, to) {
  const held = pairs.take(from);
  held?.move(to);
  held?.release();
}

test("a press and a release make a pair, and a further gesture moves its target", () => {
  const pairs = pairsOf();
  put(pairs, [4, 4], [10, 4]);
  put(pairs, [11, 4], [12, 8]);
  put(pairs, [4, 5], [2, 4]);
  assert.deepEqual(pairs.points(), [[2, 4, 12, 8]]);
});

test("a press without a move makes no pair, and a target stays inside the picture", () => {
  const pairs = pairsOf();
  put(pairs, [4, 4], [4.2, 4]);
  assert.equal(pairs.all().length, 0);
  put(pairs, [4, 4], [99, -5]);
  assert.deepEqual(pairs.points(), [[4, 4, 32, 0]]);
});

test("a cancelled gesture removes a new pair and restores an old target", () => {
  const pairs = pairsOf();
  pairs.take([4, 4])?.cancel();
  assert.equal(pairs.all().length, 0);
  put(pairs, [4, 4], [10, 4]);
  const held = pairs.take([10, 4]);
  held?.move([20, 20]);
  held?.cancel();
  assert.deepEqual(pairs.points(), [[4, 4, 10, 4]]);
});

test("keys move the chosen target, choose the next pair and remove it", () => {
  const pairs = pairsOf();
  assert.equal(pairs.nudge([1, 0]), false);
  put(pairs, [4, 4], [10, 4]);
  put(pairs, [20, 20], [24, 20]);
  pairs.nudge([1, 0]);
  assert.deepEqual(pairs.points()[1], [20, 20, 25, 20]);
  pairs.next();
  pairs.remove();
  assert.deepEqual(pairs.points(), [[20, 20, 25, 20]]);
});

/** The drags of a page; `handle()` is the kernel that has executed the message, `endings` holds what each drag kept. */
function dragsOf() {
  const model = makeModel({ running: false, progress: {} });
  const endings = [];
  const messages = makeOwnMessages(() => "1");
  const drags = makeDrags({ model, on: model.on, own: messages.own }, { moved() {}, ended: (kept) => endings.push(kept) });
  const frame = (figures) => model.listeners.filter(([event]) => event === "msg:custom").forEach(([, hear]) => hear({ kind: "frame", figures }));
  return { model, drags, endings, frame, handle: () => messages.handled(["1"]) };
}

test("a drag ends with whether the run changed the picture, however far its last frame had come", () => {
  for (const kept of [true, false]) {
    const { model, drags, endings, frame, handle } = dragsOf();
    drags.start([[4, 4, 10, 4]], null);
    handle();
    frame({ reached: 0.3 });
    assert.equal(drags.share(), 0.3);
    model.set("progress", { step: 22, total: 22, figures: { reached: 0.3 }, kept });
    assert.deepEqual(endings, [kept]);
    assert.equal(drags.share(), 0);
  }
});

test("the end of an earlier drag, or of an edit, does not end the drag that waits for the kernel", () => {
  const { model, drags, endings, frame, handle } = dragsOf();
  drags.start([[4, 4, 10, 4]], null);
  frame({ reached: 0.9 });
  model.set("progress", { step: 22, total: 22, figures: { reached: 0.9 }, kept: true });
  assert.deepEqual([drags.share(), endings], [0, []]);
  handle();
  model.set("progress", { step: 3, total: 30, figures: { iou: 0.5 }, kept: true });
  assert.deepEqual(endings, []);
  model.set("progress", { step: 9, total: 22, figures: { reached: 0.2 }, kept: true });
  assert.deepEqual(endings, [true]);
});
