/* Generated from tests/support/fader by `make bundle`; edit the sources. Apache-2.0, see LICENSE. */
// core/icons.js
var icon = (body) => `<svg viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${body}</svg>`;
var ICONS = {
  mirror: icon('<path d="M10 3v14" stroke-dasharray="2 2"/><path d="M7.4 6.2v7.6H2.8z" fill="currentColor"/><path d="M12.6 6.2v7.6h4.6z"/>'),
  pressure: icon('<path d="M13.6 3.2 16.8 6.4 9 14.2l-4 .8.8-4z"/><path d="M3 17.4c2.4-.9 4.6-.9 7 0s4.6.9 7 0"/>'),
  borders: icon('<rect x="3.2" y="3.6" width="13.6" height="12.8" rx="1.4"/><path d="M3.4 12.2c2.6-3.6 5-3.6 6.6-1.6s4 1.6 6.6-2.4"/>'),
  palette: icon('<path d="M10 3.2a6.8 6.8 0 1 0 0 13.6c1.2 0 1.6-.8 1.3-1.7-.4-1.2.2-2.1 1.5-2.1h1.7c1.5 0 2.3-1.1 2.3-2.8 0-4-3-7-6.8-7z"/><g fill="currentColor" stroke="none"><circle cx="6.4" cy="10.4" r="1.1"/><circle cx="8.2" cy="6.9" r="1.1"/><circle cx="12" cy="6.7" r="1.1"/></g>'),
  lock: icon('<rect x="4.6" y="9" width="10.8" height="7.6" rx="1.4"/><path d="M6.8 9V6.8a3.2 3.2 0 0 1 6.4 0V9"/>'),
  eye: icon('<path d="M2.6 10S5.4 5.4 10 5.4 17.4 10 17.4 10 14.6 14.6 10 14.6 2.6 10 2.6 10z"/><circle cx="10" cy="10" r="2.1"/><path class="eg-slash" d="M4 16.4 16 3.6"/>'),
  undo: icon('<path d="M7.5 4 3.8 7.7l3.7 3.7"/><path d="M4 7.7h7.3a4.3 4.3 0 0 1 0 8.6H8"/>'),
  redo: icon('<path d="M12.5 4l3.7 3.7-3.7 3.7"/><path d="M16 7.7H8.7a4.3 4.3 0 0 0 0 8.6H12"/>'),
  run: icon('<path d="M6.5 4.2v11.6l9-5.8z" fill="currentColor"/>'),
  stop: icon('<rect x="5.2" y="5.2" width="9.6" height="9.6" rx="1.2" fill="currentColor"/>'),
  round: icon('<circle cx="10" cy="10" r="5.5" fill="currentColor"/>'),
  square: icon('<rect x="4.8" y="4.8" width="10.4" height="10.4" rx=".6" fill="currentColor"/>'),
  compare: icon('<rect x="3" y="4" width="14" height="12" rx="1.4"/><path d="M10 2.5v15"/><path d="M10 4h5.6c.8 0 1.4.6 1.4 1.4v9.2c0 .8-.6 1.4-1.4 1.4H10z" fill="currentColor" stroke="none" opacity=".45"/>'),
  divide: icon('<path d="M10 2.8v14.4M6.6 6.9 3.5 10l3.1 3.1M13.4 6.9l3.1 3.1-3.1 3.1"/>'),
  save: icon('<path d="M10 3.2v9m0 0 3.4-3.4M10 12.2 6.6 8.8M3.6 13.4v2.2c0 .7.5 1.2 1.2 1.2h10.4c.7 0 1.2-.5 1.2-1.2v-2.2"/>'),
  open: icon('<path d="M3 15.8V4.9c0-.6.4-1 1-1h3.9l1.7 2.2h5.6c.6 0 1 .4 1 1v1.4"/><path d="M3.1 15.9 5.4 9.2c.1-.4.5-.7.9-.7h10.5c.7 0 1.1.6.9 1.2l-1.8 5.5c-.1.4-.5.7-.9.7z"/>'),
  portrait: icon('<circle cx="8.2" cy="7" r="3.3"/><path d="M2.6 16.6c.4-3 2.6-4.8 5.6-4.8s5.2 1.8 5.6 4.8z"/><path d="M15.6 3.6v4.8M13.2 6H18"/>'),
  borrow: icon('<circle cx="12.6" cy="7" r="3.2"/><path d="M7.6 16.4c.4-2.8 2.3-4.4 5-4.4s4.6 1.6 5 4.4z"/><path d="M7.2 6.4H2.6m0 0 2.2-2.2M2.6 6.4l2.2 2.2"/>'),
  photo: icon('<rect x="2.6" y="4" width="14.8" height="12" rx="1.4"/><rect x="6.2" y="6.6" width="5" height="5" rx=".6" fill="currentColor" fill-opacity=".35"/><path d="M2.8 14.4l3.4-2.6M11.4 11.6l2.2-1.6 3.6 3.4"/>'),
  down: icon('<path d="M6 8.2l4 4 4-4"/>'),
  closer: icon('<circle cx="8.8" cy="8.8" r="5.3"/><path d="M12.8 12.8l4 4M6.6 8.8H11M8.8 6.6V11"/>'),
  further: icon('<circle cx="8.8" cy="8.8" r="5.3"/><path d="M12.8 12.8l4 4M6.6 8.8H11"/>'),
  more: icon('<path d="M5 10h.01M10 10h.01M15 10h.01" stroke-width="2.6"/>'),
  close: icon('<path d="M5.5 5.5l9 9m0-9l-9 9"/>'),
  alert: icon('<path d="M10 3.2 17.5 16.3H2.5z"/><path d="M10 8.3v3.7m0 2.1v.1"/>')
};

