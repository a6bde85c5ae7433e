/* Generated from js/editor by `make bundle`; edit the sources. Apache-2.0, see LICENSE. */
var __defProp = Object.defineProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};

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
var group = (name, ...children) => h("div", { class: "eg-group", role: "group", "aria-label": name }, ...children);
var setUsable = (button, usable) => button.setAttribute("aria-disabled", String(!usable));
var setPressed = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));
function surface(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return context(canvas, { willReadFrequently: true });
}
function drawPart(ctx, source, width, seen, across, down) {
  const scale = source.width / width;
  ctx.drawImage(source, seen.left * scale, seen.top * scale, seen.width * scale, seen.height * scale, 0, 0, across, down);
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

// core/access.js
function roveToolbar(bar) {
  const buttons = () => [...bar.querySelectorAll("button")].filter((button) => !button.closest("[hidden]"));
  const stop = (chosen) => {
    for (const button of bar.querySelectorAll("button")) button.tabIndex = button === chosen ? 0 : -1;
  };
  stop(buttons()[0]);
  bar.addEventListener("focusin", ({ target }) => target instanceof HTMLButtonElement && stop(target));
  bar.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.findIndex((button) => button === event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === void 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    all[(to + all.length) % all.length].focus();
    handled(event);
  });
}
var QUIET = 4e3;
function makeAnnouncer({ running, t }) {
  const node = h("div", { class: "eg-hidden eg-said", role: "status", "aria-live": "polite" });
  let quarter = 0;
  let at = -QUIET;
  const say = (text) => {
    at = performance.now();
    if (node.textContent !== text) node.textContent = text;
  };
  return {
    node,
    /** @param {number} done @param {number} total */
    progress(done, total) {
      const now = total ? Math.floor(4 * done / total) : 0;
      if (now > quarter && now < 4) say(t("{percent}% of the edit is done.", { percent: 25 * now }));
      quarter = now;
    },
    /** @param {string} text */
    status(text) {
      if (!running() || performance.now() - at > QUIET) say(text);
    }
  };
}

// core/divider.js
function makeDivider({ model, put, t }, { before, changed: changed2 }) {
  let at = 0;
  let shown = false;
  let photo = null;
  let reads = 0;
  let frame;
  const button = iconButton("divide", t("Divide the picture: before the edits on the left, now on the right (Shift+C)"), () => toggle(), { "aria-label": t("Divide the picture into before and now") });
  const leftSide = h("span", { class: "eg-side eg-left", "aria-hidden": "true" });
  const rightSide = h("span", { class: "eg-side eg-right", "aria-hidden": "true" }, t("now"));
  const node = h(
    "div",
    {
      class: "eg-divider",
      role: "slider",
      tabindex: 0,
      "aria-label": t("Divider between the picture before and now"),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-orientation": "horizontal",
      "data-lm-suppress-shortcuts": "true",
      onpointerdown: (event) => {
        if (event.button !== 0) return;
        node.setPointerCapture(event.pointerId);
        node.focus({ preventScroll: true });
        event.preventDefault();
      },
      onpointermove: (event) => {
        if (node.hasPointerCapture(event.pointerId)) move((event.clientX - frame.getBoundingClientRect().left) / frame.clientWidth);
      },
      onlostpointercapture: () => put("divider", at),
      onkeydown: (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const step = event.shiftKey ? 0.1 : 0.02;
        const next = { ArrowLeft: at - step, ArrowDown: at - step, ArrowRight: at + step, ArrowUp: at + step, PageDown: at - 0.1, PageUp: at + 0.1, Home: 0, End: 1 }[event.key];
        if (next == null) return;
        move(next);
        put("divider", at);
        handled(event);
      }
    },
    h("span", { class: "eg-line" }),
    h("span", { class: "eg-knob", html: ICONS.divide })
  );
  function toggle() {
    const on = model.get("divider") == null;
    put("divider", on ? 0.5 : null);
    if (on) node.focus({ preventScroll: true });
    else if (node.ownerDocument.activeElement === node.ownerDocument.body) button.focus({ preventScroll: true });
  }
  function move(share) {
    at = Math.min(1, Math.max(0, Math.round(share * 1e3) / 1e3));
    node.style.left = `${100 * at}%`;
    const percent = Math.round(100 * at);
    node.setAttribute("aria-valuenow", String(percent));
    node.setAttribute("aria-valuetext", t("{percent} percent before, the rest now", { percent }));
    leftSide.hidden = at < 0.2;
    rightSide.hidden = at > 0.8;
    changed2();
  }
  function show() {
    const value = model.get("divider");
    shown = value != null;
    setPressed(button, shown);
    for (const part of [node, leftSide, rightSide]) part.hidden = !shown;
    if (value == null) changed2();
    else move(value);
  }
  async function readPhoto() {
    const turn = ++reads;
    const bytes = model.get("photo");
    const next = bytes?.byteLength ? await createImageBitmap(new Blob([bytes])) : null;
    if (turn !== reads) return next?.close();
    photo?.close();
    photo = next;
    rename();
  }
  const left = () => photo && !model.get("before_name") ? photo : before.canvas;
  function rename() {
    leftSide.textContent = model.get("before_name") || (photo ? t("photo") : t("before"));
    changed2();
  }
  return {
    button,
    toggle,
    show,
    rename,
    readPhoto,
    /** @param {HTMLElement} view */
    place(view) {
      frame = view;
      frame.append(leftSide, rightSide, node);
    },
    /**
     * Paint the left side onto a view of `across` x `down` screen px that shows a part of the picture.
     * @param {CanvasRenderingContext2D} ctx
     * @param {number} across
     * @param {number} down
     * @param {import("./types").Seen} seen
     */
    draw(ctx, across, down, seen) {
      if (!shown) return;
      ctx.save();
      ctx.beginPath();
      ctx.rect(0, 0, Math.round(at * across), down);
      ctx.clip();
      drawPart(ctx, left(), model.get("width"), seen, across, down);
      ctx.restore();
    }
  };
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

// core/tree.js
function treePlaces(nodes) {
  const children = new Map(nodes.map((node) => [node.id, []]));
  const roots = [];
  for (const node of nodes) (children.get(node.parent) ?? roots).push(node.id);
  const places = /* @__PURE__ */ new Map();
  let rows = 0;
  const waiting = roots.reverse().map((id) => ({ id, column: 0, row: null }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const place = { column: next.column, row: next.row ?? rows++ };
    places.set(next.id, place);
    const below = children.get(next.id) ?? [];
    for (let i = below.length - 1; i >= 0; i--) waiting.push({ id: below[i], column: place.column + 1, row: i === 0 ? place.row : null });
  }
  return places;
}
function neighbour(places, id, way) {
  const from = places.get(id);
  if (!from) return void 0;
  const reach2 = (place) => (place.column - from.column) * way[0] + (place.row - from.row) * way[1];
  const aside = (place) => Math.abs((place.column - from.column) * way[1]) + Math.abs((place.row - from.row) * way[0]);
  const cost = (place) => 3 * aside(place) + reach2(place);
  return [...places].filter(([, place]) => reach2(place) > 0).sort(([, a], [, b]) => cost(a) - cost(b))[0]?.[0];
}

// core/history.js
var CELL = { width: 82, height: 86 };
var ASK_AGAIN = 3e3;
var WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
function changed(entries, { nodes, gone }) {
  const left = new Map(entries.filter(({ id }) => !gone.includes(id)).map((entry) => [entry.id, entry]));
  for (const node of nodes) left.set(node.id, node);
  return [...left.values()].sort((a, b) => a.id - b.id);
}
function makeHistory({ model, tell, t }) {
  const cells = /* @__PURE__ */ new Map();
  const pictures = /* @__PURE__ */ new Map();
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("class", "eg-tree-lines");
  lines.setAttribute("aria-hidden", "true");
  const tree = h("div", { class: "eg-tree", role: "tree", "aria-label": t("History"), onkeydown: go }, lines);
  const scroller = h("div", { class: "eg-tree-scroll" }, tree);
  const count = h("span", { class: "eg-value" });
  const name = h("input", {
    type: "text",
    class: "eg-search eg-keep",
    maxlength: 80,
    placeholder: t("Name this state"),
    "aria-label": t("Name of the present state"),
    onkeydown: (event) => event.key === "Enter" && rename(),
    onblur: () => rename()
  });
  const pin = textButton(t("Compare with this one"), t("Compare (C) then shows this picture instead of the one before all edits"), () => tell({ kind: "compare_with", entry: present()?.id ?? null }));
  const unpin = textButton(t("Compare with the start"), t("Compare (C) shows the picture before all edits again"), () => tell({ kind: "compare_with", entry: null }));
  const node = h(
    "details",
    { class: "eg-panel", ontoggle: () => void (node.open && show()) },
    h("summary", {}, h("span", {}, t("History")), count),
    scroller,
    h("div", { class: "eg-bar" }, name, pin, unpin)
  );
  let entries = [];
  let revision = 0;
  function read() {
    if (model.get("history_revision") < revision) return;
    entries = model.get("history");
    revision = model.get("history_revision");
    show();
  }
  function change(message) {
    if (message.revision <= revision) return;
    if (message.revision !== revision + 1) return void tell({ kind: "history" });
    entries = changed(entries, message);
    revision = message.revision;
    show();
  }
  const present = () => entries.find((entry) => entry.present);
  function rename() {
    const entry = present();
    const wanted = name.value.trim();
    if (entry && wanted && wanted !== entry.name) tell({ kind: "rename", entry: entry.id, name: wanted });
  }
  let asked2 = -ASK_AGAIN;
  function askForPictures() {
    if (model.get("running") || performance.now() - asked2 < ASK_AGAIN || entries.every((entry) => pictures.has(entry.id))) return;
    asked2 = performance.now();
    tell({ kind: "thumbs" });
  }
  function cellOf(id) {
    const known = cells.get(id);
    if (known) return known;
    const picture = h("img", { alt: "", draggable: "false" });
    const label = h("span", { class: "eg-tree-name" });
    const button = h("button", { type: "button", class: "eg-tree-cell", role: "treeitem", tabindex: -1, onclick: () => tell({ kind: "visit", entry: id }) }, picture, label);
    tree.append(button);
    const cell = { button, picture, label };
    cells.set(id, cell);
    return cell;
  }
  function showCell(entry, { column, row }) {
    const { button, picture, label } = cellOf(entry.id);
    button.style.left = `${column * CELL.width}px`;
    button.style.top = `${row * CELL.height}px`;
    button.setAttribute("aria-level", String(column + 1));
    button.setAttribute("aria-selected", String(Boolean(entry.present)));
    button.tabIndex = entry.present ? 0 : -1;
    button.title = `${entry.name}, ${new Date(entry.at * 1e3).toLocaleTimeString()}`;
    label.textContent = entry.name;
    const address = pictures.get(entry.id);
    if (address && picture.getAttribute("src") !== address) picture.src = address;
    picture.hidden = !address;
  }
  function lineBetween(above, below) {
    const [x0, y0] = [above.column * CELL.width + 61, above.row * CELL.height + 25];
    const [x1, y1] = [below.column * CELL.width + 11, below.row * CELL.height + 25];
    return y0 === y1 ? `M${x0} ${y0}H${x1}` : `M${x0} ${y0}h10V${y1}H${x1}`;
  }
  function show() {
    count.textContent = entries.length > 1 ? String(entries.length - 1) : "";
    unpin.hidden = !model.get("before_name");
    if (!node.open) return;
    const places = treePlaces(entries);
    for (const [id, cell] of cells) {
      if (places.has(id)) continue;
      cell.button.remove();
      cells.delete(id);
    }
    const strokes = [];
    for (const entry of entries) {
      const place = places.get(entry.id);
      const above = entry.parent === null ? void 0 : places.get(entry.parent);
      if (place) showCell(entry, place);
      if (place && above) strokes.push(lineBetween(above, place));
    }
    name.value = present()?.name ?? name.value;
    const width = CELL.width * (1 + Math.max(0, ...[...places.values()].map(({ column }) => column)));
    const height = CELL.height * (1 + Math.max(0, ...[...places.values()].map(({ row }) => row)));
    tree.style.width = `${width}px`;
    tree.style.height = `${height}px`;
    lines.setAttribute("width", String(width));
    lines.setAttribute("height", String(height));
    lines.innerHTML = `<path d="${strokes.join("")}" fill="none" stroke="currentColor" stroke-width="1.5"/>`;
    reveal();
    askForPictures();
  }
  function reveal() {
    const cell = cells.get(present()?.id ?? -1)?.button;
    if (!cell) return;
    const left = cell.offsetLeft;
    if (left < scroller.scrollLeft || left + CELL.width > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = left - scroller.clientWidth / 2;
    const top = cell.offsetTop;
    if (top < scroller.scrollTop || top + CELL.height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top - 4;
  }
  function go(event) {
    const way = WAYS[event.key];
    const own = [...cells].find(([, cell]) => cell.button === event.target);
    if (!way || !own) return;
    const found = neighbour(treePlaces(entries), own[0], way);
    if (found !== void 0) cells.get(found)?.button.focus();
    handled(event);
  }
  function take(ids, buffers) {
    if (ids.includes(0) && pictures.size && !entries.some((entry) => entry.id !== 0)) drop();
    ids.forEach((id, i) => {
      URL.revokeObjectURL(pictures.get(id) ?? "");
      pictures.set(id, URL.createObjectURL(new Blob([buffers[i]], { type: "image/jpeg" })));
    });
    show();
  }
  function drop() {
    for (const address of pictures.values()) URL.revokeObjectURL(address);
    pictures.clear();
  }
  tell({ kind: "history" });
  return { node, show, read, change, take, drop };
}

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
var floats = (values) => new Float32Array(values).buffer;
var randomName = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;

// core/outlines.js
function outline(bits, width, height) {
  const path = new Path2D();
  const set = (x, y) => x >= 0 && y >= 0 && x < width && y < height && bits[y * width + x] !== 0;
  for (let y = 0; y <= height; y++) {
    for (let x = 0, from = -1; x <= width; x++) {
      const edge = x < width && set(x, y) !== set(x, y - 1);
      if (edge && from < 0) from = x;
      if (!edge && from >= 0) {
        path.moveTo(from, y);
        path.lineTo(x, y);
        from = -1;
      }
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0, from = -1; y <= height; y++) {
      const edge = y < height && set(x, y) !== set(x - 1, y);
      if (edge && from < 0) from = y;
      if (!edge && from >= 0) {
        path.moveTo(x, from);
        path.lineTo(x, y);
        from = -1;
      }
    }
  }
  return path;
}
function borders(index, hidden, width, height) {
  const path = new Path2D();
  const seen = (i) => hidden[index[i]] ? 256 : index[i];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x > 0 && seen(i) !== seen(i - 1)) {
        path.moveTo(x, y);
        path.lineTo(x, y + 1);
      }
      if (y > 0 && seen(i) !== seen(i - width)) {
        path.moveTo(x, y);
        path.lineTo(x + 1, y);
      }
    }
  }
  return path;
}

// core/label_map.js
function makeLabelMap({ model }, { colours, isHidden, changed: changed2 }) {
  const width = model.get("width");
  const height = model.get("height");
  const size = width * height;
  const whole = { left: 0, top: 0, right: width, bottom: height };
  const base = new Uint8Array(size);
  const index = new Uint8Array(size);
  const painted = new Uint8Array(size);
  const touched = new Uint8Array(size);
  let original = null;
  let pending = [];
  let current = null;
  let loaded = false;
  let version = 0;
  const labels = surface(width, height);
  const strokes = surface(width, height);
  const labelPixels = new ImageData(width, height);
  const strokePixels = new ImageData(width, height);
  const labelColours = new Uint32Array(labelPixels.data.buffer);
  const strokeColours = new Uint32Array(strokePixels.data.buffer);
  const colourOf = new Uint32Array(colours.buffer);
  function repaint({ left, top, right, bottom } = whole) {
    if (!loaded) return;
    version++;
    for (let y = top; y < bottom; y++) {
      for (let i = y * width + left; i < y * width + right; i++) {
        const colour = colourOf[index[i]];
        labelColours[i] = isHidden(index[i]) ? 0 : colour;
        strokeColours[i] = touched[i] ? colour : 0;
      }
    }
    if (right > left && bottom > top) {
      labels.putImageData(labelPixels, 0, 0, left, top, right - left, bottom - top);
      strokes.putImageData(strokePixels, 0, 0, left, top, right - left, bottom - top);
    }
    changed2();
  }
  function rebuild() {
    index.set(base);
    touched.set(painted);
    for (const stroke of pending) stroke.echo(index, touched);
    current?.echo(index, touched);
    repaint();
  }
  const areas = { version: -1, px: new Uint32Array(256) };
  function share(id) {
    if (areas.version !== version) {
      areas.version = version;
      areas.px.fill(0);
      for (let i = 0; i < size; i++) areas.px[index[i]]++;
    }
    return areas.px[id] / size;
  }
  const labelAt = ([x, y]) => index[Math.floor(y) * width + Math.floor(x)];
  function begin(stroke) {
    current = stroke;
    repaint(stroke.echo(index, touched));
  }
  function goOn(from) {
    if (current) repaint(current.echo(index, touched, from));
  }
  function end() {
    current = null;
  }
  function drop() {
    if (!current) return;
    current = null;
    rebuild();
  }
  function keep(stroke) {
    pending.push(stroke);
    repaint();
  }
  function add(stroke) {
    pending.push(stroke);
    repaint(stroke.echo(index, touched));
  }
  function reject(id) {
    pending = pending.filter((stroke) => stroke.id !== id);
    rebuild();
  }
  let reads = 0;
  const confirmed = /* @__PURE__ */ new Set();
  async function read(ids = []) {
    for (const id of ids) confirmed.add(id);
    const turn = ++reads;
    const done = new Set(confirmed);
    const [mask, first, bits] = await Promise.all([inflate(model.get("mask")), inflate(model.get("original")), inflate(model.get("painted"))]);
    if (turn !== reads || !mask || mask.length !== size) return false;
    base.set(mask);
    original = first;
    if (bits?.length === size) painted.set(bits);
    else painted.fill(0);
    pending = pending.filter((stroke) => !done.has(stroke.id));
    for (const id of done) confirmed.delete(id);
    loaded = true;
    rebuild();
    return true;
  }
  let regionReads = 0;
  let region = null;
  async function readRegion() {
    const turn = ++regionReads;
    const bits = await inflate(model.get("region"));
    if (turn !== regionReads) return;
    region = bits && bits.length === size && bits.some((bit) => bit) ? outline(bits, width, height) : null;
    changed2();
  }
  const others = Object.fromEntries(model.get("labels").map((part) => [part.id, part.other]));
  return {
    /** @type {import("./echo.js").Place} */
    place: { width, height, others, original: () => original },
    index,
    labels,
    strokes,
    labelAt,
    share,
    repaint,
    begin,
    goOn,
    end,
    drop,
    keep,
    add,
    reject,
    read,
    readRegion,
    version: () => version,
    loaded: () => loaded,
    current: () => current,
    region: () => region,
    count: () => pending.length
  };
}

// core/layers.js
var ANNOTATIONS = 3;
function makeLayers({ model, atEnd }, { sources, ready, changed: changed2 }) {
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
      changed2();
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

// core/palette.js
var chip = (part) => h("span", { class: "eg-chip", style: `background:var(--eg-part-${part.id})` });
function makePalette({ model, root, put, t }) {
  const colours = new Uint8ClampedArray(256 * 4);
  const TITLES = { own: t("Parts in their own colours; press for colour-blind safe ones"), safe: t("Parts in colour-blind safe colours; press for their own") };
  const button = iconButton("palette", t("Show the parts in colour-blind safe colours"), () => put("palette", model.get("palette") === "safe" ? "own" : "safe"), { hidden: !model.get("palettes").safe });
  function show() {
    const palette = model.get("palette");
    for (const [place, part] of model.get("labels").entries()) {
      const colour = model.get("palettes")[palette][place];
      const value = parseInt(colour.slice(1), 16);
      colours.set([value >> 16, value >> 8 & 255, value & 255, 255], part.id * 4);
      root.style.setProperty(`--eg-part-${part.id}`, colour);
    }
    setPressed(button, palette === "safe");
    button.title = TITLES[palette];
  }
  return { button, colours, show };
}

// core/peek.js
function makePeek({ model, t, listen }, { changed: changed2 }) {
  let peeking = false;
  const button = iconButton("compare", t("Compare: hold to see the picture before all edits (C)"), () => {
  }, { "aria-pressed": "false" });
  const tag = h("span", { class: "eg-tag" });
  function hold(value) {
    if (peeking === value) return;
    peeking = value;
    setPressed(button, value);
    tag.textContent = value ? model.get("before_name") || t("before") : "";
    changed2();
  }
  listen(button, "pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    hold(true);
  });
  listen(button, "keydown", (event) => [" ", "Enter"].includes(event.key) && hold(true));
  for (const event of ["pointerup", "pointercancel", "blur", "keyup"]) listen(button, event, () => hold(false));
  return { button, tag, hold, peeking: () => peeking };
}

// core/pictures.js
function makePictures({ model }, { changed: changed2 }) {
  const width = model.get("width");
  const height = model.get("height");
  const picture = surface(width, height);
  const before = surface(width, height);
  let decodes = 0;
  let drawn = 0;
  async function show(bytes, type, target) {
    const order = ++decodes;
    if (!bytes || bytes.byteLength === 0) return;
    const bitmap = await createImageBitmap(new Blob([bytes], { type }));
    if (target !== picture || order > drawn) {
      if (target === picture) drawn = order;
      const { canvas } = target;
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      target.drawImage(bitmap, 0, 0);
      changed2(target === picture);
    }
    bitmap.close();
  }
  return {
    picture,
    before,
    /** @param {import("./types").Bytes} bytes of a JPEG */
    showFrame: (bytes) => show(bytes, "image/jpeg", picture),
    readPicture: () => show(model.get("image"), "", picture),
    readBefore: () => show(model.get("before"), "", before)
  };
}

// core/run_bar.js
var STEPS = [10, 20, 30, 50, 100];
var readable = (value) => value === 0 ? "0" : value >= 0.1 ? value.toFixed(2) : value >= 1e-3 ? value.toFixed(3) : value.toExponential(0);
function makeRunBar({ model, root, put, t, tell }, { progressed }) {
  const run = h("button", { type: "button", class: "eg-button eg-run", html: `${ICONS.run}<span>${t("Edit")}</span>`, onclick: () => void (model.get("can_edit") && tell({ kind: "run", steps: model.get("steps") })) });
  const stop = h("button", { type: "button", class: "eg-button eg-stop", html: `${ICONS.stop}<span>${t("Stop")}</span>`, title: t("Stop and keep the best picture so far (Esc)"), onclick: () => tell({ kind: "stop" }) });
  const auto = h("input", { type: "checkbox", onchange: () => void put("auto", auto.checked) });
  const steps = h("select", { class: "eg-select", "aria-label": t("Optimisation steps"), onchange: () => void put("steps", Number(steps.value)) });
  const fill = h("div", { class: "eg-fill" });
  const progress = h("div", { class: "eg-progress", role: "progressbar", "aria-label": t("Edit progress"), "aria-valuemin": 0 }, fill);
  const numbers = h("div", { class: "eg-numbers", "aria-hidden": "true" });
  const node = h(
    "div",
    { class: "eg-bar eg-runbar" },
    run,
    stop,
    h("label", { class: "eg-check" }, auto, h("span", {}, t("edit when the pointer is released"))),
    h("label", { class: "eg-field" }, h("span", {}, t("Steps")), steps),
    numbers
  );
  let newest = model.get("progress");
  function take(given) {
    newest = given;
    showProgress();
  }
  function showProgress() {
    const running = model.get("running");
    const done = running ? newest.step ?? 0 : 0;
    const total = newest.total ?? 0;
    fill.style.transform = `scaleX(${running && total ? done / total : 0})`;
    progress.classList.toggle("eg-busy", running && done === 0);
    progress.setAttribute("aria-valuemax", String(total || 1));
    progress.setAttribute("aria-valuenow", String(done));
    progressed(done, total);
    const values = {};
    if (newest.step) {
      values[t("step")] = `${newest.step}/${newest.total}`;
      if (running && newest.eta != null) values[t("time left")] = `${newest.eta.toFixed(1)} s`;
      for (const [name, value] of Object.entries(newest.figures ?? {})) values[t(name)] = readable(value);
    }
    showNumbers(values);
  }
  const cells = /* @__PURE__ */ new Map();
  function showNumbers(values) {
    const shown = Object.keys(values);
    if (shown.join() !== [...cells.keys()].join()) {
      cells.clear();
      const nodes = shown.map((name) => {
        const value = document.createTextNode(values[name]);
        cells.set(name, value);
        return h("span", { class: "eg-number" }, h("span", {}, name), h("b", {}, value));
      });
      numbers.replaceChildren(...nodes);
    }
    for (const [name, text] of cells) if (text.data !== values[name]) text.data = values[name];
  }
  function show() {
    auto.checked = model.get("auto");
    const chosen = model.get("steps");
    const choices = STEPS.includes(chosen) ? STEPS : [...STEPS, chosen].sort((a, b) => a - b);
    steps.replaceChildren(...choices.map((n) => h("option", { value: n, selected: n === chosen }, String(n))));
  }
  function showRunning() {
    const running = model.get("running");
    const active = root.ownerDocument.activeElement;
    run.hidden = running;
    stop.hidden = !running;
    if (active === run || active === stop) (running ? stop : run).focus();
    showProgress();
  }
  function showReady() {
    const ready = model.get("can_edit");
    setUsable(run, ready);
    run.title = ready ? t("Optimise the picture towards the painted mask") : t("Paint a stroke first: the picture already shows these parts");
  }
  return { node, progress, take, show, showRunning, showReady, stepped: () => (newest.step ?? 0) > 0 };
}

// core/views.js
function makeView(kind, title, captions, attributes) {
  const canvas = h("canvas", { class: "eg-canvas", tabindex: 0, role: "application", ...attributes });
  const over = document.createElement("canvas");
  const frame = h("div", { class: "eg-frame" }, canvas);
  const node = h("figure", { class: "eg-view" }, h("figcaption", {}, h("span", {}, title), ...captions), frame);
  return { kind, node, frame, canvas, ctx: context(canvas, { alpha: false }), over, overCtx: context(over), stale: true, strokes: false };
}
function makeViews({ model, t }, { pictures, labelMap, filled, annotations, seen, divider, outlines, shows, captions, hint }) {
  const width = model.get("width");
  const height = model.get("height");
  const titles = [["picture", t("Picture")], ["parts", t("Parts")]];
  const views = titles.map(([kind, title]) => {
    const view = makeView(kind, title, captions[kind], { "aria-describedby": hint, "aria-label": t("{view}: paint here", { view: title }) });
    view.canvas.style.aspectRatio = `${width} / ${height}`;
    return view;
  });
  divider.place(views[0].frame);
  let scheduled = false;
  function schedule(over = true) {
    if (over) for (const view of views) view.stale = true;
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      for (const view of views) draw2(view);
    });
  }
  function draw2(view) {
    const { canvas, ctx, over } = view;
    const box = canvas.clientWidth;
    if (!box) return;
    const ratio = window.devicePixelRatio || 1;
    const across = Math.round(box * ratio);
    const down = Math.round(box * ratio * height / width);
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = over.width = across;
      canvas.height = over.height = down;
      view.stale = true;
    }
    const strokes = shows.strokes();
    if (view.stale || view.strokes !== strokes) drawOver(view, strokes, ratio);
    const part = seen();
    if (part.zoom < 1) {
      ctx.fillStyle = getComputedStyle(canvas).backgroundColor;
      ctx.fillRect(0, 0, across, down);
    }
    ctx.imageSmoothingEnabled = true;
    ctx.imageSmoothingQuality = "medium";
    drawPart(ctx, (shows.before() ? pictures.before : pictures.picture).canvas, width, part, across, down);
    ctx.drawImage(over, 0, 0);
    if (view.kind === "picture" && !shows.before()) divider.draw(ctx, across, down, part);
  }
  function drawOver(view, strokes, ratio) {
    view.stale = false;
    view.strokes = strokes;
    const ctx = view.overCtx;
    const { zoom, left, top } = seen();
    const scale = view.over.width / width * zoom;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, view.over.width, view.over.height);
    if (shows.before()) return;
    ctx.imageSmoothingEnabled = false;
    ctx.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
    if (view.kind === "parts") {
      ctx.globalAlpha = model.get("opacity");
      if (filled()) ctx.drawImage(labelMap.labels.canvas, 0, 0, width, height);
    } else if (strokes) {
      ctx.globalAlpha = 0.6;
      ctx.drawImage(labelMap.strokes.canvas, 0, 0, width, height);
    }
    ctx.globalAlpha = 1;
    const drawn = annotations();
    if (drawn) ctx.drawImage(drawn, 0, 0, width, height);
    for (const [path, look] of outlines(view.kind)) twoTone(ctx, path, scale, ratio, look);
  }
  return { canvases: views.map((view) => view.canvas), nodes: views.map((view) => view.node), schedule };
}
function twoTone(ctx, path, scale, ratio, { weight = 1, dashed = false, light = "#fff" }) {
  const unit = ratio * weight / scale;
  ctx.lineWidth = 2.5 * unit;
  ctx.strokeStyle = "rgba(0,0,0,.55)";
  ctx.stroke(path);
  ctx.lineWidth = 1.2 * unit;
  ctx.strokeStyle = light;
  if (dashed) ctx.setLineDash([4 * unit, 3 * unit]);
  ctx.stroke(path);
  ctx.setLineDash([]);
}

