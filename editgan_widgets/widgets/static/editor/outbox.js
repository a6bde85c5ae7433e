// Outbox: what was done in the browser and must not be lost, until the kernel has handled it.
//
// Each message has a turn, [client, n]. It is kept in the browser's session storage, so a reload of the page finds it; it is
// sent again when the page opens, when the connection is back, and now and then while no answer comes. The kernel does each
// turn once and in order (widgets/deliveries.py), so to send too often is harmless.

import { randomName } from "./dom.js";

const PATIENCE = 5000; // ms until what was not answered is sent again, twice as long each time
const HELD_PATIENCE = 4000; // ms that an idle kernel may owe ipywidgets an answer
const MOST_PATIENCE = 60_000;

/** Session storage, or a stand-in where the page has none. */
function storage() {
  try {
    const found = window.sessionStorage;
    found.getItem("");
    return found;
  } catch {
    const kept = new Map();
    return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key), keys: () => [...kept.keys()] };
  }
}

const toText = (buffer) => {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
};
const toBuffer = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

/** Make the outbox of one page. `onHandled(ids)` hears what is done with, `onWaiting(bool)` whether the connection is missed,
 *  `onBack()` that it is there again. */
export function makeOutbox({ model, onHandled, onWaiting, onBack }) {
  const store = storage();
  const prefix = `editgan-outbox:${model.get("ident")}:`;
  let client = randomName(); // a new one for each page, so that a tab and its duplicate are two
  let sent = 0;
  let full = false; // nothing more is stored until all is handled, so that what is stored has no gaps
  let patience = PATIENCE;
  let timer = null;
  let manager = null;
  let connection = null;
  let asked = 0; // when the kernel last asked for what it lacks
  let entries = []; // {id, client, n, message, buffers, since}, in order

  const keyOf = (entry) => `${prefix}${entry.client}:${String(entry.n).padStart(9, "0")}`;
  const keys = () => (store.keys ? store.keys() : Object.keys(store)).filter((key) => key.startsWith(prefix)).sort();
  for (const key of keys()) {
    try {
      const entry = JSON.parse(store.getItem(key));
      entries.push({ ...entry, buffers: entry.buffers.map(toBuffer) });
    } catch {
      store.removeItem(key);
    }
  }
  entries.sort((a, b) => a.since - b.since || a.n - b.n);

  function post(entry) {
    try {
      model.send({ ...entry.message, id: entry.id, turn: [entry.client, entry.n] }, undefined, entry.buffers);
    } catch (error) {
      console.warn("EditGAN editor: not sent yet", error);
    }
  }
  function keep(entry) {
    try {
      if (!full) store.setItem(keyOf(entry), JSON.stringify({ ...entry, buffers: entry.buffers.map(toText) }));
    } catch {
      full = true; // it is still sent again, but a reload loses it
    }
  }
  /** Send a message that is to arrive; gives its id. */
  function send(message, buffers = []) {
    const n = ++sent;
    const entry = { id: `${client}-${n}`, client, n, message, buffers, since: Date.now() };
    entries.push(entry);
    keep(entry);
    post(entry);
    wait();
    if (!online()) onWaiting(true);
    return entry.id;
  }
  function resend(from = null, after = 0) {
    for (const entry of entries) if (!from || (entry.client === from && entry.n > after)) post(entry);
  }
  function wait() {
    clearTimeout(timer);
    timer = null;
    if (!entries.length) {
      patience = PATIENCE;
      return;
    }
    timer = setTimeout(() => {
      patience = Math.min(MOST_PATIENCE, 2 * patience);
      if (online()) resend();
      wait();
    }, patience);
  }
  function handled(upTo) {
    const done = entries.filter((entry) => entry.n <= (upTo[entry.client] ?? 0));
    if (!done.length) return;
    entries = entries.filter((entry) => entry.n > (upTo[entry.client] ?? 0));
    for (const entry of done) store.removeItem(keyOf(entry));
    if (!entries.length) full = false;
    patience = PATIENCE;
    wait();
    onHandled(done.map((entry) => entry.id));
    onWaiting(!online() && entries.length > 0);
  }
  /** The kernel tells a client where it stands; `early` where an earlier message was lost on the way. */
  function standing({ client: from, taken, handled: upTo, early }) {
    handled({ [from]: upTo });
    const first = entries.find((entry) => entry.client === from);
    if (!early || !first || performance.now() - asked < 300) return;
    asked = performance.now();
    if (first.n > taken + 1) readdress(from);
    else resend(from, taken);
  }
  /** The kernel no longer knows a client: what it left is sent under a new name. */
  function readdress(from) {
    client = randomName();
    sent = 0;
    for (const entry of entries.filter((other) => other.client === from)) {
      store.removeItem(keyOf(entry));
      entry.client = client;
      entry.n = ++sent;
      keep(entry);
      post(entry);
    }
  }

  /** Whether the kernel that made the editor is still there: one that was restarted knows nothing of it. */
  const alive = async () => (await manager?.get_model(model.get("ident")))?.comm_live !== false;
  const online = () => !connection || connection() === "connected";
  let lost = false;
  function changed() {
    if (!online()) {
      lost = true;
      onWaiting(entries.length > 0);
    } else if (lost) {
      lost = false;
      onWaiting(false);
      unblock();
      onBack();
      resend();
    }
  }
  /** ipywidgets holds a widget's changes back until the kernel has answered the last one; that answer may be lost for good. */
  async function unblock() {
    const widget = await manager?.get_model(model.get("ident"));
    for (let i = widget?._pending_msgs ?? 0; i > 0; i--) widget._handle_status?.({ content: { execution_state: "idle" } });
  }
  /** The same for an answer that was lost without a change of the connection: an idle kernel owes none. */
  let heldSince = null;
  async function lookForHeld() {
    const widget = await manager?.get_model(model.get("ident"));
    const kernel = manager?.context?.sessionContext?.session?.kernel ?? manager?.kernel;
    const held = widget?._pending_msgs > 0 && widget._msg_buffer !== null && kernel?.status === "idle" && online();
    if (!held) heldSince = null;
    else if (heldSince === null) heldSince = performance.now();
    else if (performance.now() - heldSince > HELD_PATIENCE) {
      heldSince = null;
      unblock();
    }
  }
  const looking = setInterval(lookForHeld, 1000);
  const watched = [];
  function watch() {
    manager = model.widget_manager;
    const session = manager?.context?.sessionContext;
    const signal = session?.connectionStatusChanged ?? manager?.kernel?.connectionStatusChanged;
    if (!signal) return;
    connection = () => session?.session?.kernel?.connectionStatus ?? manager.kernel?.connectionStatus ?? "disconnected";
    signal.connect(changed);
    watched.push(() => signal.disconnect(changed));
  }
  watch();
  const onTrait = () => handled(model.get("handled"));
  model.on("change:handled", onTrait);

  return {
    send,
    standing,
    /** What the last page left: told of at the start, then sent. */
    waiting: () => [...entries],
    online,
    alive,
    open() {
      onTrait();
      if (!online()) lost = true;
      resend();
      wait();
    },
    close() {
      clearTimeout(timer);
      clearInterval(looking);
      model.off("change:handled", onTrait);
      for (const stop of watched) stop();
    },
  };
}
