/* Generated from js/explorer by `make bundle`; edit the sources. Apache-2.0, see LICENSE. */
// core/bytes.js
async function inflate(packed) {
  if (!packed || packed.byteLength === 0) return null;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
function toText(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
var toBuffer = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
var randomName = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;

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
var setUsable = (button, usable) => button.setAttribute("aria-disabled", String(!usable));
var setPressed = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));
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
function handled(event) {
  event.preventDefault();
  event.stopPropagation();
}

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
  function handled2(upTo) {
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
    handled2({ [from]: upTo });
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
    handled: handled2,
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
function makeFieldText(input) {
  let last = input.value;
  return {
    /** @param {string} text */
    show(text) {
      if (input.ownerDocument.activeElement === /** @type {unknown} */
      input && input.value !== last) return;
      last = text;
      if (input.value !== text) input.value = text;
    },
    took: () => void (last = input.value)
  };
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

// explorer/card.js
function makeCard({ t, tell }, title, result, extraClass = "") {
  const count = h("span", { class: "ex-count" });
  const csv = textButton("CSV", t("Download the table of {title} as CSV", { title }), () => tell({ kind: "download", result, form: "csv" }), "ex-small");
  const png = textButton("PNG", t("Download the figure of {title} as PNG", { title }), () => tell({ kind: "download", result, form: "png" }), "ex-small");
  for (const button of [csv, png]) button.setAttribute("aria-label", button.title);
  const body = h("div", { class: "ex-body" });
  const sentence = h("p", { class: "eg-quiet ex-sentence", lang: "en" });
  const node = h(
    "section",
    { class: `ex-card ${extraClass}`.trim(), "aria-label": title },
    h("header", { class: "ex-head" }, h("h3", {}, title), count, h("span", { class: "ex-files" }, csv, png)),
    body,
    sentence
  );
  return {
    node,
    body,
    /** @param {{ sentence: string, basis: string, n: number | null } | undefined} view @param {...Node} nodes */
    show(view, ...nodes) {
      count.textContent = view?.n ? t("n = {n}", { n: view.n }) : "";
      count.title = view?.basis ?? "";
      sentence.textContent = view?.sentence ?? "";
      setUsable(csv, Boolean(view));
      setUsable(png, Boolean(view));
      if (nodes.length) body.replaceChildren(...nodes);
    }
  };
}

// explorer/chosen.js
function makeChosen({ model, own }, { changed }) {
  const sent = own(changed);
  let asked = { name: "", second: null };
  const name = () => sent.waits() ? asked.name : model.get("chosen");
  const second = () => sent.waits() ? asked.second ?? "" : model.get("second");
  function choose(wanted, beside = null) {
    asked = { name: wanted, second: beside };
    sent.tell({ kind: "choose", ...asked });
    changed();
  }
  return {
    name,
    second,
    choose,
    /** Compare a vector with the chosen one, or no longer. @param {string} other */
    compare(other) {
      if (other !== name()) choose(name(), second() === other ? null : other);
    }
  };
}

// explorer/numbers.js
function short(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size < 1e-4) return "0.00";
  if (size >= 100) return signed(value.toFixed(0));
  if (size >= 10) return signed(value.toFixed(1));
  if (size >= 0.1) return signed(value.toFixed(2));
  return signed(value.toPrecision(2));
}
var signed = (text) => text.replace("-", "−");
var cosineText = (value) => value === null ? "–" : signed((Math.round(100 * value) / 100 || 0).toFixed(2));
function shortened(text, most) {
  const letters = [...text];
  const width = (some) => some.reduce((sum, letter) => sum + (letter > "⺀" ? 2 : 1), 0);
  if (width(letters) <= most) return text;
  while (width(letters) > most - 1) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}
var tickText = (value) => signed(String(value));
var strengthText = (value) => Math.abs(value) < 5e-3 ? "0" : (value > 0 ? "+" : "−") + Number(Math.abs(value).toFixed(2));
var percent = (share) => share > 0 && share < 0.095 ? `${Number((100 * share).toPrecision(1))}%` : `${Math.round(100 * share)}%`;
function ticks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999) ?? 10 * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}
function sortedRows(rows, by, descending) {
  if (!by) return rows;
  const value = (row) => by === "vector" ? row.name : by === "success" || by === "safe" ? row[by]?.value ?? null : row[by];
  const sign = descending ? -1 : 1;
  return [...rows].sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === "string" || typeof b === "string") return sign * String(a).localeCompare(String(b));
    return sign * (a - b);
  });
}
function spread(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = order.map((i) => Math.max(low, wanted[i]));
  for (let k = 1; k < placed.length; k++) placed[k] = Math.max(placed[k], placed[k - 1] + gap);
  let most = high;
  for (let k = placed.length - 1; k >= 0; k--) {
    placed[k] = Math.min(placed[k], most);
    most = placed[k] - gap;
  }
  const found = new Array(wanted.length);
  order.forEach((i, k) => found[i] = placed[k]);
  return found;
}
function seedsOf(typed) {
  const words = typed.split(/[\s,;，、]+/).filter(Boolean);
  if (!words.length || !words.every((word) => /^\d{1,15}$/.test(word))) return null;
  return [...new Set(words.map(Number))];
}