// core/dom.js
var TAKES_KEYS = ["button", "input", "select", "canvas", "summary"];
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (TAKES_KEYS.includes(tag)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(
    /** @type {Record<string, any>} */
    attributes
  )) {
    if (name === "class") node.className = value;
    else if (name === "html") node.innerHTML = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}
var iconButton = (icon2, title, action, extra = {}) => h("button", { type: "button", class: "eg-button", title, "aria-label": title, html: typeof icon2 === "string" ? ICONS[icon2] : icon2.svg, onclick: action, ...extra });
var textButton = (label, title, action, extraClass = "") => h("button", { type: "button", class: `eg-button eg-text ${extraClass}`.trim(), title, onclick: (event) => event.currentTarget.getAttribute("aria-disabled") !== "true" && action() }, label);
function surface(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return context(canvas, { willReadFrequently: true });
}
function context(canvas, settings = {}) {
  const found = canvas.getContext("2d", settings);
  if (!found) throw new Error("this browser has no 2-D canvas");
  return found;
}

// core/frames.js
var PAINTING_COMES_FIRST = 400;
var MOST_TIMES = 4e3;
function makeFrames({ model, root, tell }, { showFrame, readPicture, took, painting = () => false, previewShown = () => {
} }) {
  const times = [];
  const { dataset } = root;
  const next = (count) => String(Number(count ?? 0) + 1);
  async function show(message, bytes) {
    const late = message.job < model.get("job");
    try {
      if (!late && !message.preview) took(message);
      if (!late) await (message.own ? readPicture() : showFrame(bytes));
    } finally {
      const acknowledge = () => tell({ kind: "ack", seq: message.seq });
      if (painting()) setTimeout(acknowledge, PAINTING_COMES_FIRST);
      else acknowledge();
      if (!late && message.preview) previewShown();
    }
    if (late) return;
    if (message.preview) {
      dataset.previews = next(dataset.previews);
      dataset.previewed = String(performance.now());
      return;
    }
    dataset.frames = next(dataset.frames);
    dataset.step = String(message.step);
    dataset.job = String(message.job);
    if (times.length > MOST_TIMES) times.splice(0, MOST_TIMES / 2);
    times.push({ at: performance.now(), job: message.job, step: message.step });
  }
  return { show, times };
}

