import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { MOST_ZOOM, makeViewWindow } from "../core/view_window.js";

let view, own;

beforeEach(() => {
  own = 2;
  view = makeViewWindow({ width: 200, height: 100, actual: () => own, changed() {} });
  view.moveTo(0, 0);
});

test("the whole picture is shown at the start", () => {
  assert.deepEqual(view.seen(), { zoom: 1, left: 0, top: 0, width: 200, height: 100 });
});

test("zooming about a point keeps its position in the view", () => {
  const box = { left: 10, top: 20, width: 400, height: 200 };
  const pointer = { clientX: 110, clientY: 95 };
  const before = view.placeIn(box, pointer);
  view.by(3, before);
  assert.deepEqual(view.placeIn(box, pointer).map(Math.round), before.map(Math.round));
  assert.equal(view.seen().zoom, 3);
});

test("a pointer's position is in picture px, rounded to float32", () => {
  const box = { left: 0, top: 0, width: 300, height: 150 };
  assert.deepEqual(view.placeIn(box, { clientX: 150, clientY: 30 }), [100, 20]);
  const [x] = view.placeIn(box, { clientX: 100.3, clientY: 0 });
  assert.equal(x, Math.fround(x));
});

test("the window never leaves the picture", () => {
  view.to(4);
  view.moveTo(1000, -50);
  assert.deepEqual([view.seen().left, view.seen().top], [150, 0]);
});

test("zoom has limits, and near 1 it becomes 1", () => {
  view.to(1000);
  assert.equal(view.seen().zoom, MOST_ZOOM);
  view.to(0.001);
  assert.equal(view.seen().zoom, 1);
  view.to(1.02);
  view.by(1.01);
  assert.equal(view.seen().zoom, 1);
});

test("a picture smaller than its view is centred at its own size", () => {
  own = 0.5;
  view.to(0.1);
  assert.deepEqual(view.seen(), { zoom: 0.5, left: -100, top: -50, width: 400, height: 200 });
});
