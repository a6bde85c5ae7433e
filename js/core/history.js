// The history as a tree of pictures: each entry is one action, and undone entries stay as branches.

import { h, handled, textButton } from "./dom.js";
import { neighbour, treePlaces } from "./tree.js";

const CELL = { width: 82, height: 86 }; // px
const ASK_AGAIN = 3000; // ms until missing pictures are requested again
/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {import("./types").HistoryTraits & import("./types").TextTraits} Traits */
/**
 * @typedef {{ kind: "history" | "thumbs" } | { kind: "visit", entry: number } | { kind: "compare_with", entry: number | null }
 *   | { kind: "rename", entry: number, name: string }} HistoryRequest
 */
/** @typedef {{ button: HTMLButtonElement, picture: HTMLImageElement, label: HTMLElement }} Cell */

/**
 * Entries after a change, in the order of their creation.
 * @param {import("./types").HistoryEntry[]} entries
 * @param {{ nodes: import("./types").HistoryEntry[], gone: number[] }} change
 */
export function changed(entries, { nodes, gone }) {
  const left = new Map(entries.filter(({ id }) => !gone.includes(id)).map((entry) => [entry.id, entry]));
  for (const node of nodes) left.set(node.id, node);
  return [...left.values()].sort((a, b) => a.id - b.id);
}

/** @param {Pick<import("./types").Page<Traits>, "model" | "t"> & { tell: import("./types").Tell<HistoryRequest> }} page */
export function makeHistory({ model, tell, t }) {
  /** @type {Map<number, Cell>} */
  const cells = new Map();
  /** @type {Map<number, string>} */
  const pictures = new Map(); // addresses by entry
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("class", "eg-tree-lines");
  lines.setAttribute("aria-hidden", "true");
  const tree = h("div", { class: "eg-tree", role: "tree", "aria-label": t("History"), onkeydown: go }, lines);
  const scroller = h("div", { class: "eg-tree-scroll" }, tree);
  const count = h("span", { class: "eg-value" });
  const name = h("input", {
    type: "text", class: "eg-search eg-keep", maxlength: 80, placeholder: t("Name this state"), "aria-label": t("Name of the present state"),
    onkeydown: (event) => event.key === "Enter" && rename(),
    onblur: () => rename(),
  });
  const pin = textButton(t("Compare with this one"), t("Compare (C) then shows this picture instead of the one before all edits"), () => tell({ kind: "compare_with", entry: present()?.id ?? null }));
  const unpin = textButton(t("Compare with the start"), t("Compare (C) shows the picture before all edits again"), () => tell({ kind: "compare_with", entry: null }));
  const node = h(
    "details",
    { class: "eg-panel", ontoggle: () => void (node.open && show()) },
    h("summary", {}, h("span", {}, t("History")), count),
    scroller,
    h("div", { class: "eg-bar" }, name, pin, unpin),
  );
  /** @type {import("./types").HistoryEntry[]} */
  let entries = [];
  let revision = 0; // revision of `entries`
  /** The kernel sent the whole history. */
  function read() {
    if (model.get("history_revision") < revision) return; // older than the changes that have arrived since
    entries = model.get("history");
    revision = model.get("history_revision");
    show();
  }
  /**
   * The kernel sent a change; if an earlier change was missed, the whole history is requested.
   * @param {{ revision: number, nodes: import("./types").HistoryEntry[], gone: number[] }} message
   */
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
  let asked = -ASK_AGAIN;
  function askForPictures() {
    if (model.get("running") || performance.now() - asked < ASK_AGAIN || entries.every((entry) => pictures.has(entry.id))) return;
    asked = performance.now();
    tell({ kind: "thumbs" });
  }
  /** @param {number} id */
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
  /**
   * @param {import("./types").HistoryEntry} entry
   * @param {import("./tree.js").Place} place
   */
  function showCell(entry, { column, row }) {
    const { button, picture, label } = cellOf(entry.id);
    button.style.left = `${column * CELL.width}px`;
    button.style.top = `${row * CELL.height}px`;
    button.setAttribute("aria-level", String(column + 1));
    button.setAttribute("aria-selected", String(Boolean(entry.present)));
    button.tabIndex = entry.present ? 0 : -1;
    button.title = `${entry.name}, ${new Date(entry.at * 1000).toLocaleTimeString()}`;
    label.textContent = entry.name;
    const address = pictures.get(entry.id);
    if (address && picture.getAttribute("src") !== address) picture.src = address;
    picture.hidden = !address;
  }
  /**
   * The line from a parent's place to a child's, as an SVG path.
   * @param {import("./tree.js").Place} above
   * @param {import("./tree.js").Place} below
   */
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
      const above = entry.parent === null ? undefined : places.get(entry.parent);
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
  /** @param {KeyboardEvent} event */
  function go(event) {
    const way = WAYS[event.key];
    const own = [...cells].find(([, cell]) => cell.button === event.target);
    if (!way || !own) return;
    const found = neighbour(treePlaces(entries), own[0], way);
    if (found !== undefined) cells.get(found)?.button.focus();
    handled(event);
  }
  /**
   * Take pictures of entries that arrived.
   * @param {number[]} ids
   * @param {ArrayBuffer[]} buffers JPEG of each
   */
  function take(ids, buffers) {
    if (ids.includes(0) && pictures.size && !entries.some((entry) => entry.id !== 0)) drop(); // another session
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
  tell({ kind: "history" }); // the trait holds only the history at the time the page was opened
  return { node, show, read, change, take, drop };
}
