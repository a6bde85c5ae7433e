import assert from "node:assert/strict";
import { test } from "node:test";
import { watchConnection } from "../core/connection.js";
import { makeModel, makeSignal } from "./support.js";

function watched({ status = "connected", widget = {}, find = async () => widget } = {}) {
  const heard = [];
  const kernel = { connectionStatus: status, status: "idle" };
  const signal = makeSignal();
  const model = { ...makeModel({ ident: "me" }), widget_manager: { context: { sessionContext: { connectionStatusChanged: signal, session: { kernel } } }, get_model: find } };
  const connection = watchConnection({ model, onLost: () => heard.push("lost"), onBack: () => heard.push("back") });
  const become = (now) => {
    kernel.connectionStatus = now;
    signal.emit();
  };
  return { connection, heard, become, signal };
}

test("loss and return of the connection are reported, and a return only after a loss", () => {
  const { connection, heard, become } = watched();
  become("connected");
  become("connecting");
  assert.equal(connection.online(), false);
  become("connected");
  assert.equal(connection.online(), true);
  assert.deepEqual(heard, ["lost", "back"]);
  connection.close();
});

test("a page that opens without a connection is notified of its return", () => {
  const { connection, heard, become } = watched({ status: "connecting" });
  become("connected");
  assert.deepEqual(heard, ["back"]);
  connection.close();
});

test("a host that does not report its connection counts as connected", async () => {
  const connection = watchConnection({ model: makeModel({ ident: "me" }), onLost: assert.fail, onBack: assert.fail });
  assert.equal(connection.online(), true);
  assert.equal(await connection.alive(), true);
  connection.close();
});

test("a widget whose kernel was restarted is not alive", async () => {
  const { connection } = watched({ widget: { comm_live: false } });
  assert.equal(await connection.alive(), false);
  connection.close();
});

test("a widget that the kernel closed is not alive, and a returning connection raises no error for it", async () => {
  const { connection, become } = watched({
    find: async () => {
      throw new Error("widget model not found");
    },
  });
  become("connecting");
  become("connected");
  await new Promise(setImmediate); // an unhandled rejection would fail the test here
  assert.equal(await connection.alive(), false);
  connection.close();
});

test("changes that ipywidgets holds back for a lost answer are released when the connection returns", async () => {
  const answered = [];
  const { connection, become } = watched({ widget: { _pending_msgs: 2, _handle_status: (message) => answered.push(message) } });
  become("connecting");
  become("connected");
  await new Promise(setImmediate);
  assert.equal(answered.length, 2);
  connection.close();
});

test("a closed page no longer listens", () => {
  const { connection, signal } = watched();
  connection.close();
  assert.equal(signal.slots.size, 0);
});