// explorer/charts.js
var SVG = "http://www.w3.org/2000/svg";
function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}
var plot = (name, width, height, ...children) => s("svg", { class: "ex-plot", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name }, ...children);
var spoken = (attribute) => attribute.replaceAll("_", " ");
function curvePlot(curves, { name, target, strength, x, y }) {
  const [width, height, left, right, top, bottom] = [460, 250, 62, 112, 12, 36];
  const strengths = curves[0].strengths;
  const values = curves.flatMap((curve) => [...curve.mean, ...curve.attribute === target ? [...curve.low, ...curve.high] : []]).filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = 0.06 * (high - low || 1);
  const [from, to] = [strengths[0], strengths[strengths.length - 1]];
  const px = (at) => left + (at - from) / (to - from) * (width - left - right);
  const py = (at) => height - bottom - (at - low + margin) / (high - low + 2 * margin) * (height - top - bottom);
  const axis = ticks(low - margin, high + margin, 5).flatMap((at) => [
    s("line", { class: at === 0 ? "ex-zero" : "ex-guide", x1: left, x2: width - right, y1: py(at), y2: py(at) }),
    s("text", { class: "ex-tick", x: left - 6, y: py(at) + 4, "text-anchor": "end" }, tickText(at))
  ]);
  const below = strengths.map((at) => s("text", { class: "ex-tick", x: px(at), y: height - bottom + 16, "text-anchor": "middle" }, strengthText(at)));
  const labels = spread(curves.map((curve) => py(curve.mean[curve.mean.length - 1] ?? 0)), 15, top + 4, height - bottom - 2);
  const now = strength >= from && strength <= to ? [s("line", { class: "ex-now", x1: px(strength), x2: px(strength), y1: top, y2: height - bottom })] : [];
  const lines = curves.map((curve, i) => {
    const main = curve.attribute === target;
    const points = strengths.map((at, k) => `${px(at)},${py(curve.mean[k] ?? 0)}`);
    const band = main && curve.low.every((value) => value !== null) ? [s("path", { class: "ex-band", d: bandPath(strengths, curve, px, py) })] : [];
    return s(
      "g",
      { class: `ex-line ex-colour-${i % 6}${main ? " ex-main" : ""}` },
      ...band,
      s("polyline", { points: points.join(" ") }),
      ...strengths.map((at, k) => s("circle", { cx: px(at), cy: py(curve.mean[k] ?? 0), r: main ? 3 : 2 }, s("title", {}, `${spoken(curve.attribute)}, ${strengthText(at)}: ${short(curve.mean[k])}`))),
      s("text", { class: "ex-label", x: width - right + 8, y: labels[i] + 4 }, spoken(curve.attribute))
    );
  });
  return plot(
    name,
    width,
    height,
    ...axis,
    ...below,
    ...now,
    ...lines.reverse(),
    s("text", { class: "ex-axis", x: left + (width - left - right) / 2, y: height - 4, "text-anchor": "middle" }, x),
    s("text", { class: "ex-axis", transform: `translate(13 ${(height - bottom + top) / 2}) rotate(-90)`, "text-anchor": "middle" }, y)
  );
}
function bandPath(strengths, curve, px, py) {
  const over = strengths.map((at, k) => `${px(at)},${py(curve.high[k] ?? 0)}`);
  const under = strengths.map((at, k) => `${px(at)},${py(curve.low[k] ?? 0)}`).reverse();
  return `M${[...over, ...under].join("L")}Z`;
}
function rowPlot(values, sizes, { name, x, y }) {
  const [width, height, left, right, top, bottom] = [460, 180, 62, 8, 10, sizes.length ? 48 : 34];
  const most = Math.max(...values.map((value) => value ?? 0)) || 1;
  const step = (width - left - right) / values.length;
  const py = (at) => height - bottom - at / (1.05 * most) * (height - top - bottom);
  const axis = ticks(0, 1.05 * most, 4).flatMap((at) => [
    s("line", { class: at === 0 ? "ex-zero" : "ex-guide", x1: left, x2: width - right, y1: py(at), y2: py(at) }),
    s("text", { class: "ex-tick", x: left - 6, y: py(at) + 4, "text-anchor": "end" }, tickText(at))
  ]);
  const bars = values.flatMap((value, i) => {
    const middle = left + (i + 0.5) * step;
    const size = sizes[i] !== void 0 && sizes[i] !== sizes[i - 1] ? [s("text", { class: "ex-tick ex-faint", x: middle, y: height - bottom + 27, "text-anchor": "middle" }, String(sizes[i]))] : [];
    return [
      s("rect", { class: "ex-bar", x: left + i * step + 0.14 * step, width: 0.72 * step, y: py(value ?? 0), height: Math.max(0, height - bottom - py(value ?? 0)), rx: Math.min(2, step / 8) }, s("title", {}, `${i}: ${short(value)}`)),
      s("text", { class: "ex-tick", x: middle, y: height - bottom + 14, "text-anchor": "middle" }, String(i)),
      ...size
    ];
  });
  return plot(
    name,
    width,
    height,
    ...axis,
    ...bars,
    s("text", { class: "ex-axis", x: left + (width - left - right) / 2, y: height - 4, "text-anchor": "middle" }, x),
    s("text", { class: "ex-axis", transform: `translate(13 ${(height - bottom + top) / 2}) rotate(-90)`, "text-anchor": "middle" }, y)
  );
}
var NAME = 17;
function heatMap(cosine, names, { name }) {
  const n = names.length;
  const shown = names.map((text) => shortened(text, NAME));
  const gutter = Math.min(120, 12 + 6.1 * Math.max(...shown.map((text) => text.length)));
  const size = 460 - gutter;
  const cell = size / n;
  const fontSize = Math.max(6, Math.min(12, 0.82 * cell));
  const lean = 0.88 * gutter;
  const cells = cosine.flatMap(
    (row, i) => row.map(
      (value, j) => s("rect", {
        class: `ex-cell ${(value ?? 0) >= 0 ? "ex-alike" : "ex-opposed"}`,
        "data-i": i,
        "data-j": j,
        x: gutter + j * cell,
        y: lean + i * cell,
        width: cell - Math.min(1, 0.06 * cell),
        height: cell - Math.min(1, 0.06 * cell),
        "fill-opacity": Math.min(1, Math.abs(value ?? 0)).toFixed(3)
      })
    )
  );
  const numbers = cell < 34 ? [] : cosine.flatMap((row, i) => row.map((value, j) => s("text", { class: `ex-cosine${Math.abs(value ?? 0) > 0.6 ? " ex-on-strong" : ""}`, x: gutter + (j + 0.5) * cell, y: lean + (i + 0.5) * cell + 3.5, "text-anchor": "middle" }, cosineText(value))));
  const label = (i) => [s("title", {}, names[i]), shown[i]];
  const beside = names.map((_, i) => s("text", { class: "ex-tick", style: `font-size: ${fontSize.toFixed(1)}px`, x: gutter - 6, y: lean + (i + 0.5) * cell + 0.35 * fontSize, "text-anchor": "end" }, ...label(i)));
  const above = names.map((_, j) => s("text", { class: "ex-tick", style: `font-size: ${fontSize.toFixed(1)}px`, transform: `translate(${gutter + (j + 0.5) * cell + 0.35 * fontSize} ${lean - 5}) rotate(-62)` }, ...label(j)));
  const over = 0.48 * gutter;
  return s("svg", { class: "ex-plot ex-heat", viewBox: `0 0 ${460 + Math.min(over, 70)} ${lean + size + 38}`, role: "application", tabindex: 0, "aria-label": name, "data-lm-suppress-shortcuts": "true" }, ...cells, ...numbers, ...beside, ...above, ...cosineScale(gutter, lean + size + 12, size), s("rect", { class: "ex-cursor", visibility: "hidden", width: cell, height: cell, rx: 1.5 }));
}
function cosineScale(left, top, width) {
  const [steps, wide] = [40, Math.min(200, width)];
  const start = left + (width - wide) / 2;
  const bar = Array.from({ length: steps }, (_, i) => {
    const value = 2 * (i + 0.5) / steps - 1;
    return s("rect", { class: value >= 0 ? "ex-alike" : "ex-opposed", x: start + i * wide / steps, y: top, width: wide / steps, height: 8, "fill-opacity": Math.abs(value).toFixed(3) });
  });
  const marks = [-1, -0.5, 0, 0.5, 1].map((at) => s("text", { class: "ex-tick", x: start + (at + 1) / 2 * wide, y: top + 22, "text-anchor": "middle" }, tickText(at)));
  return [...bar, ...marks];
}