// core/view_window.js
var MOST_ZOOM = 16;
var SNAP = 0.05;
function makeViewWindow({ width, height, actual, changed: changed2 }) {
  let zoom = 1;
  let left = 0;
  let top = 0;
  const least = () => Math.min(1, actual());
  function moveTo(x, y, factor = zoom) {
    zoom = factor;
    const place = (wanted, size) => zoom < 1 ? (size - size / zoom) / 2 : Math.min(size - size / zoom, Math.max(0, wanted));
    left = place(x, width);
    top = place(y, height);
    changed2();
  }
  function to(factor, about = null) {
    const [x, y] = about ?? [left + width / zoom / 2, top + height / zoom / 2];
    const next = Math.min(MOST_ZOOM, Math.max(least(), factor));
    const kept = zoom / next;
    moveTo(x - (x - left) * kept, y - (y - top) * kept, next);
  }
  return {
    moveTo,
    to,
    /** @param {number} factor @param {Point | null} about */
    by: (factor, about = null) => to(Math.abs(zoom * factor - 1) < SNAP ? 1 : zoom * factor, about),
    least,
    /** @returns {Seen} */
    seen: () => ({ zoom, left, top, width: width / zoom, height: height / zoom }),
    /**
     * The position in picture px of a pointer over a view with a given box on the screen. It is rounded to float32, because points are
     * sent as float32 and the page must paint the same values.
     * @param {{ left: number, top: number, width: number, height: number }} box
     * @param {{ clientX: number, clientY: number }} pointer
     * @returns {Point}
     */
    placeIn(box, { clientX, clientY }) {
      const x = left + (clientX - box.left) * width / box.width / zoom;
      const y = top + (clientY - box.top) * height / box.height / zoom;
      return [Math.fround(x), Math.fround(y)];
    }
  };
}

// core/zoom.js
function makeZoom({ model, t }, { canvas, pointer, changed: changed2 }) {
  const width = model.get("width");
  const height = model.get("height");
  const closer = iconButton("closer", t("Zoom in (+, or Ctrl and the wheel)"), () => by(2 ** 0.5));
  const further = iconButton("further", t("Zoom out (-)"), () => by(2 ** -0.5));
  const fit = h("button", { type: "button", class: "eg-button eg-zoom", title: t("Show the whole picture (Home, or Shift+0)"), onclick: () => to(1) });
  const own = h("button", { type: "button", class: "eg-button eg-actual", title: t("One picture pixel on one screen pixel (Shift+1)"), "aria-label": t("Show the picture at its actual size"), onclick: () => to(actual()) }, "1:1");
  const node = h("div", { class: "eg-group eg-end eg-small", role: "group", "aria-label": t("Zoom") }, further, fit, closer, own);
  const actual = () => width / ((canvas().clientWidth || width) * (window.devicePixelRatio || 1));
  const view = makeViewWindow({ width, height, actual, changed: () => (show(), changed2()) });
  const to = (factor, about = null) => view.to(factor, about ?? pointer());
  const by = (factor, about = null) => view.by(factor, about ?? pointer());
  function show() {
    const { zoom } = view.seen();
    const percent = Math.round(100 * zoom / actual());
    fit.textContent = `${percent}%`;
    fit.setAttribute("aria-label", t("Zoom {percent} percent; show the whole picture", { percent }));
    setUsable(further, zoom > view.least());
    setUsable(closer, zoom < MOST_ZOOM);
  }
  return {
    node,
    show,
    to,
    by,
    toActual: () => to(actual()),
    moveTo: view.moveTo,
    seen: view.seen,
    /** @param {HTMLCanvasElement} canvas @param {{ clientX: number, clientY: number }} event */
    place: (canvas2, event) => view.placeIn(canvas2.getBoundingClientRect(), event)
  };
}

// editor/brush.js
var LEAST_RADIUS = 0.71;
var LEAST_PUSH = 3;
function makeBrush({ model }, { penCame }) {
  const radius = (force = 1) => Math.fround(Math.max(LEAST_RADIUS, model.get("size") / 2 * force));
  return {
    radius,
    /** Radius of a brush that pushes; larger, because its rim moves hardly anything. */
    pushRadius: () => Math.max(LEAST_PUSH, 1.5 * radius()),
    /**
     * A pen's pressure, 0 (the thinnest line) to 1; null for another pointer, or if pressure is switched off. A pen that cannot
     * measure it reports 0.5 (Pointer Events, section 4.1).
     * @param {Pick<PointerEvent, "pointerType" | "pressure"> | null} event
     */
    force(event) {
      if (event?.pointerType !== "pen") return null;
      penCame();
      if (!model.get("pressure")) return null;
      return Number.isFinite(event.pressure) ? Math.min(1, Math.max(0, event.pressure)) : 1;
    },
    /**
     * @param {number} x
     * @param {number} y
     * @param {number} reach
     * @param {string} shape
     */
    outline(x, y, reach2, shape) {
      const path = new Path2D();
      if (shape === "square") path.rect(x - reach2, y - reach2, 2 * reach2, 2 * reach2);
      else path.arc(x, y, reach2, 0, 2 * Math.PI);
      return path;
    }
  };
}

// editor/tools/index.js
var tools_exports = {};
__export(tools_exports, {
  brush: () => brush_default,
  drag: () => drag_default,
  eraser: () => eraser_default,
  fill: () => fill_default,
  lasso: () => lasso_default,
  pick: () => pick_default,
  polygon: () => polygon_default,
  push: () => push_default
});

// core/raster.js
function rasteriseSegment(ax, ay, ra, bx, by, rb, shape, width, height, paint2) {
  const dx = bx - ax;
  const dy = by - ay;
  const growth = rb - ra;
  const most = Math.max(ra, rb);
  const length = Math.hypot(dx, dy);
  const lean = length > Math.abs(growth) ? growth / length : 0;
  const slope = lean / Math.sqrt(1 - lean * lean);
  const x0 = Math.max(0, Math.floor(Math.min(ax, bx) - most - 1));
  const x1 = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + most));
  const y0 = Math.max(0, Math.floor(Math.min(ay, by) - most - 1));
  const y1 = Math.min(height - 1, Math.ceil(Math.max(ay, by) + most));
  for (let y = y0; y <= y1; y++) {
    const py = y + 0.5 - ay;
    for (let x = x0; x <= x1; x++) {
      const px = x + 0.5 - ax;
      let beyond;
      if (shape === "square") beyond = chebyshevBeyond(px, py, dx, dy, ra, growth);
      else {
        let t = growth > 0 ? 1 : 0;
        if (length > Math.abs(growth)) {
          const across = Math.abs(px * dy - py * dx) / length;
          t = Math.min(1, Math.max(0, (px * dx + py * dy) / (length * length) + across * slope / length));
        }
        beyond = Math.hypot(px - t * dx, py - t * dy) - (ra + t * growth);
      }
      if (beyond <= 1e-9) paint2(y * width + x);
    }
  }
}
function chebyshevBeyond(ex, ey, dx, dy, radius, growth) {
  const at = (t) => {
    t = Math.min(1, Math.max(0, t));
    return Math.max(Math.abs(ex - t * dx), Math.abs(ey - t * dy)) - (radius + t * growth);
  };
  let best = Math.min(at(0), at(1));
  if (dx !== 0) best = Math.min(best, at(ex / dx));
  if (dy !== 0) best = Math.min(best, at(ey / dy));
  if (dx !== dy) best = Math.min(best, at((ex - ey) / (dx - dy)));
  if (dx !== -dy) best = Math.min(best, at((ex + ey) / (dx + dy)));
  return best;
}
function rasterise(points, radius, shape, width, height, paint2) {
  const r = (i) => typeof radius === "number" ? radius : radius[i / 2];
  for (let i = Math.min(2, points.length - 2); i < points.length; i += 2) {
    const from = Math.max(0, i - 2);
    rasteriseSegment(points[from], points[from + 1], r(from), points[i], points[i + 1], r(i), shape, width, height, paint2);
  }
}

