import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, byKey, dragged, placed } from "../editor/frame.js";

const SQUARE = placed([100, 50, 200, 10]);

test("a square is placed by its centre, and sent by its upper left corner", () => {
  assert.deepEqual(SQUARE, { x: 200, y: 150, side: 200, roll: 10 });
  assert.deepEqual(asked(SQUARE), { x: 100, y: 50, side: 200, roll: 10 });
});

test("keys move, scale and turn a square; Shift goes further; other keys do nothing", () => {
  assert.deepEqual(byKey(SQUARE, "ArrowRight", false), { ...SQUARE, x: 204 });
  assert.deepEqual(byKey(SQUARE, "ArrowUp", true), { ...SQUARE, y: 130 });
  assert.equal(byKey(SQUARE, "+", false).side, 210);
  assert.equal(byKey(SQUARE, "]", false).roll, 12);
  assert.equal(byKey(SQUARE, "{", true).roll, 0);
  assert.equal(byKey(SQUARE, "a", false), null);
});

test("dragging the inside moves a square by as much", () => {
  assert.deepEqual(dragged(SQUARE, "move", [10, 10], [30, 5]), { ...SQUARE, x: 220, y: 145 });
});

test("dragging a corner scales a square about its centre, to 16 px at least", () => {
  assert.equal(dragged(SQUARE, "scale", [300, 150], [400, 150]).side, 400);
  assert.equal(dragged(SQUARE, "scale", [300, 150], [200, 150]).side, 16);
});

test("dragging the knob turns a square, by the shorter way", () => {
  assert.equal(Math.round(dragged(SQUARE, "turn", [200, 50], [300, 150]).roll), 100);
  assert.equal(Math.round(dragged({ ...SQUARE, roll: 170 }, "turn", [200, 50], [300, 150]).roll), -100);
});
