// The squares of an open photo: those that were found, to choose from, and the edited one, which can be moved, scaled and turned.

/** @typedef {import("./wire").Square} Square */
/** @typedef {{ x: number, y: number, side: number, roll: number }} Placed centre and side in px of the photo, roll in degrees */

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 16; // px, the smallest side

/** @param {Square} square @returns {Placed} */
export const placed = ([left, upper, side, roll]) => ({ x: left + side / 2, y: upper + side / 2, side, roll });

/** @param {Placed} square @returns {{ x: number, y: number, side: number, roll: number }} as the kernel takes it */
export const asked = ({ x, y, side, roll }) => ({ x: x - side / 2, y: y - side / 2, side, roll });

/**
 * Move, scale or turn a square by a key; null if the key does nothing.
 * @param {Placed} square
 * @param {string} key
 * @param {boolean} far whether Shift is held
 * @returns {Placed | null}
 */
export function byKey(square, key, far) {
  const step = square.side * (far ? 0.1 : 0.02);
  const turn = far ? 10 : 2;
  /** @type {Record<string, Partial<Placed>>} */
  const changes = {
    ArrowLeft: { x: square.x - step },
    ArrowRight: { x: square.x + step },
    ArrowUp: { y: square.y - step },
    ArrowDown: { y: square.y + step },
    "+": { side: square.side * 1.05 },
    "=": { side: square.side * 1.05 },
    "-": { side: Math.max(LEAST, square.side / 1.05) },
    "[": { roll: square.roll - turn },
    "]": { roll: square.roll + turn },
    "{": { roll: square.roll - turn },
    "}": { roll: square.roll + turn },
  };
  return key in changes ? { ...square, ...changes[key] } : null;
}

/**
 * The square after its handle was dragged from one point to another, px of the photo.
 * @param {Placed} square
 * @param {string} handle "move", "scale" or "turn"
 * @param {[number, number]} from
 * @param {[number, number]} to
 * @returns {Placed}
 */
export function dragged(square, handle, from, to) {
  if (handle === "move") return { ...square, x: square.x + to[0] - from[0], y: square.y + to[1] - from[1] };
  const [ax, ay, bx, by] = [from[0] - square.x, from[1] - square.y, to[0] - square.x, to[1] - square.y];
  if (handle === "scale") return { ...square, side: Math.max(LEAST, (square.side * Math.hypot(bx, by)) / Math.max(1, Math.hypot(ax, ay))) };
  const turned = square.roll + ((Math.atan2(by, bx) - Math.atan2(ay, ax)) * 180) / Math.PI;
  return { ...square, roll: ((((turned + 180) % 360) + 360) % 360) - 180 };
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {Placed} square */
const transform = ({ x, y, roll }) => `translate(${x} ${y}) rotate(${roll})`;

/**
 * `changed(square)` is called with the edited square after it was moved; null: it is where it was.
 * @param {Pick<import("./page.js").EditorPage, "t">} page
 * @param {object} given
 * @param {(square: Placed | null) => void} given.changed
 * @param {(square: Placed) => void} given.chosen a found square is to be edited
 * @param {() => void} given.confirmed Enter was pressed
 */
export function makeFrame({ t }, { changed, chosen, confirmed }) {
  /** @type {Placed | null} */
  let own = null; // the edited square
  /** @type {Placed | null} */
  let now = null; // where it was moved to
  /** @type {{ handle: string, from: [number, number], began: Placed } | null} */
  let drag = null;
  const node = draw("svg", { class: "eg-squares", "data-lm-suppress-shortcuts": "true" });

  /** @param {PointerEvent} event @returns {[number, number]} */
  function at(event) {
    const matrix = node.getScreenCTM();
    if (!matrix) return [0, 0];
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    return [x, y];
  }
  /** @param {Placed | null} square */
  function move(square) {
    now = square;
    place();
    changed(now);
  }
  function place() {
    const square = now ?? own;
    if (!square || !frame) return;
    frame.group.setAttribute("transform", transform(square));
    frame.resize(square.side);
  }
  /** @type {{ group: SVGGElement, resize: (side: number) => void } | null} */
  let frame = null;
  /** @param {number} unit px of the photo per px of the screen */
  function makeOwn(unit) {
    const box = draw("rect", { class: "eg-square eg-own" });
    const corners = [0, 1, 2, 3].map(() => draw("circle", { class: "eg-handle", r: 6 * unit, "data-handle": "scale" }));
    const stem = draw("line", { class: "eg-stem" });
    const knob = draw("circle", { class: "eg-handle", r: 6 * unit, "data-handle": "turn" });
    box.dataset.handle = "move";
    const label = t("The edited square: arrow keys move it, plus and minus scale it, [ and ] turn it, Enter edits it, Escape puts it back");
    const group = draw("g", { class: "eg-own-square", tabindex: 0, role: "application", "aria-label": label }, draw("title", {}), box, stem, ...corners, knob);
    group.onpointerdown = (event) => {
      const handle = /** @type {SVGElement} */ (event.target).dataset.handle;
      if (!handle || event.button !== 0 || !own) return;
      drag = { handle, from: at(event), began: now ?? own };
      group.setPointerCapture(event.pointerId);
      group.focus({ preventScroll: true });
      event.preventDefault();
    };
    group.onpointermove = (event) => drag && move(dragged(drag.began, drag.handle, drag.from, at(event)));
    group.onlostpointercapture = () => (drag = null);
    group.onkeydown = (event) => {
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
      group,
      resize(/** @type {number} */ side) {
        const half = side / 2;
        for (const [name, value] of Object.entries({ x: -half, y: -half, width: side, height: side })) box.setAttribute(name, String(value));
        corners.forEach((corner, i) => {
          corner.setAttribute("cx", String(i % 2 ? half : -half));
          corner.setAttribute("cy", String(i < 2 ? -half : half));
        });
        const turn = ((now ?? own)?.roll ?? 0) * (Math.PI / 180);
        const outside = ((now ?? own)?.y ?? 0) - (half + 30 * unit) * Math.cos(turn) < 0; // above the photo's upper edge
        const above = -half + (outside ? 22 : -22) * unit;
        for (const [name, value] of Object.entries({ x1: 0, x2: 0, y1: -half, y2: above })) stem.setAttribute(name, String(value));
        knob.setAttribute("cx", "0");
        knob.setAttribute("cy", String(above));
      },
    };
  }
  /** @param {Placed} square @param {number} number @param {number} count @param {number} unit */
  function makeFound(square, number, count, unit) {
    const half = square.side / 2;
    const name = t("Edit face {number} of {count}", { number, count });
    const text = draw("text", { x: -half + 6 * unit, y: -half + 18 * unit, "font-size": 14 * unit });
    text.textContent = String(number);
    const title = draw("title", {});
    title.textContent = name;
    const box = draw("rect", { class: "eg-square", x: -half, y: -half, width: square.side, height: square.side });
    const group = draw("g", { class: "eg-found", tabindex: 0, role: "button", "aria-label": name, transform: transform(square) }, title, box, text);
    group.onclick = () => chosen(square);
    group.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      chosen(square);
      event.preventDefault();
      event.stopPropagation();
    };
    return group;
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
    },
  };
}
