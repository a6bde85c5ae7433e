import assert from "node:assert/strict";
import { test } from "node:test";
import { heatColour } from "../explorer/heat.js";
import { cosineText, percent, seedsOf, short, shortened, sortedRows, spread, strengthText, ticks } from "../explorer/numbers.js";

test("cosines have two decimals, and rounding noise is zero without a sign", () => {
  assert.deepEqual([-5.5e-12, -0.0016, 0.047, -0.5, 1, null].map(cosineText), ["0.00", "0.00", "0.05", "\u22120.50", "1.00", "–"]);
  assert.deepEqual([-5.5e-12, 3e-5, 0.0016].map(short), ["0.00", "0.00", "0.0016"]);
});

test("long names end in an ellipsis, and Chinese letters count twice", () => {
  assert.equal(shortened("bigger nose", 17), "bigger nose");
  assert.equal(shortened("beard without bigger nose", 17), "beard without bi…");
  assert.equal(shortened("没有更大鼻子的胡须啊", 17), "没有更大鼻子的胡…");
});

test("numbers are short and have a real minus sign", () => {
  assert.deepEqual([0.0341, 1.253, 12.34, 250.4, -0.5, 0, null].map(short), ["0.034", "1.25", "12.3", "250", "\u22120.50", "0.00", "–"]);
  assert.deepEqual([0, 1, -0.5, 1.25].map(strengthText), ["0", "+1", "\u22120.5", "+1.25"]);
  assert.deepEqual([0, 0.004, 0.5, 1].map(percent), ["0%", "0.4%", "50%", "100%"]);
});

test("ticks are round numbers within the range", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(-1.3, 2.1, 4), [-1, 0, 1, 2]);
  assert.deepEqual(ticks(3, 3), [3]);
});

test("rows without a value come last in both directions", () => {
  const rows = [
    { name: "b", norm: 2, success: null, leakage: 0.3, safe: null },
    { name: "a", norm: 1, success: { value: 0.5 }, leakage: null, safe: null },
    { name: "c", norm: 3, success: { value: 0.9 }, leakage: 0.1, safe: null },
  ];
  const names = (by, descending) => sortedRows(rows, by, descending).map((row) => row.name).join("");
  assert.equal(names("", false), "bac");
  assert.equal(names("vector", false), "abc");
  assert.equal(names("success", true), "cab");
  assert.equal(names("success", false), "acb");
  assert.equal(names("leakage", true), "bca");
});

test("labels keep their order, their distance and the plot", () => {
  const placed = spread([50, 52, 51, 198], 15, 0, 200);
  assert.ok(placed[0] < placed[2] && placed[2] < placed[1] && placed[1] < placed[3]);
  const sorted = [...placed].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) assert.ok(sorted[i] - sorted[i - 1] >= 15 - 1e-9);
  assert.ok(sorted[3] <= 200);
});

test("seeds are whole numbers, each once; anything else is none", () => {
  assert.deepEqual(seedsOf("3, 4;5  3"), [3, 4, 5]);
  assert.deepEqual(seedsOf("1，2、3"), [1, 2, 3]);
  for (const typed of ["", "3, x", "-1", "1.5"]) assert.equal(seedsOf(typed), null);
});

test("small changes are transparent, and larger ones are more opaque", () => {
  const opaque = [0, 0.19, 0.3, 0.6, 1].map((share) => heatColour(share)[3]);
  assert.deepEqual(opaque.slice(0, 2), [0, 0]);
  assert.ok(opaque[2] > 0 && opaque[2] < opaque[3]);
  assert.equal(opaque[3], opaque[4]);
  assert.ok(heatColour(1).every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
});