// core/warp.js
function makeSources(width, height) {
  const x = new Float64Array(width * height);
  const y = new Float64Array(width * height);
  for (let i = 0; i < x.length; i++) {
    x[i] = i % width + 0.5;
    y[i] = Math.floor(i / width) + 0.5;
  }
  return { x, y, width, height };
}
function pushSegment(sources, ax, ay, bx, by, radius) {
  const steps = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / (radius * 0.25)));
  const dx = (bx - ax) / steps;
  const dy = (by - ay) / steps;
  const [first, last] = near(sources, ax, ay, dx, dy, steps, radius);
  for (let i = first; i <= last; i++) pushOnce(sources, ax + dx * i, ay + dy * i, dx, dy, radius);
}
function near({ width, height }, ax, ay, dx, dy, steps, radius) {
  let [first, last] = [1, steps];
  for (const [start, step, length] of [[ax, dx, width], [ay, dy, height]]) {
    const [low, high] = [-radius - 1 - start, length + radius + 1 - start];
    if (step) {
      first = Math.max(first, Math.floor(Math.min(low / step, high / step)));
      last = Math.min(last, Math.ceil(Math.max(low / step, high / step)));
    } else if (low > 0 || high < 0) return [1, 0];
  }
  return [first, last];
}
function pushOnce({ x, y, width, height }, middleX, middleY, dx, dy, radius) {
  const left = Math.max(0, Math.floor(middleX - radius));
  const right = Math.min(width, Math.ceil(middleX + radius));
  const top = Math.max(0, Math.floor(middleY - radius));
  const bottom = Math.min(height, Math.ceil(middleY + radius));
  if (left >= right || top >= bottom) return;
  const newX = new Float64Array((right - left) * (bottom - top));
  const newY = new Float64Array(newX.length);
  let n = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++, n++) {
      const a = column + 0.5 - middleX;
      const b = row + 0.5 - middleY;
      const rest = Math.max(0, 1 - (a * a + b * b) / (radius * radius));
      const weight = rest * rest;
      const u = Math.min(width - 1, Math.max(0, column - weight * dx));
      const v = Math.min(height - 1, Math.max(0, row - weight * dy));
      const u0 = Math.floor(u);
      const v0 = Math.floor(v);
      const u1 = Math.min(u0 + 1, width - 1);
      const v1 = Math.min(v0 + 1, height - 1);
      const fu = u - u0;
      const fv = v - v0;
      const between = (field) => {
        const above = field[v0 * width + u0] * (1 - fu) + field[v0 * width + u1] * fu;
        const below = field[v1 * width + u0] * (1 - fu) + field[v1 * width + u1] * fu;
        return above * (1 - fv) + below * fv;
      };
      newX[n] = between(x);
      newY[n] = between(y);
    }
  }
  n = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++, n++) {
      x[row * width + column] = newX[n];
      y[row * width + column] = newY[n];
    }
  }
}
function pushedInto(target, under, sources, mirror, free, { left, top, right, bottom }) {
  const { x, y, width, height } = sources;
  for (let row = Math.max(0, top); row < Math.min(height, bottom); row++) {
    for (let column = Math.max(0, left); column < Math.min(width, right); column++) {
      const i = row * width + column;
      target[i] = under[i];
      if (!free[under[i]]) continue;
      let label = under[Math.floor(y[i]) * width + Math.floor(x[i])];
      if (mirror && label === under[i]) {
        const there = row * width + (width - 1 - column);
        label = under[Math.floor(y[there]) * width + (width - 1 - Math.floor(x[there]))];
      }
      target[i] = label;
    }
  }
}

// core/echo.js
function paintable({ over, locked }) {
  const free = new Uint8Array(256).fill(over.length ? 0 : 1);
  for (const id of over) free[id] = 1;
  for (const id of locked) free[id] = 0;
  return free;
}
function reach(points, radius, { width, height }) {
  const most = typeof radius === "number" ? radius : Math.max(...radius);
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  return {
    left: Math.max(0, Math.floor(Math.min(...xs) - most - 1)),
    top: Math.max(0, Math.floor(Math.min(...ys) - most - 1)),
    right: Math.min(width, Math.ceil(Math.max(...xs) + most + 1)),
    bottom: Math.min(height, Math.ceil(Math.max(...ys) + most + 1))
  };
}
var reflected = ({ left, top, right, bottom }, { width }) => ({ left: width - right, top, right: width - left, bottom });
var joined = (a, b) => ({ left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) });
function brushEcho(place, stroke, erases = false) {
  const { width, height, others, original } = place;
  let under = new Uint8Array(0);
  let free = new Uint8Array(0);
  let own = new Uint8Array(0);
  return (target, touched, from = null) => {
    if (from === null) {
      under = target.slice();
      free = paintable(stroke);
      own = new Uint8Array(stroke.mirror ? width * height : 0);
    }
    const points = stroke.points.slice(from ?? 0);
    const radius = stroke.radii ? stroke.radii.slice((from ?? 0) / 2) : stroke.radius;
    const first = original();
    const put = (i, label) => {
      if (!free[under[i]]) return;
      target[i] = erases ? first ? first[i] : target[i] : label;
      touched[i] = 1;
    };
    if (stroke.mirror) {
      const reflection = points.map((value, i) => i % 2 ? value : width - value);
      rasterise(reflection, radius, stroke.shape, width, height, (i) => own[i] || put(i, others[stroke.label]));
    }
    rasterise(points, radius, stroke.shape, width, height, (i) => {
      if (stroke.mirror) own[i] = 1;
      put(i, stroke.label);
    });
    const box = reach(points, radius, place);
    return stroke.mirror ? joined(box, reflected(box, place)) : box;
  };
}
function pushEcho(place, stroke) {
  const { width, height } = place;
  let under = new Uint8Array(0);
  let free = new Uint8Array(0);
  let sources = makeSources(0, 0);
  return (target, touched, from = null) => {
    if (from === null) {
      under = target.slice();
      free = paintable(stroke);
      sources = makeSources(width, height);
    }
    const points = stroke.points.slice(from ?? 0);
    for (let i = 2; i < points.length; i += 2) pushSegment(sources, points[i - 2], points[i - 1], points[i], points[i + 1], stroke.radius);
    const box = reach(points, stroke.radius, place);
    const sides = stroke.mirror ? [box, reflected(box, place)] : [box];
    for (const side of sides) {
      pushedInto(target, under, sources, stroke.mirror, free, side);
      for (let y = side.top; y < side.bottom; y++) {
        for (let i = y * width + side.left; i < y * width + side.right; i++) if (target[i] !== under[i]) touched[i] = 1;
      }
    }
    return sides.reduce(joined);
  };
}
function areaEcho(place, choice, areaOf) {
  const { width, height, others } = place;
  const { label, mirror } = choice;
  return (target, touched) => {
    const under = target.slice();
    const free = paintable(choice);
    const here = areaOf(under, false);
    const there = mirror ? areaOf(under, true) : new Uint8Array(width * height);
    for (let i = 0; i < under.length; i++) {
      if (!free[under[i]] || !(here[i] || there[i])) continue;
      target[i] = here[i] && under[i] !== label ? label : there[i] ? others[label] : label;
      if (target[i] !== under[i]) touched[i] = 1;
    }
    return { left: 0, top: 0, right: width, bottom: height };
  };
}

// editor/stroke_tool.js
function makeStrokeTool(bench, { head, echo, radius, pressed = true, least = 1, shape = () => bench.model.get("shape") }) {
  const { model, labelMap, brush, width, tell, asked: asked2 } = bench;
  let force = null;
  function press(point, event) {
    force = pressed ? brush.force(event) : null;
    const stroke = { ...asked2(), points: [...point], radius: radius(), radii: force === null ? null : [brush.radius(force)], shape: shape() };
    labelMap.begin({ id: "", points: stroke.points, echo: echo(stroke) });
    function release() {
      labelMap.end();
      force = null;
      if (stroke.points.length < 2 * least) return;
      send(stroke);
    }
    function cancel() {
      force = null;
      labelMap.drop();
    }
    return { move: (samples) => extend(stroke, samples), release, cancel, leave: release };
  }
  function extend(stroke, samples) {
    const { points, radii } = stroke;
    const from = points.length - 2;
    for (const [point, event] of samples) {
      if (points.at(-2) === point[0] && points.at(-1) === point[1]) continue;
      points.push(...point);
      if (event.type !== "pointerup") force = brush.force(event) ?? force;
      radii?.push(brush.radius(force ?? 1));
    }
    if (points.length > from + 2) labelMap.goOn(from);
  }
  function send(stroke) {
    bench.released();
    const { points, radii, label, locked, over, mirror } = stroke;
    const buffers = radii ? [floats(points), floats(radii)] : [floats(points)];
    const asks = { ...asked2(), radius: stroke.radius, label, locked, over, mirror };
    const id = tell(head.kind === "push" ? { ...head, ...asks } : { ...head, ...asks, shape: shape() }, buffers);
    labelMap.keep({ id: id ?? "", points, echo: echo(stroke) });
  }
  function restore(message, buffers) {
    if (message.kind !== head.kind || "tool" in head && message.tool !== head.tool) return null;
    const [points, radii] = buffers.map((buffer) => [...new Float32Array(buffer)]);
    return { points, echo: echo({ ...message, points, radii: radii ?? null }) };
  }
  function outlines(cursor) {
    if (!cursor) return [];
    const reach2 = force === null ? radius() : brush.radius(force);
    const own = [brush.outline(cursor.x, cursor.y, reach2, shape()), {}];
    return model.get("mirror") ? [own, [brush.outline(width - cursor.x, cursor.y, reach2, shape()), { dashed: true }]] : [own];
  }
  return { press, restore, outlines };
}

// editor/tools/brush.js
var brush_default = {
  name: "brush",
  place: 1,
  icon: '<path d="M16.8 3.2c-3.4 1.6-6.6 4.6-8.6 7.6l1.9 1.9c3-2 6-5.2 7.6-8.6z"/><path d="M7.3 11.9c-1.9 0-2.7 1.2-2.9 2.6-.1 1-.6 1.7-1.6 2 2.7 1 6.6.4 6.6-2.5"/>',
  key: "b",
  label: (t) => t("brush"),
  title: (t) => t("Brush: paint the selected part (B)"),
  options: ["size", "shape", "pressure"],
  make: (bench) => makeStrokeTool(bench, { head: { kind: "stroke", tool: "brush" }, radius: () => bench.brush.radius(), echo: (stroke) => brushEcho(bench.labelMap.place, stroke) })
};

// editor/tools/eraser.js
var eraser_default = {
  name: "eraser",
  place: 2,
  icon: '<path d="M8.2 16.5 3.6 11.9a1.4 1.4 0 0 1 0-2l6.2-6.2a1.4 1.4 0 0 1 2 0l4.6 4.6a1.4 1.4 0 0 1 0 2l-6.2 6.2z"/><path d="M6.8 6.8l6.5 6.5M8.2 16.5h8.6"/>',
  key: "e",
  label: (t) => t("eraser"),
  title: (t) => t("Eraser: bring the original parts back (E)"),
  aside: true,
  options: ["size", "shape", "pressure"],
  make: (bench) => makeStrokeTool(bench, { head: { kind: "stroke", tool: "eraser" }, radius: () => bench.brush.radius(), echo: (stroke) => brushEcho(bench.labelMap.place, stroke, true) })
};

// editor/tools/push.js
var push_default = {
  name: "push",
  place: 3,
  icon: '<circle cx="7.2" cy="10" r="4.4"/><path d="M7.2 10h9.4m0 0-3-3m3 3-3 3"/>',
  key: "w",
  label: (t) => t("push"),
  title: (t) => t("Push: move the parts along with the brush (W)"),
  options: ["size"],
  make: (bench) => makeStrokeTool(bench, {
    head: { kind: "push" },
    radius: bench.brush.pushRadius,
    pressed: false,
    least: 2,
    // a click moves nothing
    shape: () => "round",
    echo: (stroke) => pushEcho(bench.labelMap.place, stroke)
  })
};

// core/areas.js
function insideOf(corners, width, height) {
  const inside = new Uint8Array(width * height);
  for (let i = 0; i < corners.length; i += 2) {
    const [x0, y0] = [corners[i], corners[i + 1]];
    const next = (i + 2) % corners.length;
    const [x1, y1] = [corners[next], corners[next + 1]];
    const top = Math.max(0, Math.floor(Math.min(y0, y1)) - 1);
    const bottom = Math.min(height, Math.ceil(Math.max(y0, y1)) + 1);
    for (let row = top; row < bottom; row++) {
      const y = row + 0.5;
      if (y0 <= y === y1 <= y) continue;
      const crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0);
      for (let column = 0; column < width && column + 0.5 < crossing; column++) inside[row * width + column] ^= 1;
    }
  }
  return inside;
}
function areaAt(index, column, row, whole, width, height) {
  const start = row * width + column;
  const part = index[start];
  if (whole) return index.map((id) => Number(id === part));
  const area = new Uint8Array(width * height);
  area[start] = 1;
  const found = [start];
  for (let i = found.pop(); i !== void 0; i = found.pop()) {
    const x = i % width;
    const beside = [x > 0 ? i - 1 : i, x < width - 1 ? i + 1 : i, i >= width ? i - width : i, i < width * (height - 1) ? i + width : i];
    for (const j of beside) {
      if (area[j] || index[j] !== part) continue;
      area[j] = 1;
      found.push(j);
    }
  }
  return area;
}

// editor/area_tool.js
function fillEcho(place, message) {
  const { width, height } = place;
  const [column, row] = [Math.floor(message.x), Math.floor(message.y)];
  return areaEcho(place, message, (under, reflected2) => areaAt(under, reflected2 ? width - 1 - column : column, row, message.whole, width, height));
}
function lassoEcho(place, message, points) {
  const { width, height } = place;
  return areaEcho(place, message, (_under, reflected2) => {
    if (!reflected2) return insideOf(points, width, height);
    const inside = insideOf(points, width, height);
    return inside.map((_, i) => inside[i - i % width + (width - 1 - i % width)]);
  });
}
function paint(bench, message, points, echo) {
  bench.released();
  const id = bench.tell(message, points.length ? [floats(points)] : []) ?? "";
  bench.labelMap.add({ id, points, echo });
}
function paintInside(bench, points) {
  const asked2 = bench.asked();
  paint(bench, { kind: "lasso", ...asked2 }, points, lassoEcho(bench.labelMap.place, asked2, points));
}
function paintArea(bench, [x, y], whole) {
  const place = { x, y, whole, ...bench.asked() };
  paint(bench, { kind: "fill", ...place }, [], fillEcho(bench.labelMap.place, place));
}

// editor/tools/fill.js
var fill_default = {
  name: "fill",
  place: 4,
  icon: '<path d="M9.4 3.2 3.6 9a1.5 1.5 0 0 0 0 2.1l4.6 4.6a1.5 1.5 0 0 0 2.1 0l5.9-5.9z"/><path d="M7 2.4l2.4 2.4M3.6 10h12.2"/><path d="M17 13.2c.8 1.1 1.2 1.8 1.2 2.4a1.2 1.2 0 1 1-2.4 0c0-.6.4-1.3 1.2-2.4z" fill="currentColor"/>',
  key: "g",
  label: (t) => t("fill (Shift: the whole part)"),
  title: (t) => t("Fill: paint the whole area under the pointer; with Shift all areas of its part (G)"),
  make: (bench) => ({
    onLift: true,
    press: (point, event) => paintArea(bench, point, event?.shiftKey === true),
    restore: (message) => message.kind === "fill" ? { points: [], echo: fillEcho(bench.labelMap.place, message) } : null
  })
};

// editor/tools/lasso.js
function isLoop(points) {
  const extent = (axis) => {
    const values = points.filter((_, i) => i % 2 === axis);
    return Math.max(...values) - Math.min(...values);
  };
  return points.length > 4 && extent(0) > 1 && extent(1) > 1;
}
var lasso_default = {
  name: "lasso",
  place: 5,
  icon: '<path d="M6.2 13.4C4.2 12.5 3 11 3 9.2 3 6 6.1 3.6 10 3.6s7 2.4 7 5.6-3.1 5.6-7 5.6c-.7 0-1.3-.1-1.9-.2"/><circle cx="7" cy="14" r="1.5"/><path d="M7 15.5c0 1.2-.7 1.9-1.8 2.2"/>',
  key: "l",
  label: (t) => t("lasso"),
  title: (t) => t("Lasso: draw round an area to paint it (L)"),
  make: (bench) => ({
    press(start) {
      const points = [...start];
      const path = new Path2D();
      path.moveTo(...start);
      return {
        move(samples) {
          for (const [[x, y]] of samples) {
            if (points.at(-2) === x && points.at(-1) === y) continue;
            points.push(x, y);
            path.lineTo(x, y);
          }
          bench.redraw();
        },
        release() {
          bench.redraw();
          if (isLoop(points)) paintInside(bench, points);
        },
        cancel: bench.redraw,
        leave: bench.redraw,
        outlines() {
          const closed = new Path2D(path);
          closed.closePath();
          return [[closed, {}]];
        }
      };
    },
    // A polygon is sent as a lasso too.
    restore(message, buffers) {
      if (message.kind !== "lasso") return null;
      const points = [...new Float32Array(buffers[0])];
      return { points, echo: lassoEcho(bench.labelMap.place, message, points) };
    }
  })
};

