// The history as a tree of pictures: what was done in one go is one of them, what was undone stays as a branch.

import { h, handled } from "./dom.js";

const CELL = { width: 82, height: 86 }; // px

/** Column and row of every node: children to the right, the first on the row of the one above it, others on new rows. */
export function treePlaces(nodes) {
  const children = new Map(nodes.map((node) => [node.id, []]));
  const roots = [];
  for (const node of nodes) (children.get(node.parent) ?? roots).push(node.id);
  const places = new Map();
  let rows = 0;
  const waiting = roots.reverse().map((id) => ({ id, column: 0, row: null }));
  while (waiting.length) {
    const { id, column, row } = waiting.pop();
    places.set(id, { column, row: row ?? rows++ });
    const below = children.get(id);
    for (let i = below.length - 1; i >= 0; i--) waiting.push({ id: below[i], column: column + 1, row: i === 0 ? places.get(id).row : null });
  }
  return places;
}

export function makeHistoryPanel({ model, tell, t }) {
  const cells = new Map(); // id -> {button, picture, name}
  const pictures = new Map(); // id -> address of its picture
  const tree = h("div", { class: "eg-tree", role: "tree", "aria-label": t("History") });
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("class", "eg-tree-lines");
  lines.setAttribute("aria-hidden", "true");
  tree.append(lines);
  const scroller = h("div", { class: "eg-tree-scroll" }, tree);
  const count = h("span", { class: "eg-value" });
  const name = h("input", {
    type: "text", class: "eg-search eg-keep", maxlength: 80, placeholder: t("Name this state"), "aria-label": t("Name of the present state"),
    onkeydown: (event) => event.key === "Enter" && rename(),
    onblur: () => rename(),
  });
  const text = (label, title, action) => h("button", { type: "button", class: "eg-button eg-text", title, onclick: action }, label);
  const pin = text(t("Compare with this one"), t("Compare (C) then shows this picture instead of the one before all edits"), () => tell({ kind: "compare_with", entry: present()?.id ?? null }));
  const unpin = text(t("Compare with the beginning"), t("Compare (C) shows the picture before all edits again"), () => tell({ kind: "compare_with", entry: null }));
  const node = h(
    "details",
    { class: "eg-panel", ontoggle: () => node.open && (askForPictures(), show()) },
    h("summary", {}, h("span", {}, t("History")), count),
    scroller,
    h("div", { class: "eg-bar" }, name, pin, unpin),
  );
  const present = () => model.get("history").find((entry) => entry.present);
  function rename() {
    const entry = present();
    if (entry && name.value.trim() && name.value.trim() !== entry.name) tell({ kind: "rename", entry: entry.id, name: name.value.trim() });
  }
  let asked = 0;
  function askForPictures() {
    if (model.get("running") || performance.now() - asked < 3000 || model.get("history").every((entry) => pictures.has(entry.id))) return;
    asked = performance.now();
    tell({ kind: "thumbs" });
  }
  function makeCell(id) {
    const picture = h("img", { alt: "", draggable: "false" });
    const label = h("span", { class: "eg-tree-name" });
    const button = h("button", { type: "button", class: "eg-tree-cell", role: "treeitem", tabindex: -1, onclick: () => tell({ kind: "visit", entry: id }) }, picture, label);
    tree.append(button);
    return { button, picture, label };
  }
  function show() {
    const nodes = model.get("history");
    count.textContent = nodes.length > 1 ? String(nodes.length - 1) : "";
    unpin.hidden = !model.get("before_name");
    if (!node.open) return;
    const places = treePlaces(nodes);
    const known = new Set(nodes.map((entry) => entry.id));
    for (const [id, cell] of cells) {
      if (known.has(id)) continue;
      cell.button.remove();
      cells.delete(id);
    }
    let columns = 1;
    let rows = 1;
    const strokes = [];
    for (const entry of nodes) {
      if (!cells.has(entry.id)) cells.set(entry.id, makeCell(entry.id));
      const { button, picture, label } = cells.get(entry.id);
      const { column, row } = places.get(entry.id);
      columns = Math.max(columns, column + 1);
      rows = Math.max(rows, row + 1);
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
      if (entry.present) name.value = entry.name;
      const above = places.get(entry.parent);
      if (!above) continue;
      const [x0, y0] = [above.column * CELL.width + 61, above.row * CELL.height + 25];
      const [x1, y1] = [column * CELL.width + 11, row * CELL.height + 25];
      strokes.push(y0 === y1 ? `M${x0} ${y0}H${x1}` : `M${x0} ${y0}h10V${y1}H${x1}`);
    }
    tree.style.width = `${columns * CELL.width}px`;
    tree.style.height = `${rows * CELL.height}px`;
    lines.setAttribute("width", columns * CELL.width);
    lines.setAttribute("height", rows * CELL.height);
    lines.innerHTML = `<path d="${strokes.join("")}" fill="none" stroke="currentColor" stroke-width="1.5"/>`;
    reveal();
    askForPictures();
  }
  function reveal() {
    const cell = cells.get(present()?.id)?.button;
    if (!cell) return;
    const left = cell.offsetLeft;
    if (left < scroller.scrollLeft || left + CELL.width > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = left - scroller.clientWidth / 2;
    const top = cell.offsetTop;
    if (top < scroller.scrollTop || top + CELL.height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top - 4;
  }
  tree.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const own = [...cells].find(([, cell]) => cell.button === event.target);
    if (!move || !own) return;
    const places = treePlaces(model.get("history"));
    const from = places.get(own[0]);
    const reach = ([, place]) => (place.column - from.column) * move[0] + (place.row - from.row) * move[1];
    const aside = ([, place]) => Math.abs((place.column - from.column) * move[1]) + Math.abs((place.row - from.row) * move[0]);
    const found = [...places].filter((other) => reach(other) > 0).sort((a, b) => 3 * aside(a) + reach(a) - 3 * aside(b) - reach(b))[0];
    if (found) cells.get(found[0]).button.focus();
    handled(event);
  });
  /** Pictures of entries have come. */
  function take(entries, buffers) {
    if (entries.some((id) => id === 0) && pictures.size && !model.get("history").some((entry) => entry.id !== 0)) drop(); // another session
    entries.forEach((id, i) => {
      if (pictures.has(id)) URL.revokeObjectURL(pictures.get(id));
      pictures.set(id, URL.createObjectURL(new Blob([buffers[i]], { type: "image/jpeg" })));
    });
    show();
  }
  function drop() {
    for (const address of pictures.values()) URL.revokeObjectURL(address);
    pictures.clear();
  }
  return { node, show, take, drop };
}
