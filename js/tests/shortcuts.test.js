import assert from "node:assert/strict";
import { test } from "node:test";
import { actionOf, keyNames } from "../core/shortcuts.js";
import { TOOLS, toolNamed } from "../editor/toolbox.js";

const press = (key, modifiers = {}, code = "") => ({ key, code, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...modifiers });

test("the name of a press has its modifiers and its key in lower case, with Command as Ctrl", () => {
  assert.deepEqual(keyNames(press("b")), ["b"]);
  assert.deepEqual(keyNames(press("Z", { metaKey: true, shiftKey: true })), ["Ctrl+Shift+z", "Ctrl+z"]);
  assert.deepEqual(keyNames(press("a", { altKey: true })), ["Alt+a"]);
});

test("Shift and a digit key is found by the key's position if it types no digit, else as the digit", () => {
  assert.deepEqual(keyNames(press("!", { shiftKey: true }, "Digit1")), ["Shift+!", "Shift+Digit1", "!"]);
  assert.deepEqual(keyNames(press("1", { shiftKey: true }, "Digit1")), ["Shift+1", "1"]);
});

test("the most specific name is used first, and a key with Shift alone is found without Shift", () => {
  const table = { h: () => "hide", "Shift+h": () => "solo", "?": () => "help", "Ctrl+z": () => "undo" };
  const result = (...given) => actionOf(press(...given), table)?.();
  assert.equal(result("h"), "hide");
  assert.equal(result("H", { shiftKey: true }), "solo");
  assert.equal(result("?", { shiftKey: true }), "help");
  assert.equal(result("z"), undefined);
  assert.equal(result("z", { ctrlKey: true, altKey: true }), undefined);
});

test("each tool has a unique name, letter and place", () => {
  for (const own of ["name", "key", "place"]) assert.equal(new Set(TOOLS.map((tool) => tool[own])).size, TOOLS.length, own);
  for (const tool of TOOLS) {
    assert.match(tool.key, /^[a-z]$/);
    assert.equal(toolNamed(tool.name), tool);
    for (const text of [tool.label((text) => text), tool.title((text) => text)]) assert.ok(text);
  }
  assert.throws(() => toolNamed("hammer"), /no tool hammer; it has brush, eraser/);
});