// explorer/heat.js
var FROM = 0.2;
var WHOLE = 0.6;
var OPAQUE = 0.85;
var PLASMA = [[13, 8, 135], [126, 3, 168], [204, 71, 120], [248, 149, 64], [240, 249, 33]];
function heatColour(share) {
  const place = Math.min(3.999, Math.max(0, 4 * share));
  const [below, above] = [PLASMA[Math.floor(place)], PLASMA[Math.floor(place) + 1]];
  const between = place - Math.floor(place);
  const opaque = Math.min(1, Math.max(0, (share - FROM) / (WHOLE - FROM)));
  return [...below.map((value, i) => Math.round(value + between * (above[i] - value))), Math.round(255 * OPAQUE * opaque)];
}
function heated(values, width, height) {
  const image = new ImageData(width, height);
  const colours = Array.from({ length: 256 }, (_, value) => heatColour(value / 255));
  for (let i = 0; i < values.length; i++) image.data.set(colours[values[i]], 4 * i);
  return image;
}
function makeHeatScale(title) {
  const stops = [FROM, 0.4, 0.6, 0.8, 1].map((share) => `rgb(${heatColour(share).slice(0, 3)} / ${heatColour(share)[3] / 255})`.replaceAll(",", " "));
  const bar = h("span", { class: "ex-scale", "aria-hidden": "true" });
  bar.style.backgroundImage = `linear-gradient(90deg, ${stops.join(", ")})`;
  return h("span", { class: "ex-heat-scale", title }, h("span", { class: "ex-count" }), bar, h("span", { class: "ex-count" }));
}
function showHeatScale(scale, peak) {
  scale.hidden = !peak;
  const [low, high] = [FROM * (peak ?? 0), peak ?? 0].map(percent);
  scale.firstElementChild?.replaceChildren(low);
  scale.lastElementChild?.replaceChildren(high);
}

