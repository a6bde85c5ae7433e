import assert from "node:assert/strict";
import { test } from "node:test";
import { makePairs } from "../editor/tools/drag.js";

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