// editor/tools/polygon.js
var REACH = 7;
function makePolygon({ close, reach: reach2, changed: changed2 }) {
  let corners = [];
  const near2 = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) <= reach2();
  function drop() {
    corners = [];
    changed2();
  }
  function finish() {
    const drawn = corners;
    drop();
    if (drawn.length > 2) close(drawn.flat());
  }
  function click(point) {
    if (corners.length > 2 && near2(point, corners[0])) return finish();
    const last = corners.at(-1);
    if (!last || !near2(point, last)) corners.push(point);
    changed2();
  }
  function key(name) {
    if (!corners.length) return false;
    if (name === "Enter") finish();
    else if (name === "Escape") drop();
    else if (name === "Backspace" || name === "Ctrl+z") {
      corners.pop();
      changed2();
    } else return false;
    return true;
  }
  return { click, finish, drop, key, corners: () => corners };
}
var polygon_default = {
  name: "polygon",
  place: 6,
  icon: '<path d="M5 15.6 3.6 7.4l7.2-3.6 5.8 5.4-3.4 6.4z"/><g fill="currentColor" stroke="none"><circle cx="5" cy="15.6" r="1.6"/><circle cx="3.6" cy="7.4" r="1.6"/><circle cx="10.8" cy="3.8" r="1.6"/><circle cx="16.6" cy="9.2" r="1.6"/><circle cx="13.2" cy="15.6" r="1.6"/></g>',
  key: "p",
  label: (t) => t("polygon"),
  title: (t) => t("Polygon: click round an area to paint it; Enter, a double-click or a click on the first corner closes it (P)"),
  keys: (t) => [["Enter, Backspace, Esc", t("close a polygon, remove its last corner, discard it")]],
  make(bench) {
    const { redraw, reach: reach2 } = bench;
    const polygon = makePolygon({
      reach: () => reach2(REACH),
      changed: redraw,
      close: (points) => paintInside(bench, points)
    });
    return {
      onLift: true,
      press: polygon.click,
      doubleClick: polygon.finish,
      key: polygon.key,
      drop: polygon.drop,
      // The outline so far up to the pointer, and a ring around the first corner once a click there closes the polygon.
      outlines(cursor) {
        const corners = polygon.corners();
        if (!corners.length) return [];
        const path = new Path2D();
        for (const corner of corners) path.lineTo(...corner);
        if (cursor) path.lineTo(cursor.x, cursor.y);
        if (corners.length > 2) {
          const [x, y] = corners[0];
          path.moveTo(x + reach2(REACH), y);
          path.arc(x, y, reach2(REACH), 0, 2 * Math.PI);
        }
        return [[path, {}]];
      }
    };
  }
};

// editor/tools/pick.js
var pick_default = {
  name: "pick",
  place: 7,
  icon: '<path d="M11.2 5.3l3.5 3.5M12.4 7.6l-7 7c-.5.5-1.4.6-2.1.7.1-.7.2-1.6.7-2.1l7-7M13 3.6c.9-.9 2.3-.9 3.2 0s.9 2.3 0 3.2l-1.5 1.5-3.2-3.2z"/>',
  key: "i",
  label: (t) => t("eyedropper"),
  title: (t) => t("Eyedropper: select the part under the pointer (I, or hold Alt)"),
  aside: true,
  make: ({ choice, labelMap }) => ({
    onLift: true,
    press: (point) => choice.select(labelMap.labelAt(point))
  })
};

// editor/tools/drag.js
var REACH2 = 8;
var LEAST = 0.5;
var MOST = 64;
var STRIDE = 8;
var WAYS2 = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
function makePairs({ width, height, reach: reach2, changed: changed2 }) {
  let pairs = [];
  let chosen = -1;
  const clamp = ([x, y]) => (
    /** @type {Point} */
    [Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))]
  );
  const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const moves = (pair) => apart(pair.handle, pair.target) >= LEAST;
  function take(point) {
    let end = (
      /** @type {"handle" | "target"} */
      "target"
    );
    let at = pairs.findIndex((pair2) => apart(pair2.target, point) <= reach2());
    if (at < 0) {
      at = pairs.findIndex((pair2) => apart(pair2.handle, point) <= reach2());
      if (at >= 0) end = "handle";
    }
    const isNew = at < 0;
    if (isNew && pairs.length === MOST) return null;
    if (isNew) at = pairs.push({ handle: point, target: point }) - 1;
    chosen = at;
    const pair = pairs[at];
    const before = { ...pair };
    changed2();
    return {
      move(to) {
        pair[end] = clamp(to);
        changed2();
      },
      /** Keep the pair, unless its target is at its handle. */
      release() {
        if (!moves(pair)) drop(pair, isNew ? null : before);
        changed2();
      },
      cancel() {
        drop(pair, isNew ? null : before);
        changed2();
      }
    };
  }
  function drop(pair, before) {
    if (before) Object.assign(pair, before);
    else pairs = pairs.filter((other) => other !== pair);
    chosen = Math.min(chosen, pairs.length - 1);
  }
  function nudge([dx, dy]) {
    const pair = pairs[chosen];
    if (!pair) return false;
    pair.target = clamp([pair.target[0] + dx, pair.target[1] + dy]);
    changed2();
    return true;
  }
  function next() {
    if (!pairs.length) return false;
    chosen = (chosen + 1) % pairs.length;
    changed2();
    return true;
  }
  function remove() {
    if (!pairs[chosen]) return false;
    drop(pairs[chosen], null);
    changed2();
    return true;
  }
  function clear() {
    pairs = [];
    chosen = -1;
    changed2();
  }
  return {
    take,
    nudge,
    next,
    remove,
    clear,
    all: () => pairs,
    chosen: () => chosen,
    /** Points for the kernel: x and y of handle and target of each pair whose target is away from its handle. */
    points: () => pairs.filter(moves).map(({ handle, target }) => (
      /** @type {[number, number, number, number]} */
      [...handle, ...target]
    ))
  };
}
function makeDrags({ model, on, own }, { moved, ended }) {
  const sent = own(() => {
  });
  let share = 0;
  let dragging = false;
  const ours = (progress) => dragging && !sent.waits() && progress.figures?.reached !== void 0;
  on("msg:custom", (message) => {
    if (message.kind !== "frame" || !ours(message)) return;
    share = message.figures.reached;
    moved();
  });
  on("change:progress", () => {
    const progress = model.get("progress");
    if (!ours(progress) || progress.kept === void 0) return;
    [share, dragging] = [0, false];
    ended(progress.kept);
  });
  on("change:running", () => {
    if (model.get("running")) return;
    share = 0;
    moved();
  });
  return {
    /** @param {[number, number, number, number][]} points @param {number | null} part */
    start(points, part) {
      [share, dragging] = [0, true];
      sent.tell({ kind: "drag", points, part });
    },
    share: () => share
  };
}
var drag_default = {
  name: "drag",
  place: 8,
  icon: '<circle cx="5.4" cy="14.4" r="2.2" fill="currentColor"/><path d="M7 12.8 15 5m0 0h-4.6M15 5v4.6"/>',
  key: "d",
  label: (t) => t("drag points of the picture"),
  title: (t) => t("Drag: press on a point and release at its target; set several pairs, then press “Start dragging” or Enter (D)"),
  keys: (t) => [[t("Arrows, N, Delete, Enter"), t("move the chosen target, choose the next pair, remove it, start dragging")]],
  make(bench) {
    const { model, width, height, redraw, reach: reach2, t } = bench;
    const pairs = makePairs({ width, height, reach: () => reach2(REACH2), changed: () => (show(), redraw()) });
    const drags = makeDrags(bench, { moved: redraw, ended: (kept) => kept ? pairs.clear() : redraw() });
    const within = h("input", { type: "checkbox" });
    const text = (label, title, action) => h("button", { type: "button", class: "eg-button eg-text", title, onclick: action }, label);
    const go = text(t("Start dragging"), t("Move the points in the picture to their targets (Enter)"), () => void start());
    const clear = text(t("Clear points"), t("Remove all points"), () => pairs.clear());
    const node = h(
      "div",
      { class: "eg-group eg-drag", hidden: true },
      go,
      clear,
      h("label", { class: "eg-check", title: t("Keep the picture unchanged outside the selected part") }, within, h("span", {}, t("only the selected part")))
    );
    function show() {
      go.disabled = !pairs.points().length;
      clear.disabled = !pairs.all().length;
    }
    function start() {
      const points = pairs.points();
      if (!points.length) return false;
      drags.start(points, within.checked ? model.get("label") : null);
      return true;
    }
    show();
    return {
      node,
      press(point) {
        const held = pairs.take(point);
        if (!held) return;
        return {
          move: (samples) => void (samples.length && held.move(
            /** @type {[Point, PointerEvent]} */
            samples.at(-1)[0]
          )),
          release: held.release,
          cancel: held.cancel,
          leave: held.release
        };
      },
      key(name) {
        const way = WAYS2[name.replace("Shift+", "")];
        const stride = name.startsWith("Shift+") ? STRIDE : 1;
        if (way) return pairs.nudge([way[0] * stride, way[1] * stride]);
        if (name === "n") return pairs.next();
        if (name === "Delete" || name === "Backspace") return pairs.remove();
        if (name === "Enter") return start();
        return false;
      },
      // A line from each handle to its target, a ring at the target, a dot at the moved handle; heavier for the chosen pair.
      outlines() {
        const come = drags.share();
        return pairs.all().map(({ handle, target }, i) => {
          const [ring, dot] = [reach2(6), reach2(3)];
          const at = (
            /** @type {Point} */
            [handle[0] + come * (target[0] - handle[0]), handle[1] + come * (target[1] - handle[1])]
          );
          const path = new Path2D();
          path.moveTo(...handle);
          path.lineTo(...target);
          path.moveTo(target[0] + ring, target[1]);
          path.arc(...target, ring, 0, 2 * Math.PI);
          path.moveTo(at[0] + dot, at[1]);
          path.arc(...at, dot, 0, 2 * Math.PI);
          return [path, { weight: i === pairs.chosen() ? 1.4 : 1, light: i === pairs.chosen() ? "#ffd54f" : "#4fc3f7" }];
        });
      }
    };
  }
};

// editor/toolbox.js
var TOOLS = Object.values(tools_exports).sort((a, b) => a.place - b.place);
function toolNamed(name) {
  const found = TOOLS.find((tool) => tool.name === name);
  if (!found) throw new Error(`the editor has no tool ${name}; it has ${TOOLS.map((tool) => tool.name).join(", ")}`);
  return found;
}

// editor/choice.js
function makeChoice({ model, put, names }, { mostSize }) {
  let painting = "brush";
  const isAside = (name) => toolNamed(name).aside === true;
  function setTool(name) {
    if (!isAside(name)) painting = name;
    put("tool", name);
  }
  function select(id, keepTool = false) {
    model.set("label", id);
    if (!keepTool && isAside(model.get("tool"))) model.set("tool", painting);
    model.save_changes();
  }
  const selectDigit = (digit) => select(names[(digit + 9) % 10]?.id ?? model.get("label"));
  function resize(way) {
    const step = model.get("size") >= 12 ? 2 : 1;
    put("size", Math.min(mostSize, Math.max(1, model.get("size") + way * step)));
  }
  function toggleLock() {
    const part = model.get("label");
    const locked = model.get("locked");
    put("locked", locked.includes(part) ? locked.filter((id) => id !== part) : [...locked, part].sort((a, b) => a - b));
  }
  return { setTool, select, selectDigit, resize, toggleLock };
}

// core/shortcuts.js
function keyNames({ key, code, shiftKey, ctrlKey, metaKey, altKey }) {
  const own = key.length === 1 ? key.toLowerCase() : key;
  const before = `${ctrlKey || metaKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}`;
  if (!shiftKey) return [`${before}${own}`];
  const place = /^Digit\d$/.test(code) && !/^\d$/.test(key) ? [`${before}Shift+${code}`] : [];
  return [`${before}Shift+${own}`, ...place, `${before}${own}`];
}
var actionOf = (press, table) => keyNames(press).map((name) => table[name]).find(Boolean);
var isTyping = (target) => target instanceof HTMLSelectElement || target instanceof HTMLInputElement && ["search", "text", "number"].includes(target.type);
function listenToKeys({ root, listen }, table, { first = () => false, whileTyping = [] } = {}) {
  listen(root, "keydown", (event) => {
    if (event.defaultPrevented || root.querySelector("dialog[open]")) return;
    const typing = isTyping(event.target);
    if (!typing && first(event)) return handled(event);
    const action = actionOf(event, table);
    if (!action || typing && !keyNames(event).some((name) => whileTyping.includes(name))) return;
    if (action(event) !== false) handled(event);
  });
  listen(
    window,
    "keydown",
    ({ target, key, ctrlKey, metaKey }) => {
      if (key.toLowerCase() !== "s" || !(ctrlKey || metaKey) || !root.contains(target) || !target.hasAttribute("data-lm-suppress-shortcuts")) return;
      target.removeAttribute("data-lm-suppress-shortcuts");
      setTimeout(() => target.setAttribute("data-lm-suppress-shortcuts", "true"));
    },
    true
  );
}
function makeShortcutSheet(t, rows) {
  const sheet = h(
    "dialog",
    { class: "eg-sheet", "aria-label": t("Keyboard shortcuts"), onclick: (event) => void (event.target === sheet && sheet.close()) },
    h("div", {}, h("h2", {}, t("Keyboard shortcuts")), h("dl", { class: "eg-keys" }, ...rows.map(([keys, what]) => h("div", {}, h("dt", {}, keys), h("dd", {}, what))))),
    iconButton("close", t("Close the list of shortcuts"), () => void sheet.close())
  );
  return sheet;
}

// editor/keys.js
function makeSheet(t) {
  const tools = TOOLS.map((tool) => [tool.key.toUpperCase(), tool.label(t)]);
  return makeShortcutSheet(t, [
    ...tools,
    ...TOOLS.flatMap((tool) => tool.keys?.(t) ?? []),
    ["1 … 9 0", t("choose one of the first ten parts")],
    ["M", t("mirror what is painted")],
    ["Alt", t("hold: pick the part under the pointer")],
    ["[ ]", t("brush size; also Alt and the wheel")],
    ["K", t("lock or unlock the selected part")],
    ["H, Shift+H", t("hide the selected part in the mask, show it alone")],
    ["O", t("the mask as areas, borders or both")],
    ["+ − Home, Shift+1", t("zoom in, zoom out, whole picture (also Shift+0), actual size; Ctrl and the wheel zoom, the middle button drags")],
    [t("Arrows, Space"), t("move the brush (Shift: faster), paint a dot")],
    ["Ctrl+Z, Ctrl+Shift+Z", t("undo, redo")],
    ["C", t("hold: the picture before all edits")],
    ["V", t("the whole photo with the edits, if a photo is open")],
    ["Ctrl+V", t("open the picture in the clipboard")],
    ["Shift+C", t("divide the picture into before and now; arrows move the divider")],
    ["Enter, Delete", t("accept or discard the finished edit")],
    ["Esc", t("discard the stroke under the pointer, stop a running edit, or leave the editor")],
    ["?", t("this list")]
  ]);
}
var keyboardHelp = (t) => t("Drag to paint. Arrow keys move the brush, Space paints a dot. {tools}. Digits choose one of the first ten parts, K locks the selected part, H hides it, M mirrors, O shows borders, [ and ] size (or Alt and the wheel), plus, minus, Home and Shift 1 zoom, hold Alt to pick a part, hold C to compare, question mark lists all, Control Z undo, Control Shift Z redo, Escape stops a running edit or leaves the editor.", {
  tools: TOOLS.map((tool) => `${tool.key.toUpperCase()} ${tool.label(t)}`).join(", ")
});
function listenToEditorKeys(page, { choice, zoom, painting, maskView, peek, divider, photoPanel, staging, sheet, travel }) {
  const { model, root, put, tell, listen } = page;
  const part = () => model.get("label");
  const stage = (kind) => (event) => staging.pending() && event.target instanceof HTMLCanvasElement && (tell({ kind }), true);
  function escape() {
    const { activeElement } = root.ownerDocument;
    if (painting.active()) painting.drop();
    else if (model.get("running")) tell({ kind: "stop" });
    else if (activeElement instanceof HTMLElement) activeElement.blur();
  }
  const digits = Array.from({ length: 10 }, (_, digit) => [String(digit), () => choice.selectDigit(digit)]);
  const tools = TOOLS.map((tool) => [tool.key, () => choice.setTool(tool.name)]);
  listenToKeys(
    page,
    {
      ...Object.fromEntries([...digits, ...tools]),
      "[": () => choice.resize(-1),
      "]": () => choice.resize(1),
      "+": () => zoom.by(2 ** 0.5),
      "=": () => zoom.by(2 ** 0.5),
      "-": () => zoom.by(2 ** -0.5),
      "Shift+Digit0": () => zoom.to(1),
      "Shift+Digit1": zoom.toActual,
      Home: ({ target }) => !(target instanceof HTMLInputElement && target.type === "range") && zoom.to(1),
      Enter: stage("accept"),
      Delete: stage("discard"),
      Escape: escape,
      "Ctrl+z": () => travel("undo"),
      "Ctrl+Shift+z": () => travel("redo"),
      "Ctrl+y": () => travel("redo"),
      m: () => put("mirror", !model.get("mirror")),
      o: maskView.nextStyle,
      h: () => maskView.hide(part()),
      "Shift+h": () => maskView.solo(part()),
      k: choice.toggleLock,
      "?": () => sheet.showModal(),
      c: () => peek.hold(true),
      "Shift+c": () => divider.toggle(),
      v: photoPanel.toggle
    },
    { first: (event) => painting.key(keyNames(event)[0]), whileTyping: ["Escape"] }
  );
  listen(root, "keyup", (event) => event.key.toLowerCase() === "c" && peek.hold(false));
  listen(root, "focusout", () => peek.hold(false));
}