// core/previews.js
var PATIENCE2 = 700;
function makePreviews(send) {
  let wanted = null;
  let timer = null;
  function next() {
    clearTimeout(timer ?? void 0);
    timer = null;
    if (wanted === null) return;
    const { value } = wanted;
    wanted = null;
    timer = setTimeout(next, PATIENCE2);
    send(value);
  }
  return {
    /** @param {Value} value */
    want(value) {
      wanted = { value };
      if (timer === null) next();
    },
    shown: next,
    drop: () => void (wanted = null)
  };
}
function makeDrag({ moves, letGo }) {
  let range = null;
  function end() {
    if (!range) return;
    const value = Number(range.value);
    range = null;
    letGo(value);
  }
  const handlers = {
    oninput: (event) => {
      const moved = (
        /** @type {HTMLInputElement} */
        event.currentTarget
      );
      range = moved;
      moves(Number(moved.value));
    },
    onchange: end,
    // A slider that returns to its first position fires no change event.
    onpointerup: () => setTimeout(end),
    onpointercancel: () => setTimeout(end),
    onblur: end
  };
  return { handlers, moving: () => range !== null, drop: () => void (range = null) };
}

// explorer/stage.js
var LIMIT = 2;
function makeStage({ model, root, t, put, tell, own }, { pictured }) {
  const [width, height] = [model.get("width"), model.get("height")];
  const picture = surface(width, height);
  const heat = surface(width, height);
  picture.canvas.className = "ex-picture";
  heat.canvas.className = "ex-overlay";
  picture.canvas.setAttribute("role", "img");
  heat.canvas.setAttribute("aria-hidden", "true");
  const previews = makePreviews((strength) => tell({ kind: "set_strength", strength, live: true }));
  const drag = makeDrag({
    moves(strength) {
      node.classList.add("ex-moving");
      value.textContent = strengthText(strength);
      previews.want(strength);
    },
    letGo(strength) {
      node.classList.remove("ex-moving");
      set(strength);
    }
  });
  const sent = own(() => showStrength());
  function set(strength) {
    previews.drop();
    place(strength);
    sent.tell({ kind: "set_strength", strength });
  }
  function place(strength) {
    slider.value = String(strength);
    value.textContent = strengthText(strength);
  }
  const slider = h("input", { type: "range", min: -LIMIT, max: LIMIT, step: 0.05, class: "eg-range ex-slider", "aria-label": t("Strength"), ...drag.handlers, ondblclick: () => set(0) });
  slider.title = t("Double-click to reset to 0");
  const value = h("output", { class: "eg-value ex-strength" });
  const safe = h("div", { class: "ex-safe", "aria-hidden": "true" });
  const safeText = h("span", { class: "ex-count" });
  const overlay = h("input", { type: "checkbox", onchange: () => void put("overlay", overlay.checked) });
  const scale = makeHeatScale(t("Mean change of a pixel at strength 1, of the value range; smaller changes are not coloured"));
  const node = h(
    "div",
    { class: "ex-stage" },
    h(
      "div",
      { class: "ex-frame" },
      /** @type {HTMLCanvasElement} */
      picture.canvas,
      /** @type {HTMLCanvasElement} */
      heat.canvas
    ),
    h("div", { class: "ex-slide" }, h("label", { class: "eg-field" }, h("span", {}, t("Strength")), value), h("div", { class: "ex-track" }, safe, slider)),
    h("div", { class: "ex-options" }, h("label", { class: "eg-check" }, overlay, h("span", {}, t("Effect"))), scale, safeText)
  );
  let order = 0;
  let newest = 0;
  async function showPicture() {
    const bytes = model.get("image");
    const mine = ++order;
    if (!bytes?.byteLength) return;
    const bitmap = await createImageBitmap(new Blob([bytes]));
    if (mine > newest) {
      newest = mine;
      picture.drawImage(bitmap, 0, 0, width, height);
      pictured(
        /** @type {HTMLCanvasElement} */
        picture.canvas
      );
      root.dataset.pictures = String(Number(root.dataset.pictures ?? 0) + 1);
      root.dataset.pictured = String(performance.now());
    }
    bitmap.close();
    previews.shown();
  }
  async function showHeat() {
    const values = await inflate(model.get("effect_map"));
    heat.clearRect(0, 0, width, height);
    if (values) heat.putImageData(heated(values, width, height), 0, 0);
  }
  function showStrength() {
    const strength = model.get("strength");
    if (!drag.moving() && !sent.waits()) place(strength);
    const name = model.get("chosen");
    picture.canvas.setAttribute("aria-label", t("Portrait of seed {seed} with {name} at {strength}", { seed: model.get("seed"), name: t(name), strength: strengthText(strength) }));
  }
  function showOptions() {
    const view = model.get("views")["effect map"];
    const found = model.get("rows").find((row) => row.name === model.get("chosen"))?.safe?.value;
    overlay.checked = model.get("overlay");
    heat.canvas.hidden = !overlay.checked;
    showHeatScale(scale, overlay.checked ? view?.peak : null);
    safeText.textContent = found === void 0 ? "" : t("safe to {strength}", { strength: short(found) });
    safeText.title = t("Strength up to which the median portrait stays within the 99% ellipsoid of W");
    safe.hidden = found === void 0 || found >= LIMIT;
    if (found !== void 0) safe.style.left = `${100 * (found + LIMIT) / (2 * LIMIT)}%`;
  }
  return { node, showPicture, showHeat, showStrength, showOptions };
}

