import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { makeRevisions } from "../core/revisions.js";
import { makeModel } from "./support.js";

let model, revisions, end;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  model = makeModel({ revision: 3 });
  const endings = [];
  end = () => endings.forEach((ending) => ending());
  revisions = makeRevisions({ model, on: (event, callback) => model.on(event, callback), atEnd: (ending) => endings.push(ending) });
});
afterEach(() => mock.timers.reset());

test("a page that gets each revision requests nothing", () => {
  for (const revision of [4, 5, 6]) model.set("revision", revision);
  assert.deepEqual(model.sent, []);
});

test("a page that misses a revision, or is set back to an older one, requests the state", () => {
  model.set("revision", 5);
  assert.deepEqual(model.sent, [{ kind: "state" }]);
  model.set("revision", 4);
  assert.equal(model.sent.length, 2);
  model.set("revision", 6);
  assert.equal(model.sent.length, 2);
});

test("after a lost connection the page requests the state at once, and checks twice later whether it is the newest", () => {
  revisions.check();
  mock.timers.tick(6000);
  assert.deepEqual(model.sent, [{ kind: "state" }, { kind: "state", revision: 3 }, { kind: "state", revision: 3 }]);
});

test("a closed page requests nothing", () => {
  revisions.check();
  end();
  mock.timers.tick(6000);
  assert.equal(model.sent.length, 1);
});

test("a request that meets a lost connection throws nothing; the next check requests the state", () => {
  const send = model.send;
  model.send = () => {
    throw new Error("Cannot send");
  };
  revisions.check();
  mock.timers.tick(6000);
  assert.deepEqual(model.sent, []);
  model.send = send;
  revisions.check();
  assert.equal(model.sent.length, 1);
});