// editor/mask_view.js
var MASK_STYLES = ["areas", "borders", "both"];
function makeMaskView({ model, put, t, names, width, height }) {
  const hidden = new Uint8Array(256);
  const eyes = /* @__PURE__ */ new Map();
  let path = new Path2D();
  let drawnFor = -1;
  const TITLES = { areas: t("Mask as areas; press for its borders (O)"), borders: t("Mask as borders; press for both (O)"), both: t("Mask as areas and borders; press for its areas (O)") };
  const styleButton = iconButton("borders", t("Show the mask as borders"), () => nextStyle());
  const hideButton = h("button", { type: "button", class: "eg-button eg-tool", html: ICONS.eye, title: t("Hide the selected part in the mask (H); Alt-click or Shift+H shows it alone"), "aria-label": t("Hide the selected part"), onclick: (event) => (event.altKey ? solo : hide)(model.get("label")) });
  function nextStyle() {
    put("mask_style", MASK_STYLES[(MASK_STYLES.indexOf(model.get("mask_style")) + 1) % MASK_STYLES.length]);
  }
  function hide(part) {
    const ids = model.get("hidden");
    put("hidden", ids.includes(part) ? ids.filter((id) => id !== part) : [...ids, part].sort((a, b) => a - b));
  }
  function solo(part) {
    const rest = names.map((label) => label.id).filter((id) => id !== part);
    const ids = model.get("hidden");
    put("hidden", ids.length === rest.length && !ids.includes(part) ? [] : rest);
  }
  function eye(label) {
    const name = t(label.name);
    const node = h("button", {
      type: "button",
      class: "eg-eye",
      tabindex: -1,
      html: ICONS.eye,
      title: t("Hide or show {part}; Alt-click shows it alone", { part: name }),
      "aria-label": t("Hide {part}", { part: name }),
      onclick: (event) => (event.altKey ? solo : hide)(label.id)
    });
    eyes.set(label.id, node);
    return node;
  }
  function show() {
    const ids = model.get("hidden");
    hidden.fill(0);
    for (const id of ids) hidden[id] = 1;
    for (const [id, node] of eyes) {
      setPressed(node, ids.includes(id));
      node.parentElement?.classList.toggle("eg-gone", ids.includes(id));
    }
    setPressed(hideButton, ids.includes(model.get("label")));
    const style = model.get("mask_style");
    setPressed(styleButton, style !== "areas");
    styleButton.title = TITLES[style];
    drawnFor = -1;
  }
  function borderPath(index, version) {
    if (model.get("mask_style") === "areas") return null;
    if (drawnFor !== version) path = borders(index, hidden, width, height);
    drawnFor = version;
    return path;
  }
  return { styleButton, hideButton, eye, show, hide, solo, nextStyle, borderPath, isHidden: (id) => hidden[id] === 1, filled: () => model.get("mask_style") !== "borders" };
}

// editor/opening.js
function makeOpening({ root, t, tell, listen }) {
  const input = h("input", { type: "file", accept: "image/*,.npy,.npz,.pt,.pth,.pkl", hidden: true, onchange: () => void send(input.files?.[0]) });
  const button = iconButton("open", t("Open a photo, drawing or painting, or a saved picture (or drop it on the editor)"), () => input.click());
  async function send(file) {
    if (!file) return;
    tell({ kind: "open", name: file.name }, [await file.arrayBuffer()]);
    input.value = "";
  }
  const hasFile = (event) => event.dataTransfer?.types.includes("Files") === true;
  listen(root, "paste", (event) => {
    const pasted = [...event.clipboardData?.files ?? []].find((file) => file.type.startsWith("image/"));
    if (!pasted) return;
    send(pasted);
    handled(event);
  });
  listen(root, "dragover", (event) => {
    if (!hasFile(event)) return;
    event.dataTransfer.dropEffect = "copy";
    root.classList.add("eg-drop");
    handled(event);
  });
  listen(root, "dragleave", (event) => root.contains(event.relatedTarget) || root.classList.remove("eg-drop"));
  listen(root, "drop", (event) => {
    root.classList.remove("eg-drop");
    if (!hasFile(event)) return;
    send(event.dataTransfer.files[0]);
    handled(event);
  });
  return { button, input };
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
  function changed2() {
    if (!online()) {
      lost = true;
      onLost();
    } else if (lost) {
      lost = false;
      release();
      onBack();
    }
  }
  signal?.connect(changed2);
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
      signal?.disconnect(changed2);
    }
  };
}

// core/outbox.js
var PATIENCE = 5e3;
var MOST_PATIENCE = 6e4;
var ASK_AGAIN2 = 300;
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
  let asked2 = -ASK_AGAIN2;
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
    if (!early || !first || performance.now() - asked2 < ASK_AGAIN2) return;
    asked2 = performance.now();
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

// editor/page.js
var DOWNLOADS = ["save", "save_mask", "script", "animation", "sweep"];
var PASSING = ["ack", "samples", "outline", "dismiss", "open", "thumbs", "history"];
function makeEditorPage(model, root, { onHandled, putStatus }) {
  const page = makeLinePage(model, root, {
    downloads: DOWNLOADS,
    passing: PASSING,
    onHandled,
    putStatus,
    gone: (t) => t("The kernel was restarted and does not know this editor. Run Editor.restore() in a new cell to bring it back.")
  });
  const names = model.get("labels");
  return {
    ...page,
    /** The parts, in their order. */
    names,
    byId: new Map(names.map((part) => [part.id, part])),
    width: model.get("width"),
    height: model.get("height"),
    /** @returns {import("./wire").Asked} */
    asked: () => ({ label: model.get("label"), auto: model.get("auto"), steps: model.get("steps"), locked: model.get("locked"), over: model.get("over"), mirror: model.get("mirror") })
  };
}