// explorer/strip.js
function makeStrip({ model, t, atEnd, tell, own }) {
  const grid = h("div", { class: "ex-strip", role: "group", "aria-label": t("Portraits over strength"), onkeydown: move });
  const seeds = h("input", { type: "text", class: "eg-search ex-seeds", "aria-label": t("Seeds of the portraits"), onchange: setSeeds });
  seeds.title = t("Up to 8 seeds, separated by commas");
  const field = h("label", { class: "eg-field" }, h("span", {}, t("Seeds")), seeds);
  const seedsText = makeFieldText(seeds);
  const sent = own(() => showSeeds());
  let address = "";
  let shown = "";
  let buttons = [];
  atEnd(() => URL.revokeObjectURL(address));
  function setSeeds() {
    const found = seedsOf(seeds.value);
    seedsText.took();
    if (found) sent.tell({ kind: "set_seeds", seeds: found.slice(0, 8) });
    else showSeeds();
  }
  function showSeeds() {
    if (!sent.waits()) seedsText.show(model.get("seeds").join(", "));
  }
  function build() {
    const { seeds: rows, strengths } = model.get("strip");
    grid.style.setProperty("--columns", String(strengths.length));
    grid.style.setProperty("--rows", String(rows.length));
    buttons = rows.flatMap(
      (seed, i) => strengths.map((strength, j) => {
        const button = h("button", { type: "button", class: "ex-portrait", "aria-label": t("Seed {seed} at {strength}", { seed, strength: strengthText(strength) }), title: t("Seed {seed} at {strength}", { seed, strength: strengthText(strength) }), onclick: () => tell({ kind: "look", seed, strength }) });
        button.style.backgroundPosition = `${100 * j / Math.max(1, strengths.length - 1)}% ${100 * i / Math.max(1, rows.length - 1)}%`;
        return button;
      })
    );
    const head = strengths.map((strength) => h("span", { class: "ex-column", "aria-hidden": "true" }, strengthText(strength)));
    grid.replaceChildren(...head, ...buttons);
  }
  function show() {
    const strip = model.get("strip");
    if (!strip.seeds) return;
    const key = JSON.stringify([strip.seeds, strip.strengths]);
    if (key !== shown) {
      shown = key;
      build();
    }
    showSeeds();
    showChosen();
  }
  function showSheet() {
    const bytes = model.get("strip_sheet");
    const old = address;
    address = bytes?.byteLength ? URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" })) : "";
    grid.style.setProperty("--sheet", address ? `url("${address}")` : "none");
    if (old) setTimeout(() => URL.revokeObjectURL(old), 2e3);
  }
  function showChosen() {
    const { seeds: rows, strengths } = model.get("strip");
    if (!rows) return;
    const at = rows.indexOf(model.get("seed")) * strengths.length + strengths.findIndex((strength) => Math.abs(strength - model.get("strength")) < 0.026);
    const exact = rows.includes(model.get("seed")) && strengths.some((strength) => Math.abs(strength - model.get("strength")) < 0.026);
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(exact && i === at));
      button.tabIndex = i === (exact ? at : 0) ? 0 : -1;
    });
  }
  function move(event) {
    const at = buttons.findIndex((button) => button === event.target);
    const columns = model.get("strip").strengths?.length ?? 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (at < 0 || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    buttons[at + step]?.focus();
    handled(event);
  }
  return { node: grid, field, show, showSheet, showChosen };
}