// core/layers.js
var ANNOTATIONS = 3;
function makeLayers({ model, atEnd }, { sources, ready, changed }) {
  const width = model.get("width");
  const height = model.get("height");
  let layers = [];
  let mirroring = false;
  function take(canvas) {
    const found = canvas.get("_canvases");
    if (!found || found.length <= ANNOTATIONS || !found[0].ctx) return;
    layers = found;
    const redraw = () => {
      if (mirroring) return;
      mirror();
      changed();
    };
    for (const layer of layers) {
      layer.on("new-frame", redraw);
      atEnd(() => layer.off("new-frame", redraw));
    }
    redraw();
  }
  function mirror(which = [0, 1, 2]) {
    if (!layers.length || !ready()) return;
    mirroring = true;
    for (const i of which) {
      const { ctx } = layers[i];
      ctx.save();
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.clearRect(0, 0, width, height);
      ctx.globalAlpha = i === 1 ? model.get("opacity") ?? 1 : 1;
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(sources[i].canvas, 0, 0, width, height);
      ctx.restore();
      layers[i].syncViews();
    }
    mirroring = false;
  }
  const reference = model.get("canvas");
  if (typeof reference === "string" && reference.startsWith("IPY_MODEL_") && model.widget_manager) {
    model.widget_manager.get_model(reference.slice("IPY_MODEL_".length)).then(take).catch((error) => console.warn("EditGAN: the canvas has no model on this page; its layers are not mirrored", error));
  }
  return {
    mirror: () => mirror(),
    mirrorPicture: () => mirror([0]),
    /** @returns {HTMLCanvasElement | undefined} */
    annotations: () => layers[ANNOTATIONS]?.canvas,
    /** @param {number} i */
    pixels: (i) => layers[i]?.ctx.getImageData(0, 0, width, height).data ?? null
  };
}

