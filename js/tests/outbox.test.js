import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { makeOutbox, memoryStore } from "../core/outbox.js";

let posted, handled, waiting, online, store;

const open = (given = {}) => makeOutbox({
  ident: "widget", store, online: () => online,
  post: (content, buffers) => posted.push({ ...content, buffers }),
  onHandled: (ids) => handled.push(...ids),
  onWaiting: (waits) => waiting.push(waits),
  ...given,
});
const turns = () => posted.map(({ turn }) => turn[1]);

beforeEach(() => {
  [posted, handled, waiting] = [[], [], []];
  online = true;
  store = memoryStore();
});

test("messages are numbered in order and kept until they are handled", () => {
  const outbox = open();
  const ids = ["stroke", "run"].map((kind) => outbox.send({ kind }));
  assert.deepEqual(turns(), [1, 2]);
  assert.deepEqual(posted.map(({ id }) => id), ids);
  outbox.handled({ [posted[0].turn[0]]: 1 });
  assert.deepEqual(handled, ids.slice(0, 1));
  assert.deepEqual(outbox.waiting().map(({ message }) => message.kind), ["run"]);
  outbox.close();
});

test("a reloaded page sends the messages of the previous page, with the same turns and buffers", () => {
  const first = open();
  first.send({ kind: "stroke" }, [new Float32Array([1, 2.5]).buffer]);
  first.send({ kind: "run" });
  first.handled({ [posted[0].turn[0]]: 0 });
  first.close();
  const before = posted.splice(0);
  const second = open();
  second.open();
  assert.deepEqual(posted.map(({ id, turn }) => [id, turn]), before.map(({ id, turn }) => [id, turn]));
  assert.deepEqual([...new Float32Array(posted[0].buffers[0])], [1, 2.5]);
  second.handled({ [before[0].turn[0]]: 2 });
  second.close();
  assert.deepEqual(store.keys(), []);
});

test("a page does not take another widget's messages", () => {
  const other = open({ ident: "other" });
  other.send({ kind: "stroke" });
  other.close();
  const outbox = open();
  assert.deepEqual(outbox.waiting(), []);
  outbox.close();
});

test("an unanswered message is sent again at growing intervals, but not while the connection is lost", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const outbox = open();
    outbox.send({ kind: "stroke" });
    mock.timers.tick(5000);
    assert.equal(posted.length, 2);
    mock.timers.tick(5000);
    assert.equal(posted.length, 2);
    mock.timers.tick(5000);
    assert.equal(posted.length, 3);
    online = false;
    mock.timers.tick(20_000);
    assert.equal(posted.length, 3);
    outbox.handled({ [posted[0].turn[0]]: 1 });
    mock.timers.tick(120_000);
    assert.equal(posted.length, 3);
    outbox.close();
  } finally {
    mock.timers.reset();
  }
});

test("when the connection returns, messages are sent at once, and the first interval is short again", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const outbox = open();
    outbox.send({ kind: "stroke" });
    for (const wait of [5000, 10_000, 20_000]) mock.timers.tick(wait);
    assert.equal(posted.length, 4);
    online = false;
    mock.timers.tick(600_000);
    online = true;
    outbox.open();
    assert.equal(posted.length, 5);
    mock.timers.tick(5000); // what was sent on the return was lost too
    assert.equal(posted.length, 6);
    outbox.close();
  } finally {
    mock.timers.reset();
  }
});

test("a lost connection does not make the intervals longer", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const outbox = open();
    online = false;
    outbox.send({ kind: "stroke" });
    mock.timers.tick(600_000);
    assert.equal(posted.length, 1);
    online = true; // a host that reports no return
    mock.timers.tick(5000);
    assert.equal(posted.length, 2);
    outbox.close();
  } finally {
    mock.timers.reset();
  }
});

test("without a connection the page is notified that messages wait, until they are handled", () => {
  const outbox = open();
  online = false;
  outbox.send({ kind: "stroke" });
  assert.deepEqual(waiting, [true]);
  online = true;
  outbox.handled({ [posted[0].turn[0]]: 1 });
  assert.deepEqual(waiting, [true, false]);
  outbox.close();
});

test("messages after a lost one are sent again on the kernel's request, once for requests in quick succession", () => {
  const outbox = open();
  for (const kind of ["a", "b", "c"]) outbox.send({ kind });
  const client = posted[0].turn[0];
  posted.length = 0;
  outbox.standing({ client, taken: 1, handled: 1, early: true });
  outbox.standing({ client, taken: 1, handled: 1, early: true });
  assert.deepEqual(turns(), [2, 3]);
  outbox.close();
});

test("messages of a client that the kernel no longer knows are sent under a new client, numbered from 1", () => {
  const outbox = open();
  for (const kind of ["a", "b", "c"]) outbox.send({ kind });
  const client = posted[0].turn[0];
  outbox.handled({ [client]: 1 });
  posted.length = 0;
  outbox.standing({ client, taken: 0, handled: 0, early: true });
  assert.deepEqual(turns(), [1, 2]);
  assert.notEqual(posted[0].turn[0], client);
  assert.equal(store.keys().filter((key) => key.includes(client)).length, 0);
  outbox.close();
});

test("with a full store messages are still sent, but a reload loses them", () => {
  let room = 1;
  const outbox = open({ store: { ...store, setItem: (key, value) => {
    if (room-- <= 0) throw new Error("full");
    store.setItem(key, value);
  } } });
  for (const kind of ["a", "b", "c"]) outbox.send({ kind });
  assert.deepEqual(turns(), [1, 2, 3]);
  assert.equal(store.keys().length, 1);
  outbox.close();
});

test("a broken entry of the store is removed", () => {
  store.setItem("editgan-outbox:widget:page:000000001", "{");
  const outbox = open();
  assert.deepEqual(outbox.waiting(), []);
  assert.deepEqual(store.keys(), []);
  outbox.close();
});