// core/pinch.js
function makePinch({ canvas, width, height, seen, moveTo, begun }) {
  const fingers = /* @__PURE__ */ new Map();
  let start = { x: 0, y: 0, distance: 1, zoom: 1 };
  let pinching = false;
  function measure() {
    const [a, b] = [...fingers.values()];
    const box = canvas.getBoundingClientRect();
    const middle = [((a.x + b.x) / 2 - box.left) / box.width, ((a.y + b.y) / 2 - box.top) / box.height];
    return { middle, distance: Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)) };
  }
  function hold() {
    const { middle, distance } = measure();
    const { zoom, left, top } = seen();
    start = { x: left + middle[0] * width / zoom, y: top + middle[1] * height / zoom, distance, zoom };
  }
  function down(event) {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 2) {
      pinching = true;
      begun();
      hold();
    }
    if (pinching) keep(event);
  }
  function move(event) {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (!pinching || event.pointerType !== "touch") return;
    keep(event);
    if (fingers.size !== 2) return;
    const { middle, distance } = measure();
    const zoom = Math.min(MOST_ZOOM, Math.max(1, start.zoom * distance / start.distance));
    moveTo(start.x - middle[0] * width / zoom, start.y - middle[1] * height / zoom, zoom);
  }
  function up(event) {
    if (!fingers.delete(event.pointerId) || !pinching) return;
    keep(event);
    if (fingers.size === 2) hold();
    pinching = fingers.size > 0;
  }
  function keep(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  return [["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up]];
}

// editor/painting.js
var WAYS3 = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
var STRIDE2 = 8;
function makePainting(page, { canvases, labelMap, zoom, choice, brush, hover, redraw }) {
  const { model, width, height, byId, t, listen, root } = page;
  const bench = {
    ...page,
    labelMap,
    choice,
    brush,
    redraw,
    reach: (px) => px * width / zoom.seen().zoom / (canvases()[1].clientWidth || width),
    released: () => void (root.dataset.up = String(performance.now()))
  };
  const tools = new Map(TOOLS.map((tool) => [tool.name, tool.make(bench)]));
  const inHand = () => (
    /** @type {import("./tools/tool").ToolInUse} */
    tools.get(model.get("tool"))
  );
  let gesture = null;
  let cursor = null;
  let tap = null;
  let byKeys = false;
  const inside = ([x, y]) => x >= 0 && y >= 0 && x < width && y < height;
  const shareText = (share) => share < 1e-3 ? t("under 0.1%") : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
  let said = "";
  function say(part) {
    const text = part ? `${t(part.name)}, ${shareText(labelMap.share(part.id))}` : "";
    if (said === text) return;
    said = text;
    hover.replaceChildren(...part ? [chip(part), text] : []);
  }
  function pointAt(point) {
    cursor = { x: point[0], y: point[1] };
    say(inside(point) ? byId.get(labelMap.labelAt(point)) : void 0);
    redraw();
  }
  function pointAway() {
    byKeys = false;
    cursor = null;
    say(void 0);
    redraw();
  }
  function begin(point, event = null) {
    if (event?.altKey) return choice.select(labelMap.labelAt(point), true);
    const begun = inHand().press(point, event);
    if (begun) gesture = { pointer: event?.pointerId, is: begun };
  }
  function finish() {
    const done = gesture;
    gesture = null;
    done?.is.release();
  }
  function drop() {
    const dropped = gesture;
    tap = gesture = null;
    dropped?.is.cancel();
  }
  function dot() {
    if (!cursor || gesture || !labelMap.loaded()) return;
    begin([cursor.x, cursor.y]);
    finish();
  }
  function leave() {
    const left = gesture;
    gesture = null;
    left?.is.leave();
  }
  function listenTo(canvas) {
    for (const [event, callback] of makePinch({ canvas, width, height, seen: zoom.seen, moveTo: zoom.moveTo, begun: drop })) listen(canvas, event, callback);
    listenToPan(canvas);
    listen(canvas, "pointerdown", (event) => {
      if (event.button !== 0 || !labelMap.loaded() || gesture) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      byKeys = false;
      const point = zoom.place(canvas, event);
      pointAt(point);
      if (!inside(point)) return;
      if (event.pointerType === "touch" && inHand().onLift) tap = { pointer: event.pointerId, point };
      else begin(point, event);
      event.preventDefault();
    });
    const mine = (event) => gesture?.pointer === event.pointerId;
    const sample = (event) => (
      /** @type {[Point, PointerEvent]} */
      [zoom.place(canvas, event), event]
    );
    listen(canvas, "pointermove", (event) => {
      byKeys = false;
      pointAt(zoom.place(canvas, event));
      if (!mine(event)) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      gesture?.is.move((moves.length ? moves : [event]).map(sample));
    });
    listen(canvas, "pointerup", (event) => {
      const tapped = tap;
      if (tapped && tapped.pointer === event.pointerId) {
        tap = null;
        begin(tapped.point);
      }
      if (!mine(event)) return;
      gesture?.is.move([sample(event)]);
      finish();
    });
    listen(canvas, "pointercancel", (event) => {
      if (tap?.pointer === event.pointerId) tap = null;
      if (mine(event)) leave();
    });
    listen(canvas, "pointerleave", () => gesture || byKeys || pointAway());
    listen(canvas, "dblclick", () => inHand().doubleClick?.());
    listen(canvas, "contextmenu", (event) => event.preventDefault());
    listen(canvas, "keydown", (event) => {
      if (inHand().key?.(keyNames(event)[0])) return handled(event);
      const way = WAYS3[event.key];
      if (way && !event.ctrlKey && !event.metaKey && !event.altKey) step(way, event.shiftKey ? STRIDE2 : 1);
      else if (event.key !== " ") return;
      else if (!cursor) step([0, 0], 0);
      else if (!event.repeat) dot();
      handled(event);
    });
    listen(canvas, "blur", () => byKeys && pointAway());
  }
  function listenToPan(canvas) {
    let drag = null;
    listen(canvas, "pointerdown", (event) => {
      if (event.button !== 1 || zoom.seen().zoom <= 1) return;
      drag = { x: event.clientX, y: event.clientY, from: zoom.seen() };
      canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    listen(canvas, "pointermove", (event) => {
      if (!drag) return;
      const unit = canvas.clientWidth / drag.from.width;
      zoom.moveTo(drag.from.left - (event.clientX - drag.x) / unit, drag.from.top - (event.clientY - drag.y) / unit);
    });
    for (const end of ["pointerup", "pointercancel"]) listen(canvas, end, () => drag = null);
    const wheel = (event) => {
      if (event.altKey) choice.resize(event.deltaY < 0 ? 1 : -1);
      else if (event.ctrlKey || event.metaKey) zoom.by(Math.exp(-event.deltaY / 300), zoom.place(canvas, event));
      else return;
      event.preventDefault();
    };
    listen(canvas, "wheel", wheel, { passive: false });
  }
  function step(way, reach2) {
    const from = cursor ?? { x: width / 2, y: height / 2 };
    const clamp = (value, limit) => Math.fround(Math.min(limit - 0.5, Math.max(0.5, value)));
    byKeys = true;
    pointAt([clamp(from.x + way[0] * reach2, width), clamp(from.y + way[1] * reach2, height)]);
  }
  let chosen = model.get("tool");
  function showTool() {
    const tool = model.get("tool");
    if (tool !== chosen) tools.get(chosen)?.drop?.();
    chosen = tool;
    redraw();
  }
  return {
    /** Listen to the views, and show the unconfirmed strokes of an earlier page. */
    open() {
      for (const canvas of canvases()) listenTo(canvas);
      listen(window, "pagehide", leave);
      listen(document, "visibilitychange", () => document.hidden && leave());
      for (const { id, message, buffers } of page.line.waiting()) {
        const stroke = [...tools.values()].map((tool) => tool.restore?.(message, buffers)).find(Boolean);
        if (stroke) labelMap.keep({ id, ...stroke });
      }
    },
    showTool,
    drop,
    active: () => gesture !== null,
    /** Outlines of the chosen tool. */
    outlines: () => gesture?.is.outlines?.() ?? inHand().outlines?.(cursor) ?? [],
    /** Pass a key press to the chosen tool; returns whether it was handled. */
    key: (name) => inHand().key?.(name) ?? false,
    /** The tools' elements for the toolbar, by name. */
    nodes: [...tools].flatMap(([name, { node }]) => node ? [
      /** @type {[string, HTMLElement]} */
      [name, node]
    ] : []),
    /** @returns {Point | null} */
    pointer: () => cursor && inside([cursor.x, cursor.y]) ? [cursor.x, cursor.y] : null
  };
}

// editor/paint_over.js
function makePaintOver({ model, put, t, names }) {
  const anything = h("option", { value: "anything" });
  const only = h("option", { value: "only" });
  const choose = h("option", { value: "choose" }, t("choose parts …"));
  const select = h("select", { class: "eg-select eg-over", "aria-label": t("Paints over"), title: t("Which parts painting may change"), onchange: () => chosen() }, anything, only, choose);
  const boxes = /* @__PURE__ */ new Map();
  const rows = names.map((label) => {
    const box = h("input", { type: "checkbox", onchange: () => put("over", names.filter(({ id }) => boxes.get(id)?.checked).map(({ id }) => id)) });
    boxes.set(label.id, box);
    return h("label", { class: "eg-check" }, box, chip(label), h("span", { class: "eg-name" }, t(label.name)));
  });
  const sheet = h(
    "dialog",
    { class: "eg-sheet eg-over-sheet", "aria-label": t("Parts to paint over"), onclick: (event) => void (event.target === sheet && sheet.close()), onclose: () => show() },
    h("div", {}, h("p", {}, t("Painting changes only the chosen parts; with none chosen, any part.")), h("div", { class: "eg-over-parts" }, ...rows)),
    iconButton("close", t("Close the list of parts"), () => void sheet.close())
  );
  function chosen() {
    if (select.value === "anything") put("over", []);
    else if (select.value === "choose") sheet.showModal();
    show();
  }
  function show() {
    const over = model.get("over");
    anything.textContent = model.get("locked").length ? t("over: unlocked") : t("over: anything");
    const shown = names.filter(({ id }) => over.includes(id)).map(({ name }) => t(name));
    only.textContent = shown.length > 2 ? t("over: {count} parts", { count: shown.length }) : t("over: {parts}", { parts: shown.join(", ") });
    only.hidden = only.disabled = !shown.length;
    select.value = shown.length ? "only" : "anything";
    select.classList.toggle("eg-on", shown.length > 0);
    for (const [id, box] of boxes) box.checked = over.includes(id);
  }
  return { select, sheet, show };
}

// editor/part_bar.js
var GROUPS = [
  ["grow", "shrink", "smooth"],
  ["up", "down", "left", "right", "turn left", "turn right"],
  ["wider", "narrower", "taller", "flatter"],
  ["lift ends", "drop ends"]
];
var TOOL_MARKS = { up: "↑", down: "↓", left: "←", right: "→", "turn left": "↺", "turn right": "↻", "from the other side": "⇄" };
function makePartBar({ model, byId, t, tell, asked: asked2 }, { hideButton, preview, portraits, toggleLock }) {
  const button = (attributes, ...children) => h("button", { type: "button", class: "eg-button eg-tool", ...attributes }, ...children);
  const name = h("span", { class: "eg-part" });
  const lock = button({ title: t("Lock the selected part: nothing paints over it (K)"), "aria-label": t("Lock the selected part"), html: ICONS.lock, onclick: toggleLock });
  const take = button({ title: t("Give the selected part the shape that it has in another portrait …"), "aria-label": t("Selected part: from another portrait"), "aria-haspopup": "dialog", html: ICONS.borrow, onclick: () => takePart() });
  const tools = new Map(model.get("part_tools").map((tool) => [tool, makeTool(tool)]));
  const paired = tools.get("from the other side");
  function makeTool(tool) {
    const title = t("{tool}: change the mask of the selected part", { tool: t(tool) });
    const node2 = button({ title, "aria-label": t("Selected part: {tool}", { tool: t(tool) }), onclick: () => node2.getAttribute("aria-disabled") !== "true" && tell({ kind: "operate", name: tool, ...asked2() }) }, TOOL_MARKS[tool] ?? t(tool));
    return preview.watch(node2, tool);
  }
  function takePart() {
    const part = byId.get(model.get("label"));
    if (!part) return;
    portraits.choose({
      title: t("Take {part} from another portrait", { part: t(part.name) }),
      hint: t("The mask takes the shape of this part from the one you choose."),
      chosen: (sample) => tell({ kind: "from_sample", ...sample, ...asked2(), label: part.id })
    });
  }
  const rest = [...tools.keys()].filter((tool) => !GROUPS.flat().includes(tool));
  const groups = [...GROUPS, rest].map((names) => h("span", { class: "eg-run-of" }, ...names.flatMap((tool) => tools.get(tool) ?? [])));
  const node = h("div", { class: "eg-bar eg-parts", role: "toolbar", "aria-label": t("Change the selected part's shape") }, name, h("span", { class: "eg-run-of" }, lock, hideButton), ...groups);
  if (paired) paired.after(take);
  else node.append(take);
  function show() {
    const part = byId.get(model.get("label"));
    setPressed(lock, model.get("locked").includes(model.get("label")));
    if (paired) setUsable(paired, part !== void 0 && part.other !== part.id);
    name.replaceChildren(...part ? [chip(part), t(part.name)] : []);
  }
  return { node, show };
}

// editor/part_list.js
function makePartList({ model, names, t, atEnd }, { select, eye, beside }) {
  const swatches = /* @__PURE__ */ new Map();
  const filter = h("input", {
    type: "search",
    class: "eg-search",
    placeholder: t("Find a part"),
    "aria-label": t("Find a part by name"),
    oninput: () => {
      const text = filter.value.trim().toLowerCase();
      for (const label of names) {
        const row = swatches.get(label.id)?.row;
        if (row) row.hidden = ![label.name, t(label.name)].some((name) => name.toLowerCase().includes(text));
      }
      rove();
    },
    onkeydown: (event) => {
      const first = event.key === "Enter" ? found()[0] : void 0;
      if (first) select(first.id);
    }
  });
  const list = h("div", { class: "eg-swatches", role: "radiogroup", "aria-label": t("Part to paint"), onkeydown: go });
  for (const [place, label] of names.entries()) {
    const title = place < 10 ? `${t(label.name)} (${(place + 1) % 10})` : t(label.name);
    const button = h("button", { type: "button", class: "eg-swatch", role: "radio", title, tabindex: -1, onclick: () => select(label.id) }, chip(label), h("span", { class: "eg-name" }, t(label.name)));
    const row = h("div", { class: "eg-row", role: "none" }, button, eye(label));
    swatches.set(label.id, { button, row });
    list.append(row);
  }
  const scroller = h("div", { class: "eg-scroll" }, list);
  const node = h("div", { class: "eg-palette" }, h("div", { class: "eg-bar eg-find" }, filter, beside), scroller);
  const found = () => names.filter((label) => !swatches.get(label.id)?.row.hidden);
  function go(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const shown = found();
    if (!step || !shown.length) return;
    const at = shown.findIndex((label) => label.id === model.get("label"));
    const next = shown[(at + step + shown.length) % shown.length];
    select(next.id);
    swatches.get(next.id)?.button.focus();
    handled(event);
  }
  function rove() {
    const shown = found();
    const stop = shown.find((label) => label.id === model.get("label")) ?? shown[0];
    for (const [id, { button }] of swatches) button.tabIndex = id === stop?.id ? 0 : -1;
  }
  function reveal() {
    const node2 = swatches.get(model.get("label"))?.button;
    if (!node2?.offsetParent) return;
    const box = scroller.getBoundingClientRect();
    const own = node2.getBoundingClientRect();
    if (own.top < box.top) scroller.scrollTop -= box.top - own.top;
    else if (own.bottom > box.bottom) scroller.scrollTop += own.bottom - box.bottom + 2;
  }
  function show() {
    for (const [id, { button }] of swatches) {
      button.classList.toggle("eg-locked", model.get("locked").includes(id));
      button.setAttribute("aria-checked", String(id === model.get("label")));
    }
    reveal();
    rove();
  }
  const placed2 = new ResizeObserver(reveal);
  placed2.observe(scroller);
  atEnd(() => placed2.disconnect());
  return { node, show };
}

// editor/frame.js
var SVG = "http://www.w3.org/2000/svg";
var LEAST2 = 16;
var placed = ([left, upper, side, roll]) => ({ x: left + side / 2, y: upper + side / 2, side, roll });
var asked = ({ x, y, side, roll }) => ({ x: x - side / 2, y: y - side / 2, side, roll });
function byKey(square, key, far) {
  const step = square.side * (far ? 0.1 : 0.02);
  const turn = far ? 10 : 2;
  const changes = {
    ArrowLeft: { x: square.x - step },
    ArrowRight: { x: square.x + step },
    ArrowUp: { y: square.y - step },
    ArrowDown: { y: square.y + step },
    "+": { side: square.side * 1.05 },
    "=": { side: square.side * 1.05 },
    "-": { side: Math.max(LEAST2, square.side / 1.05) },
    "[": { roll: square.roll - turn },
    "]": { roll: square.roll + turn },
    "{": { roll: square.roll - turn },
    "}": { roll: square.roll + turn }
  };
  return key in changes ? { ...square, ...changes[key] } : null;
}
function dragged(square, handle, from, to) {
  if (handle === "move") return { ...square, x: square.x + to[0] - from[0], y: square.y + to[1] - from[1] };
  const [ax, ay, bx, by] = [from[0] - square.x, from[1] - square.y, to[0] - square.x, to[1] - square.y];
  if (handle === "scale") return { ...square, side: Math.max(LEAST2, square.side * Math.hypot(bx, by) / Math.max(1, Math.hypot(ax, ay))) };
  const turned = square.roll + (Math.atan2(by, bx) - Math.atan2(ay, ax)) * 180 / Math.PI;
  return { ...square, roll: ((turned + 180) % 360 + 360) % 360 - 180 };
}
function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}
var transform = ({ x, y, roll }) => `translate(${x} ${y}) rotate(${roll})`;
function makeFrame({ t }, { changed: changed2, chosen, confirmed }) {
  let own = null;
  let now = null;
  let drag = null;
  const node = draw("svg", { class: "eg-squares", "data-lm-suppress-shortcuts": "true" });
  function at(event) {
    const matrix = node.getScreenCTM();
    if (!matrix) return [0, 0];
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    return [x, y];
  }
  function move(square) {
    now = square;
    place();
    changed2(now);
  }
  function place() {
    const square = now ?? own;
    if (!square || !frame) return;
    frame.group.setAttribute("transform", transform(square));
    frame.resize(square.side);
  }
  let frame = null;
  function makeOwn(unit) {
    const box = draw("rect", { class: "eg-square eg-own" });
    const corners = [0, 1, 2, 3].map(() => draw("circle", { class: "eg-handle", r: 6 * unit, "data-handle": "scale" }));
    const stem = draw("line", { class: "eg-stem" });
    const knob = draw("circle", { class: "eg-handle", r: 6 * unit, "data-handle": "turn" });
    box.dataset.handle = "move";
    const label = t("The edited square: arrow keys move it, plus and minus scale it, [ and ] turn it, Enter edits it, Escape puts it back");
    const group2 = draw("g", { class: "eg-own-square", tabindex: 0, role: "application", "aria-label": label }, draw("title", {}), box, stem, ...corners, knob);
    group2.onpointerdown = (event) => {
      const handle = (
        /** @type {SVGElement} */
        event.target.dataset.handle
      );
      if (!handle || event.button !== 0 || !own) return;
      drag = { handle, from: at(event), began: now ?? own };
      group2.setPointerCapture(event.pointerId);
      group2.focus({ preventScroll: true });
      event.preventDefault();
    };
    group2.onpointermove = (event) => drag && move(dragged(drag.began, drag.handle, drag.from, at(event)));
    group2.onlostpointercapture = () => drag = null;
    group2.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !own) return;
      const next = byKey(now ?? own, event.key, event.shiftKey);
      if (next) move(next);
      else if (event.key === "Enter" && now) confirmed();
      else if (event.key === "Escape" && now) move(null);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    return {
      group: group2,
      resize(side) {
        const half = side / 2;
        for (const [name, value] of Object.entries({ x: -half, y: -half, width: side, height: side })) box.setAttribute(name, String(value));
        corners.forEach((corner, i) => {
          corner.setAttribute("cx", String(i % 2 ? half : -half));
          corner.setAttribute("cy", String(i < 2 ? -half : half));
        });
        const turn = ((now ?? own)?.roll ?? 0) * (Math.PI / 180);
        const outside = ((now ?? own)?.y ?? 0) - (half + 30 * unit) * Math.cos(turn) < 0;
        const above = -half + (outside ? 22 : -22) * unit;
        for (const [name, value] of Object.entries({ x1: 0, x2: 0, y1: -half, y2: above })) stem.setAttribute(name, String(value));
        knob.setAttribute("cx", "0");
        knob.setAttribute("cy", String(above));
      }
    };
  }
  function makeFound(square, number, count, unit) {
    const half = square.side / 2;
    const name = t("Edit face {number} of {count}", { number, count });
    const text = draw("text", { x: -half + 6 * unit, y: -half + 18 * unit, "font-size": 14 * unit });
    text.textContent = String(number);
    const title = draw("title", {});
    title.textContent = name;
    const box = draw("rect", { class: "eg-square", x: -half, y: -half, width: square.side, height: square.side });
    const group2 = draw("g", { class: "eg-found", tabindex: 0, role: "button", "aria-label": name, transform: transform(square) }, title, box, text);
    group2.onclick = () => chosen(square);
    group2.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      chosen(square);
      event.preventDefault();
      event.stopPropagation();
    };
    return group2;
  }
  return {
    node,
    moved: () => now,
    back: () => move(null),
    /** @param {import("./wire").Frame} given */
    show({ size, crop, faces = [] }) {
      node.replaceChildren();
      frame = own = null;
      if (!size || !crop) return;
      node.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
      const unit = size[0] / (node.clientWidth || size[0]);
      own = placed(crop);
      move(null);
      const others = faces.map(placed).map((square, i) => ({ square, number: i + 1 }));
      for (const { square, number } of others) {
        const same = Math.hypot(square.x - own.x, square.y - own.y) < 0.15 * own.side && Math.abs(square.side - own.side) < 0.25 * own.side;
        if (!same) node.append(makeFound(square, number, faces.length, unit));
      }
      frame = makeOwn(unit);
      node.append(frame.group);
      place();
    }
  };
}

// editor/photo.js
function makePhotoPanel(page) {
  const { model, put, t, tell } = page;
  let url = "";
  const button = iconButton("photo", t("Show the whole photo with the edits in it, and choose what is edited (V)"), () => toggle(), { "aria-label": t("Show the whole photo") });
  const image = h("img", { alt: t("The whole photo with the edits in it"), draggable: "false" });
  const edit = textButton(t("Edit this square"), t("Begin with the moved square (Enter)"), () => confirm(), "eg-primary");
  const back = textButton(t("Put it back"), t("Move the square back to where it was (Escape)"), () => frame.back());
  const hint = h("span", { class: "eg-faint" });
  const frame = makeFrame(page, {
    changed: (square) => showMoved(Boolean(square)),
    chosen: (square) => tell({ kind: "reframe", ...asked(square) }),
    confirmed: () => confirm()
  });
  const stage = h("div", { class: "eg-whole-stage" }, image, frame.node);
  const bar = h("div", { class: "eg-whole-bar" }, hint, edit, back);
  const node = h("figure", { class: "eg-whole" }, bar, stage);
  const opened = () => model.get("photo")?.byteLength > 0;
  function toggle() {
    if (opened()) put("show_whole", !model.get("show_whole"));
  }
  function confirm() {
    const square = frame.moved();
    if (square) tell({ kind: "reframe", ...asked(square) });
  }
  function showMoved(moved) {
    edit.hidden = back.hidden = !moved;
    const several = (model.get("frame").faces ?? []).length > 1;
    hint.textContent = moved ? t("The square was moved.") : several ? t("The whole photo with the edits. Choose another face, or move the square; Save writes the photo at its own size.") : t("The whole photo with the edits. Move the square to edit another place; Save writes the photo at its own size.");
  }
  function show() {
    const bytes = model.get("whole");
    button.hidden = !opened();
    setPressed(button, model.get("show_whole"));
    node.hidden = !opened() || !model.get("show_whole") || !bytes?.byteLength;
    if (node.hidden) return;
    const old = url;
    url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    image.src = url;
    if (old) URL.revokeObjectURL(old);
  }
  async function showFrame() {
    if (!image.complete || !image.naturalWidth) await image.decode().catch(() => {
    });
    frame.show(model.get("frame"));
    showMoved(false);
  }
  const dispose = () => URL.revokeObjectURL(url);
  return { button, node, toggle, show, showFrame, dispose };
}

// editor/quality.js
function makeQuality({ model, t }) {
  const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}%`;
  const badge = h("span", { class: "eg-badge", role: "img", hidden: true });
  const note = h("span", { class: "eg-edit-note", role: "img", hidden: true });
  function say(node, short, long) {
    node.textContent = short;
    node.title = long;
    node.setAttribute("aria-label", long.replaceAll("\n", " "));
    node.hidden = false;
  }
  const GRADES = {
    good: [t("good"), t("Good: the model reproduces this photo well.")],
    fair: [t("fair"), t("Fair: the model reproduces this photo roughly; edits look best where it is close.")],
    poor: [t("poor"), t("Poor: the model can hardly reproduce this photo; expect a different face.")]
  };
  const FITS = {
    good: t("Good: edits will fit this photo."),
    fair: t("Fair: edits will fit this photo; look closely at new content, such as teeth."),
    poor: t("Poor: the face is hardly like the model's, so edits may not fit. Check the square (V).")
  };
  const REACHED = { well: t("Well reached"), partly: t("Partly reached"), hardly: t("Hardly reached") };
  const KEPT = { "as before": t("the rest is as before"), nearly: t("the rest is nearly as before"), changed: t("the rest changed too") };
  function showEmbedding(found) {
    badge.hidden = !found;
    if (!found) return;
    badge.className = `eg-badge eg-${found.grade}`;
    const lines = [found.landmarks == null ? GRADES[found.grade][1] : FITS[found.grade]];
    if (found.landmarks != null) lines.push(t("Landmarks: {distance} of the eye distance from those of the portrait that is edited in its place (good to 8%, fair to 10%)", { distance: percent(found.landmarks) }));
    if (found.parts != null) lines.push(t("Parts of the face: IoU {share} (good from 40%, fair from 25%)", { share: percent(found.parts) }));
    if (found.psnr != null) lines.push(t("Closeness: PSNR {psnr} dB (good from 25, fair from 21)", { psnr: found.psnr.toFixed(1) }));
    if (found.identity != null) lines.push(t("Same person: cosine {cosine} (good from 0.8, fair from 0.6)", { cosine: found.identity.toFixed(2) }));
    const name = found.vector;
    if (found.editability != null) lines.push(t("Effect of {vector}: {share} of its effect on a typical portrait (good from 60%, fair from 30%)", { vector: t(name), share: percent(found.editability) }));
    say(badge, GRADES[found.grade][0], lines.join("\n"));
  }
  function showEdit(found) {
    note.hidden = !found;
    if (!found) return;
    const values = { agreement: percent(found.agreement), outside: percent(found.outside, 1) };
    const lines = [
      t("{reached}, {kept}.", { reached: REACHED[found.reached], kept: KEPT[found.kept] }),
      t("IoU of the edited parts with the painted ones: {agreement}", values),
      t("Mean change of the picture outside the region: {outside} of the value range", values)
    ];
    say(note, t("{agreement} reached, {outside} elsewhere", values), lines.join("\n"));
  }
  function show() {
    const { embedding, edit } = model.get("quality");
    showEmbedding(embedding);
    showEdit(edit);
  }
  return { badge, note, show };
}

// editor/samples.js
function makeSampleSheet({ tell, t }) {
  const PSIS = [0.5, 0.7, 1];
  const COLUMNS = 6;
  const WORDS = { 0.5: t("ordinary"), 0.7: t("usual"), 1: t("varied") };
  const cells = /* @__PURE__ */ new Map();
  const blocks = [];
  const button = iconButton("portrait", t("New portrait: choose one to start from"), () => choose(anew), { "aria-label": t("New portrait"), "aria-haspopup": "dialog" });
  const close = iconButton("close", t("Close without choosing"), () => node.close());
  const more = h("button", { type: "button", class: "eg-button eg-text", onclick: () => addBlock()?.focus() }, t("More portraits"));
  const scroller = h("div", { class: "eg-shelf" });
  const anew = { title: t("New portrait"), hint: t("The portrait you choose replaces this one and starts without edits."), chosen: (sample) => tell({ kind: "new", ...sample }) };
  let purpose = anew;
  const title = h("b");
  const hint = h("span", { class: "eg-faint" });
  const node = h(
    "dialog",
    { class: "eg-sheet eg-portraits", onclick: (event) => void (event.target === node && node.close()) },
    h("div", { class: "eg-bar" }, title, hint, h("span", { class: "eg-end" }, close)),
    scroller,
    h("div", { class: "eg-bar" }, more)
  );
  const key = (seed, psi) => `${seed} ${psi}`;
  function choose(wanted) {
    purpose = wanted;
    title.textContent = wanted.title;
    hint.textContent = wanted.hint;
    node.setAttribute("aria-label", wanted.title);
    if (!blocks.length) addBlock();
    else ask([...cells.values()].filter((cell) => !cell.image.src));
    node.showModal();
    cellAt(0, 1, 0)?.node.focus();
  }
  function ask(missing) {
    const seeds = [...new Set(missing.map((cell) => cell.seed))];
    for (let i = 0; i < seeds.length; i += COLUMNS) tell({ kind: "samples", seeds: seeds.slice(i, i + COLUMNS), psis: PSIS });
  }
  function makeCell(seed, psi, place) {
    const image = h("img", { alt: "", draggable: "false" });
    const cell = h("button", {
      type: "button",
      class: "eg-portrait",
      tabindex: -1,
      "aria-label": t("Portrait of seed {seed}, {variety}", { seed, variety: WORDS[psi] }),
      title: t("seed {seed}, truncation psi {psi}", { seed, psi }),
      onclick: () => {
        node.close();
        purpose.chosen({ seed, psi });
      },
      onkeydown: (event) => {
        const way = (
          /** @type {Record<string, number[]>} */
          { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key]
        );
        if (!way) return;
        cellAt(place.block, place.row + way[0], place.column + way[1])?.node.focus();
        handled(event);
      },
      onfocus: () => {
        for (const other of cells.values()) other.node.tabIndex = other.node === cell ? 0 : -1;
      }
    }, image);
    cells.set(key(seed, psi), { image, node: cell, seed });
    return cell;
  }
  function cellAt(block, row, column) {
    const line = block * PSIS.length + row;
    const seed = Math.floor(line / PSIS.length) * COLUMNS + column;
    return column < 0 || column >= COLUMNS || line < 0 ? void 0 : cells.get(key(seed, PSIS[line % PSIS.length]));
  }
  function addBlock() {
    const block = blocks.length;
    const seeds = Array.from({ length: COLUMNS }, (_, i) => block * COLUMNS + i);
    const rows = PSIS.map((psi, row) => [h("span", { class: "eg-faint" }, h("span", {}, WORDS[psi]), h("span", {}, `ψ ${psi}`)), ...seeds.map((seed, column) => makeCell(seed, psi, { block, row, column }))]);
    const head = seeds.map((seed) => h("span", { class: "eg-faint" }, t("seed {seed}", { seed })));
    const added = h("div", { class: "eg-block", role: "group", "aria-label": t("Portraits of seeds {first} to {last}", { first: seeds[0], last: seeds.at(-1) }) }, h("span"), ...head, ...rows.flat());
    blocks.push(added);
    scroller.append(added);
    tell({ kind: "samples", seeds, psis: PSIS });
    return cellAt(block, 0, 0)?.node;
  }
  function receive({ seed, psi }, bytes) {
    const cell = cells.get(key(seed, psi));
    if (cell && !cell.image.src) cell.image.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  }
  function dispose() {
    for (const { image } of cells.values()) if (image.src) URL.revokeObjectURL(image.src);
  }
  return { button, node, choose, receive, dispose };
}

// editor/settings.js
function makeSettings({ model, own, t }) {
  const sent = own(() => show());
  const presets = { default: t("balanced"), paper: t("as in the paper"), released: t("as released") };
  const preset = h(
    "select",
    { class: "eg-select", "aria-label": t("Preset"), onchange: () => void sent.tell({ kind: "configure", preset: preset.value }, "preset") },
    ...Object.entries(presets).map(([name, label]) => h("option", { value: name }, label))
  );
  const prime = h("input", { type: "checkbox", onchange: () => void sent.tell({ kind: "configure", settings: { prime: prime.checked } }, "prime") });
  const fields = {};
  const field = (name, label, title, attributes, optional = false) => {
    const input = h("input", {
      type: "number",
      class: "eg-search eg-number-field",
      title,
      onblur: () => show(),
      "aria-label": label,
      placeholder: optional ? t("auto") : "",
      ...attributes,
      onchange: () => configure(name)
    });
    fields[name] = { node: input, empty: optional, text: makeFieldText(input) };
    return h("label", { class: "eg-field" }, h("span", {}, label), input);
  };
  function configure(name) {
    const { node: node2, empty, text } = fields[name];
    text.took();
    if (node2.value === "" && !empty) return;
    sent.tell({ kind: "configure", settings: { [name]: node2.value === "" ? null : Number(node2.value) } }, name);
  }
  const terms = h("p", { class: "eg-note" });
  const node = h(
    "details",
    { class: "eg-panel" },
    h("summary", {}, h("span", {}, t("Advanced"))),
    h(
      "div",
      { class: "eg-bar" },
      h("label", { class: "eg-field" }, h("span", {}, t("Preset")), preset),
      field("lr", t("Learning rate"), t("Adam's learning rate, in units of the latent"), { min: 1e-3, max: 5, step: 0.01 }),
      field("outside_budget", t("Outside budget"), t("Mean change outside the region that is not penalised, as a share of the value range"), { min: 0, max: 0.2, step: 2e-3 }),
      field("buffer_px", t("Buffer"), t("How far the region reaches beyond the parts, in picture pixels; empty: 2% of the height"), { min: 0, max: 64, step: 0.5 }, true),
      field("stop_iou", t("Stop at"), t("Stop early at this IoU, 0 to 1; empty: run all steps"), { min: 0, max: 1, step: 0.01 }, true),
      h(
        "label",
        { class: "eg-check", title: t("Start an edit from the vector whose picture is nearest to the painted mask") },
        prime,
        h("span", {}, t("Start from a known vector"))
      )
    ),
    terms
  );
  function show() {
    const settings = model.get("settings");
    if (!sent.waits("preset")) preset.value = settings.preset;
    if (!sent.waits("prime")) prime.checked = settings.prime;
    terms.textContent = settings.terms ?? "";
    for (const [name, { text }] of Object.entries(fields)) {
      if (!sent.waits(name)) text.show(settings[name] == null ? "" : String(Number(settings[name].toPrecision(4))));
    }
  }
  return { node, show };
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

// editor/staging.js
var MORE = 20;
function makeStaging({ model, root, tell, own, t }, { settled }) {
  const sent = own(() => (show(), settled()));
  const value = h("output", { class: "eg-value eg-percent" });
  const previews = makePreviews((strength) => tell({ kind: "strength", strength, live: true }));
  const drag = makeDrag({
    moves: (strength) => {
      showValue();
      previews.want(strength);
    },
    letGo: commit
  });
  const range = h("input", {
    type: "range",
    min: 0,
    max: 1.5,
    step: 0.05,
    class: "eg-range",
    "aria-label": t("Strength of this edit"),
    title: t("Strength of this edit; double-click for 100%"),
    ...drag.handlers,
    ondblclick: () => commit(1)
  });
  function commit(strength) {
    drag.drop();
    previews.drop();
    range.value = String(strength);
    showValue();
    sent.tell({ kind: "strength", strength, live: false });
  }
  function showValue() {
    value.textContent = `${Math.round(Number(range.value) * 100)}%`;
    range.setAttribute("aria-valuetext", value.textContent);
  }
  const more = textButton(t("{steps} more", { steps: MORE }), t("Continue for {steps} more steps towards the same parts", { steps: MORE }), () => tell({ kind: "run", steps: MORE }));
  const accept = textButton(t("Accept"), t("Accept this edit (Enter); any further action also accepts it"), () => tell({ kind: "accept" }));
  const discard = textButton(t("Discard"), t("Undo this edit and its strokes (Delete); the edit stays in the history"), () => tell({ kind: "discard" }));
  const node = h(
    "div",
    { class: "eg-staging", role: "group", "aria-label": t("This edit") },
    h("label", { class: "eg-field" }, h("span", {}, t("Strength")), range, value),
    more,
    accept,
    discard
  );
  function show() {
    const strength = model.get("pending");
    const idle = !model.get("running");
    const away = strength === null || !idle;
    if (away && node.contains(node.ownerDocument.activeElement)) root.querySelector(
      /** @type {"canvas"} */
      ".eg-canvas"
    )?.focus({ preventScroll: true });
    node.classList.toggle("eg-away", away);
    node.inert = away;
    more.hidden = !model.get("can_edit");
    if (strength !== null && !drag.moving() && !sent.waits()) range.value = String(strength);
    showValue();
  }
  return { node, show, previewShown: previews.shown, pending: () => model.get("pending") !== null && !model.get("running") };
}

// core/menu.js
var menus = 0;
function makeMenu({ title, name, items }) {
  const id = `editgan-menu-${++menus}`;
  const button = h("button", { type: "button", class: "eg-button eg-chevron", title, "aria-label": title, "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": id, html: ICONS.down, onclick: () => menu.hidden ? open() : close() });
  const entries = items.map(
    ([text, action]) => h("button", { type: "button", class: "eg-item", role: "menuitem", tabindex: -1, onclick: () => (close(), action()) }, text)
  );
  const menu = h(
    "div",
    {
      class: "eg-menu",
      role: "menu",
      id,
      "aria-label": name,
      hidden: true,
      onkeydown: (event) => {
        const at = entries.indexOf(event.target);
        const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
        if (next != null) entries[(next + entries.length) % entries.length].focus();
        else if (event.key === "Escape") close();
        else return;
        handled(event);
      },
      onfocusout: ({ relatedTarget }) => {
        if (!(relatedTarget instanceof Node && menu.contains(relatedTarget)) && relatedTarget !== button) close(false);
      }
    },
    ...entries
  );
  function open() {
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    entries[0].focus({ preventScroll: true });
  }
  function close(refocus = true) {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (refocus) button.focus({ preventScroll: true });
  }
  return { node: h("span", { class: "eg-files" }, button, menu) };
}

// editor/toolbar.js
function makeToolbar({ model, put, t, tell, asked: asked2 }, { setTool, toolNodes, mostSize, maskView, palette, peek, divider, photoPanel, portraits, opening, sheet }) {
  const tools = TOOLS.map((tool) => (
    /** @type {const} */
    [tool.name, iconButton({ svg: icon(tool.icon) }, tool.title(t), () => setTool(tool.name))]
  ));
  const SHAPES = [["round", t("Round brush")], ["square", t("Square brush")]];
  const shapes = SHAPES.map(([name, title]) => (
    /** @type {const} */
    [name, iconButton(name, title, () => put("shape", name))]
  ));
  const mirror = iconButton("mirror", t("Mirror: paint on both sides of the picture's middle (M)"), () => put("mirror", !model.get("mirror")));
  const pressure = iconButton("pressure", t("Pen pressure sets the brush size"), () => put("pressure", !model.get("pressure")), { hidden: true });
  const size = h("input", {
    type: "range",
    min: 1,
    max: mostSize,
    step: 1,
    class: "eg-range",
    "aria-label": t("Brush size in pixels"),
    title: t("Brush size ([ and ])"),
    oninput: () => void put("size", Number(size.value))
  });
  const sizeText = h("output", { class: "eg-value" });
  const sizeField = h("label", { class: "eg-field" }, h("span", {}, t("Size")), size, sizeText);
  const opacity = h("input", {
    type: "range",
    min: 0,
    max: 100,
    step: 5,
    class: "eg-range",
    "aria-label": t("Opacity of the part mask in percent"),
    title: t("Mask opacity"),
    oninput: () => void put("opacity", Number(opacity.value) / 100)
  });
  const opacityText = h("output", { class: "eg-value" });
  const undo = iconButton("undo", t("Undo (Ctrl+Z)"), () => travel("undo"));
  const redo = iconButton("redo", t("Redo (Ctrl+Shift+Z)"), () => travel("redo"));
  const save = iconButton("save", t("Save the picture as PNG, with the recipe that opens it again"), () => tell({ kind: "save" }));
  const shortcuts = h("button", { type: "button", class: "eg-button", title: t("Keyboard shortcuts (?)"), "aria-label": t("Keyboard shortcuts"), onclick: () => sheet.showModal() }, "?");
  const maskInput = (kind) => {
    const input = h("input", { type: "file", accept: "image/*,.npy,.npz", hidden: true, onchange: async () => {
      const given = input.files?.[0];
      if (!given) return;
      tell({ kind, ...asked2() }, [await given.arrayBuffer()]);
      input.value = "";
    } });
    return input;
  };
  const maskFile = maskInput("open_mask");
  const partMaskFile = maskInput("open_part_mask");
  const fileMenu = makeMenu({ title: t("More to save and open"), name: t("Save and open"), items: [
    [t("Save picture"), () => tell({ kind: "save" })],
    [t("Save mask"), () => tell({ kind: "save_mask" })],
    [t("Open mask …"), () => maskFile.click()],
    [t("Paint the selected part from a mask …"), () => partMaskFile.click()],
    [t("Save as script"), () => tell({ kind: "script" })]
  ] });
  const shapeGroup = group(t("Brush shape"), ...shapes.map(([, button]) => button), mirror, pressure);
  const history = group(t("History"), peek.button, divider.button, photoPanel.button, undo, redo);
  history.classList.add("eg-end");
  const node = h(
    "div",
    { class: "eg-bar eg-tools", role: "toolbar", "aria-label": t("Painting tools") },
    group(t("Tool"), ...tools.map(([, button]) => button)),
    ...toolNodes.map(([, shown]) => shown),
    shapeGroup,
    sizeField,
    h("div", { class: "eg-group" }, h("label", { class: "eg-field" }, h("span", {}, t("Mask")), opacity, opacityText), maskView.styleButton, palette.button),
    history,
    group(t("Pictures"), portraits.button, opening.button, save, fileMenu.node, shortcuts, opening.input, maskFile, partMaskFile)
  );
  function show() {
    const tool = toolNamed(model.get("tool"));
    for (const [name, button] of tools) setPressed(button, name === tool.name);
    for (const [name, shown] of toolNodes) shown.hidden = name !== tool.name;
    for (const [name, button] of shapes) setPressed(button, name === model.get("shape"));
    for (const [, button] of shapes) button.classList.toggle("eg-unused", !tool.options?.includes("shape"));
    sizeField.classList.toggle("eg-unused", !tool.options?.includes("size"));
    pressure.classList.toggle("eg-unused", !tool.options?.includes("pressure"));
    setPressed(mirror, model.get("mirror"));
    setPressed(pressure, model.get("pressure"));
    size.value = String(model.get("size"));
    sizeText.textContent = `${model.get("size")} px`;
    opacity.value = String(Math.round(model.get("opacity") * 100));
    opacityText.textContent = `${opacity.value}%`;
  }
  const can = { undo: () => model.get("can_undo") || model.get("running"), redo: () => model.get("can_redo") };
  function travel(way) {
    if (can[way]()) tell({ kind: way });
  }
  function showHistory() {
    setUsable(undo, can.undo());
    setUsable(redo, can.redo());
  }
  return { node, show, showHistory, travel, penCame: () => void (pressure.hidden = false) };
}

// editor/tool_preview.js
var PREVIEW_DELAY = 120;
function makeToolPreview({ tell, asked: asked2, width, height }, { index, redraw }) {
  let timer;
  let wanted = null;
  let path = null;
  let removes = false;
  function ask(name) {
    clearTimeout(timer);
    wanted = name;
    timer = setTimeout(() => tell({ kind: "outline", name, ...asked2() }), PREVIEW_DELAY);
  }
  function leave(name) {
    if (wanted === name) drop();
  }
  function drop() {
    clearTimeout(timer);
    wanted = path = null;
    redraw();
  }
  const again = () => wanted && ask(wanted);
  function watch(button, name) {
    button.addEventListener("pointerenter", (event) => event.pointerType === "touch" || ask(name));
    button.addEventListener("pointerleave", () => leave(name));
    button.addEventListener("focus", () => button.matches(":focus-visible") && ask(name));
    button.addEventListener("blur", () => leave(name));
    return button;
  }
  async function receive({ name, label }, buffer) {
    const bits = await inflate(buffer);
    if (name !== wanted || label !== asked2().label) return;
    const known = bits?.length === width * height ? bits : null;
    removes = known !== null && !known.some((bit) => bit);
    path = known ? outline(removes ? index.map((id) => Number(id === label)) : known, width, height) : null;
    redraw();
  }
  return { watch, receive, again, drop, path: () => path, removes: () => removes };
}

// editor/vector_menu.js
var BANDS = [["coarse", 0, 3], ["middle", 4, 7], ["fine", 8, Infinity]];
function makeVectorMenu({ model, tell, t, own }, name) {
  const last = () => Math.max(0, model.get("vector_rows") - 1);
  const words = { coarse: t("coarse: pose, shape"), middle: t("middle: features"), fine: t("fine: colour, detail") };
  const select = h("select", {
    class: "eg-select",
    "aria-label": t("Rows of the latent that {name} moves", { name: t(name) }),
    onchange: () => {
      const band = BANDS.find(([key]) => key === select.value);
      fields.hidden = select.value !== "own";
      if (band) choose(band[1], Math.min(band[2], last()));
      else if (select.value === "all") choose(null, null);
    }
  });
  const number = (label) => h("input", { type: "number", min: 0, step: 1, class: "eg-search eg-row-field", "aria-label": label, onchange: () => typed() });
  const from = number(t("First row of {name}", { name: t(name) }));
  const to = number(t("Last row of {name}", { name: t(name) }));
  const fields = h("span", { class: "eg-joined", hidden: true }, from, h("span", {}, "–"), to);
  const sweep = textButton(t("Save a sweep"), t("Download a GIF in which this vector goes up, down and back"), () => tell({ kind: "sweep", name }), "eg-tool");
  const remove = textButton(t("Remove"), t("Remove this vector from the picture and the list"), () => tell({ kind: "remove", name }), "eg-tool");
  const node = h("div", { class: "eg-vector-menu", hidden: true }, h("label", { class: "eg-field" }, h("span", {}, t("Rows")), select), fields, sweep, remove);
  const texts = [from, to].map(makeFieldText);
  const sent = own(() => show(newest));
  let newest = (
    /** @type {Pick<import("./wire").Vector, "layers" | "own">} */
    { layers: null, own: false }
  );
  const choose = (first, end) => sent.tell({ kind: "layers", name, first, last: end });
  function typed() {
    const [first, end] = [Number(from.value), Number(to.value)];
    for (const text of texts) text.took();
    if (from.value !== "" && to.value !== "" && first >= 0 && first <= end && end <= last()) choose(first, end);
    else show(newest);
  }
  function show(vector) {
    newest = vector;
    const { layers } = vector;
    const bands = BANDS.filter(([, first]) => first <= last());
    if (!select.options.length) {
      select.append(
        h("option", { value: "all" }, t("all")),
        ...bands.map(([key]) => h("option", { value: key }, words[key])),
        h("option", { value: "own" }, t("from … to …"))
      );
    }
    from.max = to.max = String(last());
    remove.hidden = !vector.own;
    if (sent.waits()) return;
    texts[0].show(String(layers ? layers[0] : 0));
    texts[1].show(String(layers ? layers[1] - 1 : last()));
    const same = bands.find(([, first, end]) => layers && layers[0] === first && layers[1] - 1 === Math.min(end, last()));
    const typing = node.contains(node.ownerDocument.activeElement) && !fields.hidden;
    if (!typing) {
      select.value = !layers ? "all" : same ? same[0] : "own";
      fields.hidden = select.value !== "own";
    }
  }
  return { node, show };
}

// editor/vectors.js
var SEARCH_FROM = 13;
var REFINE_STEPS = [10, 30, 60];
var LIMIT = 2;
var MOST2 = 4;
var scaleText = (scale) => Math.abs(scale) < 5e-3 ? "0" : (scale > 0 ? "+" : "−") + Math.abs(scale).toFixed(2);
function scaleOf(typed) {
  const text = typed.trim().replace("−", "-").replace(",", ".");
  const number = Number(text);
  return text === "" || !Number.isFinite(number) ? null : Math.max(-MOST2, Math.min(MOST2, number));
}
function makeRowNodes(page, name, { moves, set, scale, turn }) {
  const { t } = page;
  const drag = makeDrag({
    moves(value) {
      number.value = scaleText(value);
      moves(value);
    },
    letGo: set
  });
  const range = h("input", {
    type: "range",
    min: -LIMIT,
    max: LIMIT,
    step: 0.05,
    class: "eg-range",
    "aria-label": t("Scale of {name}", { name: t(name) }),
    title: t("Double-click to reset to 0"),
    ...drag.handlers,
    ondblclick: () => set(0)
  });
  const number = h("input", {
    type: "text",
    inputmode: "decimal",
    class: "eg-scale",
    "aria-label": t("Value of {name}", { name: t(name) }),
    title: t("Click to type a number from -4 to 4"),
    onfocus: () => void number.select(),
    onkeydown: (event) => {
      if (event.key === "Escape") number.value = scaleText(scale());
      if (event.key === "Escape") event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") number.blur();
    },
    onblur: () => {
      const typed = scaleOf(number.value);
      if (typed !== null && Math.abs(typed - scale()) > 4e-3) set(typed);
      number.value = scaleText(typed ?? scale());
    }
  });
  const toggle = h("input", {
    type: "checkbox",
    class: "eg-switch",
    role: "switch",
    "aria-label": t("Use {name}", { name: t(name) }),
    title: t("Switch on or off; the scale stays"),
    onchange: () => void turn(toggle.checked)
  });
  const picture = h("img", { alt: "", draggable: "false", class: "eg-vector-picture" });
  const menu = makeVectorMenu(page, name);
  const more = h("button", {
    type: "button",
    class: "eg-button eg-more",
    "aria-expanded": "false",
    "aria-label": t("More for {name}", { name: t(name) }),
    title: t("Rows of the latent, sweep, remove"),
    html: ICONS.more,
    onclick: () => {
      menu.node.hidden = !menu.node.hidden;
      more.setAttribute("aria-expanded", String(!menu.node.hidden));
    }
  });
  const node = h("div", { class: "eg-vector" }, picture, h("span", { class: "eg-name", title: t(name) }, t(name)), number, toggle, range, more, menu.node);
  return { node, drag, range, number, toggle, picture, menu, more };
}
function makeVectorPanel({ model, tell, t, own }, { settled }) {
  const sent = own(() => (show(), settled()));
  const rows = /* @__PURE__ */ new Map();
  const scales = /* @__PURE__ */ new Map();
  const addresses = /* @__PURE__ */ new Map();
  const groups = { library: makeGroup(t("Library")), own: makeGroup(t("Own vectors")) };
  const find = h("input", {
    type: "search",
    class: "eg-search eg-vector-search",
    placeholder: t("Find a vector"),
    "aria-label": t("Find a vector by name"),
    oninput: () => filter()
  });
  const nothing = h("p", { class: "eg-quiet", hidden: true }, t("No vector of that name."));
  const clash = h("div", { class: "eg-clash", role: "note", hidden: true });
  const count = h("span", { class: "eg-value" });
  const reset = textButton(t("Reset"), t("Set all vectors to 0"), () => setScales(Object.fromEntries([...rows.keys()].map((name) => [name, 0]))));
  const keepName = h("input", {
    type: "text",
    class: "eg-search eg-keep",
    placeholder: t("Name of this edit"),
    "aria-label": t("Name under which to keep all edits as a vector"),
    maxlength: 60,
    onkeydown: (event) => event.key === "Enter" && keepVector()
  });
  const keep = textButton(t("Keep as vector"), t("Keep all edits as a vector with its own slider"), () => keepVector());
  const refine = textButton(t("Refine"), t("Repair the picture after its vectors: keep what they changed and restore the rest"), () => tell({ kind: "refine", steps: Number(refineSteps.value) }));
  const refineSteps = h("select", { class: "eg-select", "aria-label": t("Steps of refining") }, ...REFINE_STEPS.map((steps) => h("option", { value: steps, selected: steps === 30 }, t("{steps} steps", { steps }))));
  const animate = textButton(t("Save the last edit as animation"), t("Download a GIF from the picture before the last edit to the one after it"), () => tell({ kind: "animation" }));
  const node = h(
    "details",
    { class: "eg-panel", open: true },
    h("summary", {}, h("span", {}, t("Edit vectors")), count),
    h("div", { class: "eg-vector-head" }, find, clash),
    h("div", { class: "eg-vector-groups", role: "group", "aria-label": t("Edit vectors") }, groups.library.node, groups.own.node, nothing),
    h("div", { class: "eg-bar" }, h("span", { class: "eg-joined" }, refine, refineSteps), h("span", { class: "eg-joined" }, keepName, keep), animate, h("span", { class: "eg-end" }, reset))
  );
  let wanted = {};
  const previews = makePreviews((given) => {
    wanted = {};
    tell({ kind: "vectors", scales: given, live: true });
  });
  function makeGroup(title) {
    const heading = h("div", { class: "eg-vector-heading" }, title);
    const list = h("div", { class: "eg-vectors" });
    return { node: h("div", {}, heading, list), heading, list };
  }
  function setScales(given) {
    previews.drop();
    wanted = {};
    for (const [name, scale] of Object.entries(given)) place(name, scale);
    sent.tell({ kind: "vectors", scales: given, live: false }, ...Object.keys(given));
  }
  function place(name, scale) {
    scales.set(name, scale);
    const row = rows.get(name);
    if (!row) return;
    row.range.value = String(scale);
    if (row.number.ownerDocument.activeElement !== row.number) row.number.value = scaleText(scale);
  }
  function keepVector() {
    const name = keepName.value.trim();
    if (name) tell({ kind: "keep", name });
    else keepName.focus();
  }
  function makeRow(name) {
    const row = makeRowNodes({ model, tell, t, own }, name, {
      moves(scale) {
        wanted = { ...wanted, [name]: scale };
        previews.want(wanted);
      },
      set: (scale) => setScales({ [name]: scale }),
      scale: () => scales.get(name) ?? 0,
      turn: (on) => void sent.tell({ kind: "switch", name, on }, name)
    });
    if (name === keepName.value.trim()) keepName.value = "";
    rows.set(name, row);
    return row;
  }
  function showPicture(name, row) {
    const bytes = model.get("vector_pictures")[name];
    const known = addresses.get(name);
    if (!bytes || known?.bytes === bytes) return;
    if (known) URL.revokeObjectURL(known.address);
    const address = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    addresses.set(name, { bytes, address });
    row.picture.src = address;
  }
  function drop(name) {
    URL.revokeObjectURL(addresses.get(name)?.address ?? "");
    addresses.delete(name);
  }
  function filter() {
    const wantedName = find.hidden ? "" : find.value.trim().toLowerCase();
    let shown = 0;
    for (const [name, row] of rows) {
      row.node.hidden = ![name, t(name)].some((other) => other.toLowerCase().includes(wantedName));
      shown += Number(!row.node.hidden);
    }
    nothing.hidden = shown > 0 || rows.size === 0;
    for (const group2 of Object.values(groups)) group2.node.hidden = ![...group2.list.children].some((child) => !/** @type {HTMLElement} */
    child.hidden);
    const both = groups.library.list.childElementCount > 0 && groups.own.list.childElementCount > 0;
    for (const group2 of Object.values(groups)) group2.heading.hidden = !both;
  }
  function show() {
    const given = model.get("vectors");
    const known = new Set(given.map((vector) => vector.name));
    for (const [name, row] of rows) {
      if (known.has(name)) continue;
      row.node.remove();
      rows.delete(name);
      drop(name);
    }
    for (const vector of given) {
      const { name, scale, on, own: own2 } = vector;
      const row = rows.get(name) ?? makeRow(name);
      const { list } = groups[own2 ? "own" : "library"];
      if (row.node.parentNode !== list) list.append(row.node);
      showPicture(name, row);
      row.menu.show(vector);
      if (row.drag.moving() || sent.waits(name)) continue;
      place(name, scale);
      const moves = Math.abs(scale) > 1e-6;
      row.toggle.checked = on && moves;
      row.node.classList.toggle("eg-on", on && moves);
      row.node.classList.toggle("eg-off", !on && moves);
      row.more.classList.toggle("eg-marked", Boolean(vector.layers));
    }
    const active = given.filter((vector) => vector.on && Math.abs(vector.scale) > 1e-6).length;
    count.textContent = active ? t("{count} on", { count: active }) : "";
    setUsable(reset, given.some((vector) => Math.abs(vector.scale) > 1e-6));
    setUsable(refine, active > 0);
    find.hidden = given.length < SEARCH_FROM;
    showClash();
    filter();
  }
  function showClash() {
    const [worst, ...others] = model.get("vector_clashes");
    clash.hidden = !worst;
    if (!worst) return;
    const names = { first: t(worst.first), second: t(worst.second) };
    const words = worst.opposed ? t("{first} and {second} pull against each other.", names) : t("{first} and {second} overlap: their common change is applied twice.", names);
    clash.replaceChildren(h("span", { html: ICONS.alert }), h("span", {}, others.length ? `${words} ${t("And {count} more pairs.", { count: others.length })}` : words));
    clash.title = model.get("vector_clashes").map((pair) => `${t(pair.first)} ${pair.opposed ? "↔" : "+"} ${t(pair.second)}`).join("\n");
  }
  function refuse() {
    for (const row of rows.values()) row.drag.drop();
    show();
  }
  function dropAll() {
    for (const name of [...addresses.keys()]) drop(name);
  }
  return { node, show, refuse, previewShown: previews.shown, drop: dropAll };
}

// editor/main.js
var MOST_SIZE = 48;
var editors = 0;
function render({ model, el }) {
  const root = h("div", { class: "eg-root", role: "group", lang: model.get("language") });
  const page = makeEditorPage(model, root, {
    onHandled: (ids) => readMask(ids),
    putStatus(text) {
      status.textContent = text;
      announcer.status(text);
    }
  });
  const { t, tell, on, width, height, line } = page;
  const hint = `editgan-${++editors}-help`;
  root.setAttribute("aria-label", t("Portrait editor"));
  const redraw = () => views.schedule();
  const palette = makePalette(page);
  const maskView = makeMaskView(page);
  const labelMap = makeLabelMap(page, { colours: palette.colours, isHidden: maskView.isHidden, changed: () => showMap() });
  const pictures = makePictures(page, { changed: (isPicture) => {
    if (isPicture) layers.mirrorPicture();
    views.schedule(false);
  } });
  const layers = makeLayers(page, { sources: [pictures.picture, labelMap.labels, labelMap.strokes], ready: labelMap.loaded, changed: redraw });
  function showMap() {
    if (!labelMap.current()) layers.mirror();
    redraw();
  }
  const divider = makeDivider(page, { before: pictures.before, changed: () => views.schedule(false) });
  const peek = makePeek(page, { changed: redraw });
  const preview = makeToolPreview(page, { index: labelMap.index, redraw });
  const quality = makeQuality(page);
  const hover = h("span", { class: "eg-hover", "aria-hidden": "true" });
  const zoom = makeZoom(page, { canvas: () => views.canvases[0], pointer: () => painting.pointer(), changed: redraw });
  const views = makeViews(page, {
    pictures,
    labelMap,
    divider,
    outlines,
    hint,
    filled: maskView.filled,
    annotations: layers.annotations,
    seen: zoom.seen,
    // Frames show the effect of the strokes, so strokes are shown only until the first frame.
    shows: { before: peek.peeking, strokes: () => Boolean(labelMap.current()) || !model.get("running") || !runBar.stepped() },
    captions: { picture: [quality.badge, peek.tag, zoom.node], parts: [quality.note, hover] }
  });
  const middle = new Path2D(`M${width / 2} 0V${height}`);
  function outlines(kind) {
    const found = [];
    const border = kind === "parts" && maskView.borderPath(labelMap.index, labelMap.version());
    const [previewed, region] = [preview.path(), labelMap.region()];
    if (border) found.push([border, { weight: 0.7 }]);
    if (previewed) found.push([previewed, { dashed: preview.removes(), light: "#4fc3f7" }]);
    else if (region) found.push([region, { dashed: true }]);
    if (model.get("mirror")) found.push([middle, { weight: 0.5, dashed: true }]);
    return [...found, ...painting.outlines()];
  }
  const mostSize = Math.min(MOST_SIZE, width);
  const choice = makeChoice(page, { mostSize });
  const brush = makeBrush(page, { penCame: () => toolbar.penCame() });
  const painting = makePainting(page, {
    labelMap,
    zoom,
    choice,
    brush,
    hover,
    redraw,
    canvases: () => views.canvases
  });
  const portraits = makeSampleSheet(page);
  const photoPanel = makePhotoPanel(page);
  const opening = makeOpening(page);
  const sheet = makeSheet(t);
  const toolbar = makeToolbar(page, { setTool: choice.setTool, toolNodes: painting.nodes, mostSize, maskView, palette, peek, divider, photoPanel, portraits, opening, sheet });
  const partBar = makePartBar(page, { hideButton: maskView.hideButton, preview, portraits, toggleLock: choice.toggleLock });
  const paintOver = makePaintOver(page);
  const partList = makePartList(page, { select: choice.select, eye: maskView.eye, beside: paintOver.select });
  const vectorPanel = makeVectorPanel(page, { settled: rereadPicture });
  const history = makeHistory(page);
  const settings = makeSettings(page);
  const staging = makeStaging(page, { settled: rereadPicture });
  const announcer = makeAnnouncer({ running: () => model.get("running"), t });
  const runBar = makeRunBar(page, { progressed: announcer.progress });
  const frames = makeFrames(page, {
    showFrame: pictures.showFrame,
    readPicture: pictures.readPicture,
    took: runBar.take,
    painting: painting.active,
    previewShown: () => [vectorPanel, staging].forEach((panel) => panel.previewShown())
  });
  const status = h("div", { class: "eg-status" });
  const notices = makeNotices(page, { dismiss: () => tell({ kind: "dismiss" }) });
  root.append(
    toolbar.node,
    partBar.node,
    h("div", { class: "eg-stage" }, ...views.nodes, partList.node),
    runBar.node,
    runBar.progress,
    ...notices.nodes,
    h("div", { class: "eg-statusbar" }, status, staging.node),
    photoPanel.node,
    vectorPanel.node,
    history.node,
    settings.node,
    sheet,
    paintOver.sheet,
    portraits.node,
    h("p", { id: hint, class: "eg-hidden" }, keyboardHelp(t)),
    announcer.node
  );
  el.append(root);
  for (const bar of [toolbar.node, partBar.node]) roveToolbar(bar);
  async function readMask(ids) {
    if (!await labelMap.read(ids)) return;
    preview.again();
  }
  function showChoices() {
    for (const part of [toolbar, maskView, paintOver, partBar, partList, runBar]) part.show();
    redraw();
  }
  function showPalette() {
    palette.show();
    labelMap.repaint();
  }
  function showPossible() {
    toolbar.showHistory();
    runBar.showReady();
    staging.show();
  }
  function showRunning() {
    root.classList.toggle("eg-running", model.get("running"));
    runBar.showRunning();
    showPossible();
    redraw();
  }
  function rereadPicture() {
    if (!model.get("running")) pictures.readPicture();
  }
  function showError() {
    notices.showError();
    if (!model.get("error")) return;
    vectorPanel.refuse();
    pictures.readPicture();
  }
  const SHOWN = [
    [["tool", "shape", "size", "opacity", "auto", "steps", "label", "locked", "over", "mirror", "pressure", "hidden", "mask_style"], showChoices],
    [["hidden"], labelMap.repaint],
    [["palette"], showPalette],
    [["label"], preview.again],
    [["tool"], painting.showTool],
    [["opacity"], layers.mirror],
    [["mask", "original", "painted"], readMask],
    [["region"], labelMap.readRegion],
    [["image"], pictures.readPicture],
    [["before"], pictures.readBefore],
    [["divider"], divider.show],
    [["before_name"], divider.rename],
    [["photo"], divider.readPhoto],
    [["photo", "whole", "show_whole"], photoPanel.show],
    [["frame"], photoPanel.showFrame],
    [["quality"], quality.show],
    [["running"], () => (showRunning(), page.showStatus())],
    [["progress"], () => runBar.take(model.get("progress"))],
    [["vectors", "vector_pictures", "vector_clashes"], vectorPanel.show],
    [["history", "history_revision"], history.read],
    [["before_name"], history.show],
    [["pending"], staging.show],
    [["settings"], settings.show],
    [["can_edit", "can_undo", "can_redo"], showPossible],
    [["error"], showError],
    [["status"], page.showStatus],
    [["notice"], notices.showNotice]
  ];
  for (const [traits, show] of SHOWN) on(traits.map((trait) => `change:${trait}`), () => show());
  const RECEIVED = {
    standing: line.standing,
    reject: (message) => labelMap.reject(message.id),
    outline: (message, buffers) => preview.receive(message, buffers[0]),
    sample: (message, buffers) => portraits.receive(message, buffers[0]),
    download: (message, buffers) => line.download(message, buffers[0]),
    thumbs: (message, buffers) => history.take(message.entries, buffers),
    history: history.change,
    frame: (message, buffers) => frames.show(message, buffers[0])
  };
  on("msg:custom", (message, buffers) => RECEIVED[message.kind]?.(message, buffers));
  listenToEditorKeys(page, { choice, zoom, painting, maskView, peek, divider, photoPanel, staging, sheet, travel: toolbar.travel });
  painting.open();
  const resized = new ResizeObserver(() => {
    zoom.show();
    redraw();
  });
  for (const canvas of views.canvases) resized.observe(canvas);
  for (const ending of [() => resized.disconnect(), portraits.dispose, photoPanel.dispose, history.drop, vectorPanel.drop]) page.atEnd(ending);
  zoom.moveTo(0, 0);
  for (const [, show] of SHOWN) show();
  line.open();
  Object.assign(root, {
    editgan: {
      index: labelMap.index,
      frames: frames.times,
      picture: () => pictures.picture.getImageData(0, 0, width, height).data,
      pending: labelMap.count,
      waiting: () => line.waiting().length,
      layer: layers.pixels
    }
  });
  return page.close;
}
var main_default = { render };
export {
  main_default as default
};