// core/bytes.js
function toText(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
var toBuffer = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
var randomName = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;

// core/connection.js
var HELD_PATIENCE = 4e3;
var LOOK_EVERY = 1e3;
function watchConnection({ model, onLost, onBack }) {
  const manager = model.widget_manager;
  const session = manager?.context?.sessionContext;
  const signal = session?.connectionStatusChanged ?? manager?.kernel?.connectionStatusChanged;
  const status = () => session?.session?.kernel?.connectionStatus ?? manager?.kernel?.connectionStatus ?? "disconnected";
  const online = () => !signal || status() === "connected";
  const findWidget = async () => {
    try {
      return await manager?.get_model(model.get("ident"));
    } catch {
      return null;
    }
  };
  let lost = !online();
  function changed() {
    if (!online()) {
      lost = true;
      onLost();
    } else if (lost) {
      lost = false;
      release();
      onBack();
    }
  }
  signal?.connect(changed);
  async function release() {
    const widget = await findWidget();
    for (let i = widget?._pending_msgs ?? 0; i > 0; i--) widget._handle_status?.({ content: { execution_state: "idle" } });
  }
  let heldSince = null;
  async function releaseHeld() {
    const widget = await findWidget();
    const kernel = session?.session?.kernel ?? manager?.kernel;
    const held = widget?._pending_msgs > 0 && widget._msg_buffer !== null && kernel?.status === "idle" && online();
    if (!held) heldSince = null;
    else if (heldSince === null) heldSince = performance.now();
    else if (performance.now() - heldSince > HELD_PATIENCE) {
      heldSince = null;
      release();
    }
  }
  const looking = manager ? setInterval(releaseHeld, LOOK_EVERY) : void 0;
  return {
    online,
    alive: async () => {
      const widget = await findWidget();
      return widget !== null && widget?.comm_live !== false;
    },
    close() {
      clearInterval(looking);
      signal?.disconnect(changed);
    }
  };
}

// core/outbox.js
var PATIENCE = 5e3;
var MOST_PATIENCE = 6e4;
var ASK_AGAIN = 300;
function memoryStore() {
  const kept = /* @__PURE__ */ new Map();
  return { keys: () => [...kept.keys()], getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
}
function pageStore() {
  try {
    const found = window.sessionStorage;
    found.getItem("");
    return { keys: () => Object.keys(found), getItem: (key) => found.getItem(key), setItem: (key, value) => found.setItem(key, value), removeItem: (key) => found.removeItem(key) };
  } catch {
    return memoryStore();
  }
}
function makeOutbox({ ident, store, post, online, onHandled, onWaiting }) {
  const prefix = `editgan-outbox:${ident}:`;
  let client = randomName();
  let sent = 0;
  let full = false;
  let patience = PATIENCE;
  let timer;
  let asked = -ASK_AGAIN;
  let entries = [];
  const keyOf = (entry) => `${prefix}${entry.client}:${String(entry.n).padStart(9, "0")}`;
  for (const key of store.keys().filter((key2) => key2.startsWith(prefix)).sort()) {
    try {
      const entry = JSON.parse(store.getItem(key) ?? "");
      entries.push({ ...entry, buffers: entry.buffers.map(toBuffer) });
    } catch {
      store.removeItem(key);
    }
  }
  entries.sort((a, b) => a.since - b.since || a.n - b.n);
  function postEntry(entry) {
    try {
      post({ ...entry.message, id: entry.id, turn: [entry.client, entry.n] }, entry.buffers);
    } catch (error) {
      console.warn("EditGAN: a message was not sent yet", error);
    }
  }
  function keep(entry) {
    try {
      if (!full) store.setItem(keyOf(entry), JSON.stringify({ ...entry, buffers: entry.buffers.map(toText) }));
    } catch {
      full = true;
    }
  }
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
  function resend(from = null, after = 0) {
    for (const entry of entries) if (!from || entry.client === from && entry.n > after) postEntry(entry);
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
  function standing({ client: from, taken, handled: upTo, early }) {
    handled({ [from]: upTo });
    const first = entries.find((entry) => entry.client === from);
    if (!early || !first || performance.now() - asked < ASK_AGAIN) return;
    asked = performance.now();
    if (first.n > taken + 1) readdress(from);
    else resend(from, taken);
  }
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
    close: () => clearTimeout(timer)
  };
}

// core/own.js
function makeOwnMessages(tell) {
  const hearers = [];
  function own(settled) {
    const open = /* @__PURE__ */ new Map();
    hearers.push((ids) => {
      let done = false;
      for (const [key, waiting] of open) {
        for (const id of ids) waiting.delete(id);
        if (!waiting.size) done = open.delete(key);
      }
      if (done) settled();
    });
    return {
      tell(message, ...keys) {
        const id = tell(message);
        if (id) for (const key of keys.length ? keys : [""]) open.set(key, (open.get(key) ?? /* @__PURE__ */ new Set()).add(id));
        return id;
      },
      waits: (key = "") => open.has(key)
    };
  }
  return { own, handled: (ids) => hearers.forEach((hear) => hear(ids)) };
}

// core/revisions.js
var LATER = [1500, 5e3];
function makeRevisions({ model, on, atEnd }) {
  let newest = model.get("revision");
  let timers = [];
  function ask(message = {}) {
    try {
      model.send({ kind: "state", ...message });
    } catch {
    }
  }
  const stop = () => timers.forEach(clearTimeout);
  on("change:revision", () => {
    const now = model.get("revision");
    if (now !== newest + 1) ask();
    newest = Math.max(newest, now);
  });
  function check() {
    stop();
    ask();
    timers = LATER.map((wait) => setTimeout(() => ask({ revision: model.get("revision") }), wait));
  }
  atEnd(stop);
  return { check };
}

// core/line.js
function makeLine({ model, on, atEnd }, { downloads, passing, onHandled, onWaiting, onSent }) {
  const viewName = randomName();
  const revisions = makeRevisions({ model, on, atEnd });
  const connection = watchConnection({
    model,
    onLost: () => onWaiting(outbox.waiting().length > 0),
    onBack() {
      onWaiting(false);
      revisions.check();
      outbox.open();
    }
  });
  const post = (content, buffers) => model.send(content, void 0, buffers);
  const outbox = makeOutbox({ ident: model.get("ident"), store: pageStore(), post, online: connection.online, onHandled: (ids) => (onHandled(ids), own.handled(ids)), onWaiting });
  const own = makeOwnMessages(tell);
  on("change:handled", () => outbox.handled(model.get("handled")));
  atEnd(outbox.close);
  atEnd(connection.close);
  function pass(content, buffers) {
    try {
      post(content, buffers);
    } catch (error) {
      console.warn("EditGAN: a message was not sent", error);
    }
  }
  function tell(message, buffers) {
    if (message.kind !== "ack") onSent();
    if (downloads.includes(message.kind)) return void pass({ ...message, view: viewName }, buffers);
    if (passing.includes(message.kind) || message.live === true) return void pass(message, buffers);
    return outbox.send(message, buffers);
  }
  function download({ view, type, name }, buffer) {
    if (view !== viewName) return;
    const address = URL.createObjectURL(new Blob([buffer], { type }));
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1e4);
  }
  function open() {
    outbox.handled(model.get("handled"));
    outbox.open();
    if (outbox.waiting().length) onSent();
  }
  const abandon = () => own.handled(outbox.waiting().map(({ id }) => id));
  return { tell, own: own.own, download, open, standing: outbox.standing, waiting: outbox.waiting, abandon, alive: connection.alive };
}

// core/notices.js
function makeNotices({ model, t }, { dismiss }) {
  const icon2 = () => h("span", { class: "eg-box-icon", html: ICONS.alert });
  const errorText = h("span", { class: "eg-box-text" });
  const error = h("div", { class: "eg-box eg-error", role: "alert", hidden: true }, icon2(), errorText, iconButton("close", t("Dismiss this message"), dismiss));
  const noticeText = h("span", { class: "eg-box-text" });
  const notice = h("div", { class: "eg-box eg-notice", role: "alert", hidden: true }, icon2(), noticeText);
  function show(box, line, text) {
    line.textContent = text;
    box.hidden = !text;
  }
  return {
    nodes: [error, notice],
    showError: () => show(error, errorText, model.get("error")),
    showNotice: () => show(notice, noticeText, model.get("notice"))
  };
}

// core/page.js
function makePage(model, root) {
  const endings = [];
  return {
    model,
    root,
    t: (text, values = {}) => (model.get("strings")[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)),
    put(name, value) {
      model.set(name, value);
      model.save_changes();
    },
    on(events, callback) {
      for (const event of [events].flat()) {
        model.on(event, callback);
        endings.push(() => model.off(event, callback));
      }
    },
    listen(target, event, callback, options) {
      target.addEventListener(event, callback, options);
      endings.push(() => target.removeEventListener(event, callback, options));
    },
    atEnd: (ending) => endings.push(ending),
    close() {
      for (const ending of endings) ending();
      root.remove();
    }
  };
}

// core/waiting.js
var SOON_ENOUGH = 2e3;
function makeStatusText({ written, put, waiting, alive, abandoned, gone, t }) {
  let offline = false;
  let note = "";
  let back = 0;
  let timer;
  let closed = false;
  const show = () => void put(offline ? t("The connection is lost. Your changes are kept and sent once it is back.") : note || written());
  function setNote(text) {
    if (text === note) return;
    note = text;
    show();
  }
  function sent() {
    if (!closed) timer ??= setTimeout(look, SOON_ENOUGH);
  }
  async function look() {
    const there = await alive();
    timer = void 0;
    if (closed) return;
    const late = !offline && waiting().some(({ since }) => Date.now() - Math.max(since, back) >= SOON_ENOUGH);
    setNote(!there ? gone : late ? t("The kernel is busy; your changes are waiting for it.") : "");
    if (!there) abandoned();
    if (!there || waiting().length) sent();
  }
  return {
    show,
    sent,
    handled: () => void (waiting().length || setNote("")),
    /** @param {boolean} waits */
    lost(waits) {
      if (offline && !waits) [back, note] = [Date.now(), ""];
      offline = waits;
      show();
      if (waiting().length) sent();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    }
  };
}

// core/live_page.js
var goneText = (t) => t("The kernel was restarted and does not know this widget. Run its cell again.");
function makeLinePage(model, root, { putStatus, busy = () => "", gone = goneText, onHandled, ...given }) {
  const page = makePage(model, root);
  const { t } = page;
  const line = makeLine(
    /** @type {any} */
    page,
    {
      ...given,
      onHandled: (ids) => (onHandled(ids), text.handled()),
      onWaiting: (waits) => text.lost(waits),
      onSent: () => text.sent()
    }
  );
  const text = makeStatusText({
    written: () => model.get("running") && busy(t) || model.get("status"),
    put: putStatus,
    waiting: line.waiting,
    alive: line.alive,
    abandoned: line.abandon,
    gone: gone(t),
    t
  });
  page.atEnd(text.close);
  return {
    ...page,
    line,
    own: line.own,
    showStatus: text.show,
    tell: (
      /** @type {import("./types").Tell<Known>} */
      line.tell
    ),
    put: (
      /** @type {typeof page.put} */
      ((name, value) => {
        page.put(name, value);
        text.sent();
      })
    )
  };
}
function makeStatusPage({ model, el }, { downloads = [], passing = [], busy } = {}) {
  const root = h("div", { class: "eg-root", role: "group", lang: model.get("language") });
  const page = makeLinePage(model, root, {
    downloads,
    passing: ["ack", "dismiss", ...passing],
    busy,
    onHandled: () => {
    },
    putStatus: (text) => void (status.textContent = text)
  });
  const { t, on, line } = page;
  const tell = (
    /** @type {import("./types").Tell<import("./types").Request>} */
    line.tell
  );
  const status = h("div", { class: "eg-status", role: "status" });
  const fill = h("div", { class: "eg-fill" });
  const progress = h("div", { class: "eg-progress", role: "progressbar", "aria-label": t("Progress"), "aria-valuemin": 0 }, fill);
  const stop = textButton(t("Stop"), t("Stop within one step"), () => tell({ kind: "stop" }), "eg-stop");
  const notices = makeNotices(
    /** @type {any} */
    page,
    { dismiss: () => tell({ kind: "dismiss" }) }
  );
  function showProgress({ step = 0, total = 0 }) {
    const running = model.get("running");
    fill.style.transform = `scaleX(${running && total ? step / total : 0})`;
    progress.classList.toggle("eg-busy", running && step === 0);
    progress.setAttribute("aria-valuemax", String(total || 1));
    progress.setAttribute("aria-valuenow", String(running ? step : 0));
  }
  function showStatus() {
    stop.hidden = !model.get("running");
    page.showStatus();
    showProgress(model.get("progress"));
  }
  on(["change:running", "change:status", "change:progress"], showStatus);
  on("change:error", notices.showError);
  on("change:notice", notices.showNotice);
  const received = {
    standing: line.standing,
    download: (message, buffers) => line.download(message, buffers[0])
  };
  on("msg:custom", (message, buffers) => received[message.kind]?.(message, buffers));
  return {
    ...page,
    stop,
    nodes: [progress, ...notices.nodes, status],
    showProgress,
    /** @param {typeof received} handlers */
    receive: (handlers) => void Object.assign(received, handlers),
    open() {
      showStatus();
      notices.showError();
      notices.showNotice();
      el.append(root);
      line.open();
    }
  };
}
function makeLivePage(given, { received = {}, previewShown, ...options } = {}) {
  const page = makeStatusPage(given, options);
  const picture = makePicture(
    /** @type {any} */
    page
  );
  const frames = makeFrames(
    /** @type {any} */
    page,
    { showFrame: picture.showFrame, readPicture: picture.read, took: page.showProgress, previewShown }
  );
  page.receive({ frame: (message, buffers) => frames.show(message, buffers[0]), ...received });
  page.open();
  return { ...page, picture, nodes: [picture.node, ...page.nodes] };
}
function makePicture({ model, on, atEnd }) {
  const [width, height] = [model.get("width"), model.get("height")];
  const shown = surface(width, height);
  const picture = surface(width, height);
  let drawn = false;
  let newest = 0;
  let order = 0;
  const layers = makeLayers({ model, atEnd }, {
    sources: [picture, surface(width, height), surface(width, height)],
    ready: () => drawn,
    changed: draw
  });
  function draw() {
    shown.drawImage(picture.canvas, 0, 0);
    const annotations = layers.annotations();
    if (annotations) shown.drawImage(annotations, 0, 0);
  }
  async function show(bytes) {
    const mine = ++order;
    if (!bytes || bytes.byteLength === 0) return;
    const bitmap = await createImageBitmap(new Blob([bytes]));
    if (mine > newest) {
      newest = mine;
      drawn = true;
      picture.drawImage(bitmap, 0, 0, width, height);
      layers.mirrorPicture();
      draw();
    }
    bitmap.close();
  }
  const read = () => show(model.get("image"));
  on("change:image", read);
  read();
  const node = (
    /** @type {HTMLCanvasElement} */
    shown.canvas
  );
  node.className = "eg-picture";
  return { node, read, showFrame: show };
}

// ../tests/support/fader/main.js
function render(given) {
  const page = makeLivePage(given);
  const { t, tell, model, on } = page;
  page.root.setAttribute("aria-label", t("A colour"));
  const red = textButton(t("Red"), t("Show red"), () => tell({ kind: "set_colour", colour: [255, 0, 0] }));
  const look = textButton(t("Look at green"), t("Show green without keeping it"), () => tell({ kind: "set_colour", colour: [0, 255, 0], live: true }));
  const fade = textButton(t("Fade to blue"), t("Fade to blue in many steps"), () => tell({ kind: "fade", colour: [0, 0, 255], steps: 2e3 }));
  const changes = h("output", { class: "fader-changes" });
  page.root.append(h("div", { class: "eg-bar" }, red, look, fade, page.stop, changes), ...page.nodes);
  const show = () => changes.textContent = t("{count} changes", { count: model.get("changes") });
  on("change:changes", show);
  show();
  return page.close;
}
var main_default = { render };
export {
  main_default as default
};
