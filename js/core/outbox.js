// Outbox: messages to the kernel that must not get lost, kept until the kernel has handled them.
//
// Each message has a turn, [client, n]. It is kept in the browser's session storage, so it survives a reload of the page. It is
// sent again when the page opens, when the connection returns, and now and then while no answer comes. The kernel handles each turn
// once and in order (deliveries.py), so sending too often does no harm.

import { randomName, toBuffer, toText } from "./bytes.js";

const PATIENCE = 5000; // ms until an unanswered message is sent again, twice as long each time
const MOST_PATIENCE = 60_000;
const ASK_AGAIN = 300; // ms within which a second request of the kernel is taken for the same one

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} client
 * @property {number} n turn of the client, from 1
 * @property {import("./types").Message} message
 * @property {ArrayBuffer[]} buffers
 * @property {number} since ms since 1970
 */

/**
 * What the outbox needs of session storage.
 * @typedef {object} Store
 * @property {() => string[]} keys
 * @property {(key: string) => string | null} getItem
 * @property {(key: string, value: string) => void} setItem may throw where the store is full
 * @property {(key: string) => void} removeItem
 */

/** @returns {Store} */
export function memoryStore() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return { keys: () => [...kept.keys()], getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
}

/**
 * Session storage, or memory where the page has none.
 * @returns {Store}
 */
export function pageStore() {
  try {
    const found = window.sessionStorage;
    found.getItem("");
    return { keys: () => Object.keys(found), getItem: (key) => found.getItem(key), setItem: (key, value) => found.setItem(key, value), removeItem: (key) => found.removeItem(key) };
  } catch {
    return memoryStore();
  }
}

/**
 * The outbox of one page. `post` sends a message at once. `onHandled(ids)` hears which messages the kernel has handled,
 * `onWaiting(bool)` whether messages wait for a connection.
 * @param {object} given
 * @param {string} given.ident the widget's id: entries are stored under it
 * @param {Store} given.store
 * @param {(content: object, buffers: ArrayBuffer[]) => void} given.post
 * @param {() => boolean} given.online
 * @param {(ids: string[]) => void} given.onHandled
 * @param {(waits: boolean) => void} given.onWaiting
 */
export function makeOutbox({ ident, store, post, online, onHandled, onWaiting }) {
  const prefix = `editgan-outbox:${ident}:`;
  let client = randomName(); // a new one for each page, so that a tab and its duplicate are two
  let sent = 0;
  let full = false; // nothing more is stored until all is handled, so that the stored messages have no gaps
  let patience = PATIENCE;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asked = -ASK_AGAIN; // when the kernel last asked for missing messages
  /** @type {Entry[]} */
  let entries = []; // in the order of sending

  /** @param {Entry} entry */
  const keyOf = (entry) => `${prefix}${entry.client}:${String(entry.n).padStart(9, "0")}`;
  for (const key of store.keys().filter((key) => key.startsWith(prefix)).sort()) {
    try {
      const entry = JSON.parse(store.getItem(key) ?? "");
      entries.push({ ...entry, buffers: entry.buffers.map(toBuffer) });
    } catch {
      store.removeItem(key);
    }
  }
  entries.sort((a, b) => a.since - b.since || a.n - b.n);

  /** @param {Entry} entry */
  function postEntry(entry) {
    try {
      post({ ...entry.message, id: entry.id, turn: [entry.client, entry.n] }, entry.buffers);
    } catch (error) {
      console.warn("EditGAN: a message was not sent yet", error);
    }
  }
  /** @param {Entry} entry */
  function keep(entry) {
    try {
      if (!full) store.setItem(keyOf(entry), JSON.stringify({ ...entry, buffers: entry.buffers.map(toText) }));
    } catch {
      full = true; // still sent again, but lost by a reload
    }
  }
  /**
   * Send a message that must arrive; returns its id.
   * @param {import("./types").Message} message
   * @param {ArrayBuffer[]} buffers
   */
  function send(message, buffers = []) {
    const n = ++sent;
    const entry = { id: `${client}-${n}`, client, n, message, buffers, since: Date.now() };
    entries.push(entry);
    keep(entry);
    postEntry(entry);
    wait();
    if (!online()) onWaiting(true);
    return entry.id;
  }
  /**
   * Send again: all messages, or those of one client after its turn `after`.
   * @param {string | null} from
   * @param {number} after
   */
  function resend(from = null, after = 0) {
    for (const entry of entries) if (!from || (entry.client === from && entry.n > after)) postEntry(entry);
  }
  function wait() {
    clearTimeout(timer);
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
  /**
   * Drop the messages that the kernel has handled: of each client those up to a turn.
   * @param {Record<string, number>} upTo
   */
  function handled(upTo) {
    const done = entries.filter((entry) => entry.n <= (upTo[entry.client] ?? 0));
    if (!done.length) return;
    entries = entries.filter((entry) => !done.includes(entry));
    for (const entry of done) store.removeItem(keyOf(entry));
    if (!entries.length) full = false;
    patience = PATIENCE;
    wait();
    onHandled(done.map((entry) => entry.id));
    onWaiting(!online() && entries.length > 0);
  }
  /**
   * The kernel tells which turns of a client it has taken and handled; `early`: a turn came before its predecessor, which got lost.
   * @param {{ client: string, taken: number, handled: number, early: boolean }} message
   */
  function standing({ client: from, taken, handled: upTo, early }) {
    handled({ [from]: upTo });
    const first = entries.find((entry) => entry.client === from);
    if (!early || !first || performance.now() - asked < ASK_AGAIN) return;
    asked = performance.now();
    if (first.n > taken + 1) readdress(from);
    else resend(from, taken);
  }
  /**
   * The kernel no longer knows a client: its messages are sent as those of a new one.
   * @param {string} from
   */
  function readdress(from) {
    client = randomName();
    sent = 0;
    for (const entry of entries.filter((other) => other.client === from)) {
      store.removeItem(keyOf(entry));
      entry.client = client;
      entry.n = ++sent;
      keep(entry);
      postEntry(entry);
    }
  }

  return {
    send,
    resend,
    handled,
    standing,
    /** Messages that are not handled yet; at the start, those that an earlier page left. */
    waiting: () => [...entries],
    /** Send everything that waits, and again while no answer comes. */
    open() {
      resend();
      wait();
    },
    close: () => clearTimeout(timer),
  };
}
