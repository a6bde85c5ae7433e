// The rules themselves are compared with Python's in tests/masks/test_echo.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { areaAt, insideOf } from "../core/areas.js";
import { brushEcho, pushEcho } from "../core/echo.js";
import { rasterise } from "../core/raster.js";

const place = { width: 16, height: 8, others: { 0: 0, 1: 2, 2: 1 }, original: () => null };
const stroke = (given) => ({ points: [4, 4], radius: 2, radii: null, shape: "round", label: 1, locked: [], over: [], mirror: false, ...given });
const blank = () => new Uint8Array(16 * 8);

test("the smallest brush covers a pixel at any position", () => {
  for (let x = 0; x < 1; x += 0.1) {
    const hit = [];
    rasterise([4 + x, 4.5], 0.71, "round", 16, 8, (i) => hit.push(i));
    assert.ok(hit.length >= 1, String(x));
  }
});

test("an echo changes only pixels of its box, and marks the painted ones", () => {
  const [target, touched] = [blank(), blank()];
  const { left, top, right, bottom } = brushEcho(place, stroke())(target, touched);
  for (let i = 0; i < target.length; i++) {
    const inBox = i % 16 >= left && i % 16 < right && Math.floor(i / 16) >= top && Math.floor(i / 16) < bottom;
    assert.ok(inBox || target[i] === 0);
    assert.equal(touched[i], Number(target[i] === 1));
  }
});

test("a growing stroke paints the same pixels as the whole stroke at once", () => {
  for (const make of [brushEcho, pushEcho]) {
    const under = blank().map((_, i) => (i % 16 < 6 ? 1 : 0));
    const grown = stroke({ points: [3, 3], radius: 3, mirror: true });
    const target = under.slice();
    const echo = make(place, grown);
    echo(target, blank());
    for (const point of [[6, 4], [9, 6]]) {
      const from = grown.points.length - 2;
      grown.points.push(...point);
      echo(target, blank(), from);
    }
    const whole = under.slice();
    make(place, stroke({ points: [3, 3, 6, 4, 9, 6], radius: 3, mirror: true }))(whole, blank());
    assert.deepEqual(target, whole);
  }
});

test("an eraser without an original label map changes nothing", () => {
  const target = blank().fill(1);
  brushEcho(place, stroke(), true)(target, blank());
  assert.deepEqual(target, blank().fill(1));
});

test("the inside of a self-intersecting line follows the even-odd rule", () => {
  const inside = insideOf([0, 0, 12, 0, 12, 8, 2, 8, 2, 2, 14, 2, 14, 6, 0, 6], 16, 8);
  assert.equal(inside[4 * 16 + 5], 0);
  assert.equal(inside[1 * 16 + 5], 1);
});

test("an area is connected across edges, not across corners", () => {
  const index = blank();
  index[0] = index[17] = 1;
  assert.equal(areaAt(index, 0, 0, false, 16, 8).reduce((sum, bit) => sum + bit), 1);
  assert.equal(areaAt(index, 0, 0, true, 16, 8).reduce((sum, bit) => sum + bit), 2);
});