// explorer/table.js
var COMPARE = { svg: '<svg viewBox="0 0 20 20" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="M4 7h10m0 0-2.6-2.6M14 7l-2.6 2.6M16 13H6m0 0 2.6-2.6M6 13l2.6 2.6"/></svg>' };
function makeTable({ model, t, put, tell }, chosen) {
  const columns = [
    ["vector", t("Vector"), t("Name of the edit vector")],
    ["norm", t("Norm"), t("Length of the vector, in W's own unit")],
    ["success", t("Success"), t("Share of held-out portraits on which its attribute changes by at least half of the expected change")],
    ["leakage", t("Leakage"), t("Mean change of the other attributes where its own changes by one standard deviation")],
    ["safe", t("Safe"), t("Strength up to which the median portrait stays within the 99% ellipsoid of W")]
  ];
  const heads = columns.map(([by, label, title]) => {
    const button = h("button", { type: "button", class: "ex-sort", title, onclick: () => sort(by) }, label);
    return { by, button, node: h("th", { scope: "col", class: by === "vector" ? "ex-name-head" : "ex-number" }, button) };
  });
  const body = h("tbody", {});
  const node = h("div", { class: "ex-table" }, h("table", { "aria-label": t("Edit vectors") }, h("thead", {}, h("tr", {}, ...heads.map((head) => head.node), h("th", {}, h("span", { class: "eg-hidden" }, t("Compare"))))), body));
  const rows = /* @__PURE__ */ new Map();
  let inView = "";
  function bringIntoView() {
    const name = chosen.name();
    const row = rows.get(name)?.row;
    if (!row || name === inView || !node.clientHeight) return;
    inView = name;
    const head = 28;
    if (row.offsetTop < node.scrollTop + head) node.scrollTop = row.offsetTop - head;
    const below = row.offsetTop + row.offsetHeight - node.clientHeight;
    if (below > node.scrollTop) node.scrollTop = below;
  }
  function sort(by) {
    const again = model.get("sort_by") === by;
    const first = by === "success" || by === "safe";
    if (again && model.get("descending") !== first) put("sort_by", "");
    else {
      model.set("descending", again ? !first : first);
      put("sort_by", by);
    }
  }
  const choose = (name, second) => second ? chosen.compare(name) : chosen.choose(name);
  function makeRow(name) {
    const title = h("button", { type: "button", class: "ex-choose", onclick: (event) => choose(name, event.shiftKey), onkeydown: (event) => move(event, name) }, h("span", { class: "eg-name" }, t(name)));
    const draft = h("span", { class: "ex-draft", hidden: true }, t("draft"));
    const remove = iconButton("close", t("Remove {name}", { name: t(name) }), () => tell({ kind: "discard", name }), { class: "eg-button ex-icon", hidden: true });
    const compare = iconButton(COMPARE, t("Compare {name} with the chosen vector (Shift and click)", { name: t(name) }), () => choose(name, true), { class: "eg-button ex-icon ex-compare" });
    const cells = ["norm", "success", "leakage", "safe"].map(() => h("td", { class: "ex-number" }));
    const row = h("tr", { onclick: (event) => void (event.target.closest("button") ?? choose(name, event.shiftKey)) }, h("th", { scope: "row" }, h("span", { class: "ex-row-name" }, title, draft, remove)), ...cells, h("td", {}, compare));
    return { row, title, draft, remove, compare, cells };
  }
  function move(event, name) {
    const names = sortedRows(model.get("rows"), model.get("sort_by"), model.get("descending")).map((row) => row.name);
    const at = names.indexOf(name);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === void 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = names[Math.max(0, Math.min(names.length - 1, to))];
    for (const [other, { title }] of rows) title.tabIndex = other === next ? 0 : -1;
    rows.get(next)?.title.focus();
    handled(event);
  }
  function show() {
    const [by, descending] = [model.get("sort_by"), model.get("descending")];
    const [first, second] = [chosen.name(), chosen.second()];
    for (const { by: column, node: head } of heads) head.setAttribute("aria-sort", column !== by ? "none" : descending ? "descending" : "ascending");
    const ordered = sortedRows(model.get("rows"), by, descending);
    for (const name of rows.keys()) if (!ordered.some((row) => row.name === name)) rows.get(name)?.row.remove(), rows.delete(name);
    ordered.forEach((row, i) => {
      const found = rows.get(row.name) ?? makeRow(row.name);
      rows.set(row.name, found);
      if (body.children[i] !== found.row) body.insertBefore(found.row, body.children[i] ?? null);
      fill(found, row);
      found.row.classList.toggle("ex-chosen", row.name === first);
      found.row.classList.toggle("ex-second", row.name === second);
      found.title.setAttribute("aria-pressed", String(row.name === first));
      found.title.tabIndex = row.name === first ? 0 : -1;
      setPressed(found.compare, row.name === second);
      found.compare.hidden = row.name === first;
      found.compare.tabIndex = -1;
    });
    bringIntoView();
  }
  function fill({ cells, draft, remove, title }, row) {
    const [norm, success, leakage, safe] = cells;
    const waits = row.measured ? "–" : "·";
    norm.textContent = short(row.norm);
    success.textContent = row.success ? percent(row.success.value) : waits;
    const unknown = row.measured && !row.attribute && model.get("attributes") ? t("The vector names no attribute that is read") : "";
    success.title = row.success ? t("{attribute}: {low} to {high}, n = {n}", { attribute: row.attribute, low: percent(row.success.low ?? 0), high: percent(row.success.high ?? 1), n: row.n }) : unknown;
    leakage.textContent = row.leakage === null ? waits : short(row.leakage);
    leakage.title = row.leakage === null ? unknown : t("Standard deviations per one of {attribute}, n = {n}", { attribute: row.attribute, n: row.n });
    safe.textContent = row.safe ? short(row.safe.value) : waits;
    safe.title = row.safe ? t("{low} to {high} in 95% of the portraits", { low: short(row.safe.low), high: short(row.safe.high) }) : "";
    draft.hidden = row.kind !== "draft";
    remove.hidden = row.kind === "";
    const { name } = row;
    title.title = t(name);
  }
  return { node, show };
}

