import assert from "node:assert/strict";
import { test } from "node:test";
import { makeBrush } from "../editor/brush.js";
import { isLoop } from "../editor/tools/lasso.js";
import { makePolygon } from "../editor/tools/polygon.js";
import { makeModel } from "./support.js";

function polygon() {
  const closed = [];
  return { closed, ...makePolygon({ close: (points) => closed.push(points), reach: () => 2, changed() {} }) };
}

test("a click on the first corner closes a polygon of three corners", () => {
  const { click, closed, corners } = polygon();
  for (const point of [[0, 0], [10, 0], [10, 10], [1, 1]]) click(point);
  assert.deepEqual(closed, [[0, 0, 10, 0, 10, 10]]);
  assert.deepEqual(corners(), []);
});

test("Enter and a double-click close a polygon; the second click of a double-click adds no corner", () => {
  const { click, finish, key, closed } = polygon();
  for (const point of [[0, 0], [10, 0], [10, 10], [10.5, 10]]) click(point);
  finish();
  for (const point of [[0, 0], [10, 0], [10, 10]]) click(point);
  assert.ok(key("Enter"));
  assert.deepEqual(closed, [[0, 0, 10, 0, 10, 10], [0, 0, 10, 0, 10, 10]]);
});

test("a polygon of two corners paints nothing", () => {
  const { click, key, closed } = polygon();
  click([0, 0]);
  click([10, 0]);
  assert.ok(key("Enter"));
  assert.deepEqual(closed, []);
});

test("Backspace and Ctrl+Z remove the last corner, Escape drops the polygon, other keys are not handled", () => {
  const { click, key, corners } = polygon();
  for (const point of [[0, 0], [10, 0], [10, 10]]) click(point);
  assert.ok(key("Backspace"));
  assert.ok(key("Ctrl+z"));
  assert.deepEqual(corners(), [[0, 0]]);
  assert.equal(key("b"), false);
  assert.ok(key("Escape"));
  assert.deepEqual(corners(), []);
  assert.equal(key("Enter"), false);
});

test("a lasso paints only if its line encloses an area", () => {
  assert.ok(isLoop([0, 0, 10, 0, 10, 10]));
  assert.equal(isLoop([0, 0, 10, 10]), false);
  assert.equal(isLoop([0, 0, 10, 0.5, 20, 0]), false);
  assert.equal(isLoop([5, 5, 5.5, 5.2, 5.1, 5.6]), false);
});

test("a pen's pressure scales the brush, down to the thinnest line at 0", () => {
  let pens = 0;
  const brush = makeBrush({ model: makeModel({ size: 20, pressure: true }) }, { penCame: () => pens++ });
  const pen = (pressure) => ({ pointerType: "pen", pressure });
  assert.equal(brush.radius(brush.force(pen(1))), 10);
  assert.equal(brush.radius(brush.force(pen(0.5))), 5);
  assert.equal(brush.radius(brush.force(pen(0))), Math.fround(0.71));
  assert.equal(brush.radius(brush.force(pen(undefined))), 10);
  assert.equal(pens, 4);
  assert.equal(brush.force({ pointerType: "mouse", pressure: 0.5 }), null);
  assert.equal(brush.force(null), null);
});

test("with pressure switched off a pen paints like a mouse", () => {
  const brush = makeBrush({ model: makeModel({ size: 20, pressure: false }) }, { penCame() {} });
  assert.equal(brush.force({ pointerType: "pen", pressure: 0.2 }), null);
});
