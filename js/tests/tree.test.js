import assert from "node:assert/strict";
import { test } from "node:test";
import { changed } from "../core/history.js";
import { neighbour, treePlaces } from "../core/tree.js";

const places = (...pairs) => Object.fromEntries([...treePlaces(pairs.map(([id, parent]) => ({ id, parent })))].map(([id, { column, row }]) => [id, [column, row]]));

test("a history without branches is one row", () => {
  assert.deepEqual(places([0, null], [1, 0], [2, 1]), { 0: [0, 0], 1: [1, 0], 2: [2, 0] });
});

test("the first child is in its parent's row, the others are in new rows below", () => {
  assert.deepEqual(places([0, null], [1, 0], [2, 1], [3, 1], [4, 0]), { 0: [0, 0], 1: [1, 0], 2: [2, 0], 3: [2, 1], 4: [1, 2] });
});

test("all nodes have different places", () => {
  const pairs = Array.from({ length: 200 }, (_, id) => [id, id ? (id * 7919) % id : null]);
  const found = Object.values(places(...pairs)).map(String);
  assert.equal(new Set(found).size, 200);
});

test("a node whose parent is missing is a root", () => {
  assert.deepEqual(places([5, 2], [6, 5], [9, 3]), { 5: [0, 0], 6: [1, 0], 9: [0, 1] });
});

test("an arrow key leads to the nearest node in its direction, or nowhere", () => {
  const tree = treePlaces([[0, null], [1, 0], [2, 1], [3, 1]].map(([id, parent]) => ({ id, parent })));
  assert.equal(neighbour(tree, 1, [1, 0]), 2);
  assert.equal(neighbour(tree, 2, [0, 1]), 3);
  assert.equal(neighbour(tree, 3, [-1, 0]), 1);
  assert.equal(neighbour(tree, 0, [0, -1]), undefined);
  assert.equal(neighbour(tree, 7, [1, 0]), undefined);
});

test("a change of the history replaces, adds and removes entries and keeps the order", () => {
  const entry = (/** @type {number} */ id, name = "") => ({ id, parent: id ? id - 1 : null, name, at: 0 });
  const after = changed([entry(0), entry(1), entry(2)], { nodes: [entry(3), entry(1, "new")], gone: [2] });
  assert.deepEqual(after.map(({ id, name }) => [id, name]), [[0, ""], [1, "new"], [3, ""]]);
});
