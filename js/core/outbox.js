// Outbox: keeps messages to the kernel that must not get lost until the kernel has handled them.
//
// Each message has a turn, [client, n]. It is kept in the browser's session storage, so it survives a reload of the page. It is
// sent again when the page opens, when the connection returns, and at intervals while no answer arrives. The kernel handles each
// turn once and in order (deliveries.py), so duplicates do no harm.

import { randomName, toBuffer, toText } from "./bytes.js";

const PATIENCE = 5000; // ms until an unanswered message is sent again, doubled each time
const MOST_PATIENCE = 60_000;
const ASK_AGAIN = 300; // ms within which repeated requests of the kernel are answered once

/**
 * A message that waits for the kernel.
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} client
 * @property {number} n turn of the client, from 1
 * @property {import("./types").Message} message
 * @property {ArrayBuffer[]} buffers
 * @property {number} since ms since 1970
 */

/**
 * The part of the Storage interface that the outbox uses.
 * @typedef {object} Store
 * @property {() => string[]} keys
 * @property {(key: string) => string | null} getItem
 * @property {(key: string, value: string) => void} setItem may throw if the store is full
 * @property {(key: string) => void} removeItem
 */

/** @returns {Store} */
export function memoryStore() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return { keys: () => [...kept.keys()], getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
}

/**
 * Session storage, or memory if the page has none.
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
 * The outbox of one page. `post` sends a message directly. `onHandled(ids)` is called with the messages that the kernel has
 * handled, `onWaiting(bool)` with whether messages wait for a connection.
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
  let client = randomName(); // new for each page, so that a duplicated tab is another client
  let sent = 0;
  let full = false; // if true, nothing is stored until all is handled, so that the stored messages have no gaps
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
      full = true; // the message is still sent again, but a reload loses it
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
      if (online()) {
        patience = Math.min(MOST_PATIENCE, 2 * patience);
        resend();
      }
      wait();
    }, patience);
  }
  /**
   * Drop the messages that the kernel has handled: those up to a turn, by client.
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
   * The kernel reports the last turns of a client that it has received and handled; `early`: a turn arrived and its predecessor is lost.
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
   * The kernel no longer knows a client: its messages are sent again under a new client.
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
    handled,
    standing,
    /** Messages that are not handled yet, including those of an earlier page. */
    waiting: () => [...entries],
    /**
     * Send all waiting messages, again and again until they are answered: as the page opens, and when the connection returns, which
     * may lose them once more. What was lost before says nothing about the new connection, so the first interval is short again.
     */
    open() {
      patience = PATIENCE;
      resend();
      wait();
    },
    close: () => clearTimeout(timer),
  };
}