// explorer/main.js
function render(given) {
  const page = makeStatusPage(given, { downloads: ["download"], busy: (t2) => workText(t2, given.model) });
  const { t, tell, model, on, root } = page;
  root.classList.add("ex-root");
  root.setAttribute("aria-label", t("Explorer of edit vectors"));
  const chosen = makeChosen(page, { changed: () => (table.show(), showNames(), showCursor()) });
  const table = makeTable(page, chosen);
  const ground = surface(model.get("width"), model.get("height"));
  const stage = makeStage(page, { pictured: (picture) => ground.drawImage(picture, 0, 0) });
  const strip = makeStrip(page);
  const cards = {
    table: makeCard(page, t("Edit vectors"), "vectors", "ex-vectors"),
    effect: makeCard(page, t("Effect"), "effect map", "ex-effect"),
    strip: makeCard(page, t("Strength"), "strip", "ex-strips"),
    curves: makeCard(page, t("Attributes"), "attribute curves"),
    rows: makeCard(page, t("Rows of the latent"), "row norms"),
    pairs: makeCard(page, t("Cosines"), "cosines", "ex-pairs"),
    pair: makeCard(page, t("Two together"), "interaction", "ex-pair")
  };
  const bars = h("div", { class: "ex-bars", role: "table", "aria-label": t("Share of the effect in each part") });
  const nothing = h("p", { class: "eg-quiet" }, t("No attributes are read: give the explorer a function, read=by_picture(…)."));
  cards.table.show({ sentence: "", basis: "", n: null }, table.node);
  cards.effect.body.append(stage.node, bars);
  cards.strip.body.append(strip.node);
  cards.strip.node.querySelector("header")?.insertBefore(strip.field, cards.strip.node.querySelector(".ex-files"));
  const name = h("input", { type: "text", class: "eg-search ex-keep", placeholder: t("Name"), "aria-label": t("Name of the new vector"), maxlength: 80, onkeydown: (event) => event.key === "Enter" && keep() });
  const orthogonalise = textButton(t("Orthogonalise"), t("Make the chosen vector orthogonal to the second one"), () => tell({ kind: "orthogonalise" }));
  const keepButton = textButton(t("Keep"), t("Keep the chosen vector as a new one of this name"), keep);
  const open = textButton(t("Open in editor"), t("Show an editor below, with the vector at this strength"), () => tell({ kind: "open_editor" }));
  const measure = textButton(t("Measure all"), t("Measure what is missing in the table"), () => tell({ kind: "measure_all" }));
  const all = textButton(t("Download all"), t("Download the tables and figures of all results as one file"), () => tell({ kind: "download", form: "zip" }));
  const pairName = h("span", { class: "ex-pair-name" });
  root.append(
    h("div", { class: "eg-bar ex-bar-top" }, pairName, h("span", { class: "eg-end eg-joined" }, orthogonalise), h("span", { class: "eg-joined" }, name, keepButton), open, all, measure, page.stop),
    h(
      "div",
      { class: "ex-grid" },
      h("div", { class: "ex-side" }, cards.table.node, cards.strip.node, cards.pairs.node),
      h("div", { class: "ex-side" }, cards.effect.node, cards.curves.node, cards.rows.node, cards.pair.node)
    ),
    ...page.nodes
  );
  function keep() {
    if (!name.value.trim()) return void name.focus();
    tell({ kind: "keep", name: name.value.trim() });
    name.value = "";
  }
  function showNames() {
    const [first, second] = [chosen.name(), chosen.second()];
    pairName.replaceChildren(h("b", {}, translated(first)), ...second ? [h("span", { class: "eg-faint" }, ` ${t("and")} `), h("b", { class: "ex-second-name" }, translated(second))] : []);
    setUsable(orthogonalise, Boolean(second));
    orthogonalise.title = second ? t("Make {first} orthogonal to {second}", { first: translated(first), second: translated(second) }) : t("Choose a second vector first: Shift and click in the table, or a cell of the cosines");
    cards.pair.node.hidden = !second;
  }
  const translated = (name2) => t(name2);
  function showBars() {
    const view = model.get("views")["effect map"];
    cards.effect.show(view);
    const most = Math.max(0.01, ...(view?.parts ?? []).map((part) => part.high ?? part.share));
    bars.replaceChildren(
      ...(view?.parts ?? []).map(({ part: name2, share, low, high }) => {
        const bar = h("span", { class: `ex-fill${view?.target.includes(name2) ? " ex-target" : ""}` });
        const whisker = h("span", { class: "ex-whisker" });
        bar.style.width = `${100 * share / most}%`;
        whisker.style.left = `${100 * (low ?? share) / most}%`;
        whisker.style.width = `${100 * Math.max(0, (high ?? share) - (low ?? share)) / most}%`;
        return h("div", { class: "ex-part", role: "row", title: low === null || high === null ? "" : t("{low} to {high}", { low: percent(low), high: percent(high) }) }, h("span", { class: "ex-part-name", role: "rowheader" }, t(name2)), h("span", { class: "ex-gauge", "aria-hidden": "true" }, bar, whisker), h("span", { class: "ex-share", role: "cell" }, percent(share)));
      })
    );
  }
  function showCurves() {
    const view = model.get("views")["attribute curves"];
    const empty = model.get("attributes") ? h("p", { class: "ex-wait eg-quiet" }, waitText()) : nothing;
    if (!view || !view.curves.length) return cards.curves.show(view, empty);
    const { leakage, "transfer rate": transfer } = model.get("views");
    const sentence = [view, transfer, leakage].map((about) => about?.sentence ?? "").join(" ");
    cards.curves.show({ ...view, sentence }, curvePlot(view.curves, { name: view.sentence, target: view.target, strength: model.get("strength"), x: t("strength"), y: t("change, standard deviations") }));
  }
  function waitText() {
    const { of, vector, done = 0, total = 0 } = model.get("work");
    if (!model.get("running")) return t("Not measured yet");
    return of === "views" && vector === model.get("chosen") ? t("Measuring: portrait {done} of {total}", { done, total }) : t("Waiting for the pictures");
  }
  function showWait() {
    const wait = cards.curves.body.querySelector(".ex-wait");
    if (wait) wait.textContent = waitText();
  }
  function showRows() {
    const view = model.get("views")["row norms"];
    if (!view) return cards.rows.show(view);
    cards.rows.show(view, rowPlot(view.values, view.sizes, { name: view.sentence, x: view.sizes.length ? t("row of the latent, and size of its layer in px") : t("row of the latent"), y: view.in_spreads ? t("norm / spread of W") : t("norm") }));
  }
  let built = "";
  let [row, column] = [0, 0];
  let placed = "";
  const said = h("p", { class: "eg-quiet ex-cell-name", "aria-live": "polite" });
  function showPairs() {
    const view = model.get("views").cosines;
    cards.pairs.node.hidden = !view;
    if (!view) return;
    const key = JSON.stringify(view.names);
    if (key !== built) {
      built = key;
      const svg = heatMap(view.cosine, view.names.map(translated), { name: t("Cosines of the vectors; arrow keys move, Enter chooses two") });
      svg.addEventListener("pointermove", (event) => point(event, false));
      svg.addEventListener("click", (event) => point(event, true));
      svg.addEventListener("keydown", (event) => step(
        /** @type {KeyboardEvent} */
        event
      ));
      cards.pairs.show(view, svg, said);
    } else cards.pairs.show(view);
    showCursor();
  }
  function showCursor() {
    const names = model.get("views").cosines?.names ?? [];
    const pair = JSON.stringify([chosen.name(), chosen.second(), names]);
    if (pair !== placed) {
      placed = pair;
      row = Math.max(0, names.indexOf(chosen.name()));
      column = chosen.second() ? Math.max(0, names.indexOf(chosen.second())) : row;
    }
    showCell();
  }
  function showCell() {
    const view = model.get("views").cosines;
    const cursor = cards.pairs.body.querySelector(".ex-cursor");
    const cell = cards.pairs.body.querySelector(`[data-i="${row}"][data-j="${column}"]`);
    if (!view || !cursor || !cell) return;
    for (const side of ["x", "y"]) cursor.setAttribute(side, cell.getAttribute(side) ?? "0");
    cursor.setAttribute("visibility", "visible");
    said.textContent = t("{first} and {second}: {cosine}", { first: translated(view.names[row]), second: translated(view.names[column]), cosine: cosineText(view.cosine[row][column]) });
  }
  function point(event, choose) {
    const cell = event.target instanceof SVGElement ? event.target.dataset : {};
    if (cell.i === void 0 || cell.j === void 0) return;
    [row, column] = [Number(cell.i), Number(cell.j)];
    showCell();
    if (choose) chooseCell();
  }
  function chooseCell() {
    const names = model.get("views").cosines?.names ?? [];
    if (names[row]) chosen.choose(names[row], row === column ? null : names[column]);
  }
  function step(event) {
    const last = (model.get("views").cosines?.names.length ?? 1) - 1;
    const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [0, 0];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") chooseCell();
    else if (down || right) {
      row = Math.max(0, Math.min(last, row + down));
      column = Math.max(0, Math.min(last, column + right));
      showCell();
    } else return;
    handled(event);
  }
  const map = surface(model.get("width"), model.get("height"));
  ground.canvas.className = "ex-ground";
  map.canvas.className = "ex-overlay";
  const mapScale = makeHeatScale(t("Mean deviation of a pixel from the sum of both effects, of the value range; smaller deviations are not coloured"));
  async function showPair() {
    const view = model.get("views").interaction;
    cards.pair.show(view, h(
      "div",
      { class: "ex-frame" },
      /** @type {HTMLCanvasElement} */
      ground.canvas,
      /** @type {HTMLCanvasElement} */
      map.canvas
    ), mapScale);
    showHeatScale(mapScale, view?.peak);
    const values = view ? await inflate(model.get("interaction_map")) : null;
    map.clearRect(0, 0, map.canvas.width, map.canvas.height);
    if (values) map.putImageData(heated(values, map.canvas.width, map.canvas.height), 0, 0);
    map.canvas.setAttribute("role", "img");
    map.canvas.setAttribute("aria-label", t("Where the two together differ from the sum of their effects"));
  }
  function showViews() {
    showBars();
    showCurves();
    showRows();
    showPairs();
    showPair();
    stage.showOptions();
    cards.strip.show(model.get("strip").seeds ? { sentence: "", basis: "", n: null } : void 0);
  }
  function showMeasure() {
    measure.hidden = model.get("running") || !(model.get("paused") || model.get("rows").some((row2) => !row2.measured));
  }
  const showStrength = () => (stage.showStrength(), strip.showChosen(), showCurves());
  on("change:image", stage.showPicture);
  on("change:effect_map", stage.showHeat);
  on("change:interaction_map", showPair);
  on(["change:strength", "change:seed"], showStrength);
  on(["change:rows", "change:chosen", "change:second", "change:sort_by", "change:descending"], table.show);
  on(["change:chosen", "change:second"], showNames);
  on(["change:strip", "change:seeds"], strip.show);
  on("change:strip_sheet", strip.showSheet);
  on("change:views", showViews);
  on(["change:overlay", "change:rows", "change:chosen"], stage.showOptions);
  on(["change:running", "change:rows", "change:paused"], showMeasure);
  on(["change:running", "change:work", "change:chosen"], showWait);
  stage.showPicture();
  stage.showHeat();
  table.show();
  showNames();
  strip.showSheet();
  strip.show();
  showViews();
  showStrength();
  showMeasure();
  page.open();
  requestAnimationFrame(table.show);
  return page.close;
}
function workText(t, model) {
  const { of = "", vector = "", done = 0, total = 0 } = model.get("progress").step ? model.get("work") : {};
  const named = (name) => t(name);
  const given = { vector: named(vector), done, total };
  if (of === "strip") return t("Pictures of {vector}: portrait {done} of {total}", given);
  if (of === "views") return t("Measuring {vector}: portrait {done} of {total}", given);
  if (of === "pair") return t("Measuring {vector} and {second} together", { ...given, second: named(model.get("second")) });
  const rows = model.get("rows");
  const row = 1 + rows.filter((one) => one.measured).length;
  if (of === "table") return t("Measuring the table: {vector}, portrait {done} of {total}; vector {row} of {rows}", { ...given, row: Math.min(row, rows.length), rows: rows.length });
  return t("Measuring {vector}", { vector: named(model.get("chosen")) });
}
var main_default = { render };
export {
  main_default as default,
  workText
};
