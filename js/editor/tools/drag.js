// Drag: press on a point and release at its target. The pairs are shown until a drag of them changed the picture, or they are removed;
// during the optimisation each handle is drawn at the share of its way that the points have moved.

import { h } from "../../core/dom.js";

/** @typedef {import("../../core/types").Point} Point */
/** @typedef {{ handle: Point, target: Point }} Pair */

const REACH = 8; // CSS px within which a press grabs a point
const LEAST = 0.5; // px, minimum distance of a target from its handle
const MOST = 64; // pairs, at most
const STRIDE = 8; // px that an arrow key moves the target with Shift
/** @type {Record<string, Point>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The pairs of handles and targets, one of them chosen.
 * @param {object} given
 * @param {number} given.width of the picture, px
 * @param {number} given.height of the picture, px
 * @param {() => number} given.reach distance within which a press grabs a point, picture px
 * @param {() => void} given.changed
 */
export function makePairs({ width, height, reach, changed }) {
  /** @type {Pair[]} */
  let pairs = [];
  let chosen = -1;
  const clamp = (/** @type {Point} */ [x, y]) => /** @type {Point} */ ([Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))]);
  const apart = (/** @type {Point} */ a, /** @type {Point} */ b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const moves = (/** @type {Pair} */ pair) => apart(pair.handle, pair.target) >= LEAST;
  /**
   * Grab the target or handle at a point, or the target of a new pair; returns the gesture that moves it.
   * @param {Point} point
   */
  function take(point) {
    let end = /** @type {"handle" | "target"} */ ("target");
    let at = pairs.findIndex((pair) => apart(pair.target, point) <= reach());
    if (at < 0) {
      at = pairs.findIndex((pair) => apart(pair.handle, point) <= reach());
      if (at >= 0) end = "handle";
    }
    const isNew = at < 0;
    if (isNew && pairs.length === MOST) return null;
    if (isNew) at = pairs.push({ handle: point, target: point }) - 1;
    chosen = at;
    const pair = pairs[at];
    const before = { ...pair };
    changed();
    return {
      move(/** @type {Point} */ to) {
        pair[end] = clamp(to);
        changed();
      },
      /** Keep the pair, unless its target is at its handle. */
      release() {
        if (!moves(pair)) drop(pair, isNew ? null : before);
        changed();
      },
      cancel() {
        drop(pair, isNew ? null : before);
        changed();
      },
    };
  }
  /** @param {Pair} pair @param {Pair | null} before */
  function drop(pair, before) {
    if (before) Object.assign(pair, before);
    else pairs = pairs.filter((other) => other !== pair);
    chosen = Math.min(chosen, pairs.length - 1);
  }
  /**
   * Move the chosen target.
   * @param {Point} way
   */
  function nudge([dx, dy]) {
    const pair = pairs[chosen];
    if (!pair) return false;
    pair.target = clamp([pair.target[0] + dx, pair.target[1] + dy]);
    changed();
    return true;
  }
  function next() {
    if (!pairs.length) return false;
    chosen = (chosen + 1) % pairs.length;
    changed();
    return true;
  }
  function remove() {
    if (!pairs[chosen]) return false;
    drop(pairs[chosen], null);
    changed();
    return true;
  }
  function clear() {
    pairs = [];
    chosen = -1;
    changed();
  }
  return {
    take, nudge, next, remove, clear,
    all: () => pairs,
    chosen: () => chosen,
    /** Points for the kernel: x and y of handle and target of each pair whose target is away from its handle. */
    points: () => pairs.filter(moves).map(({ handle, target }) => /** @type {[number, number, number, number]} */ ([...handle, ...target])),
  };
}

/**
 * Follows the drags of one page: `start(points, part)` begins one, `share()` is the share of the way that its points have moved, 0 to 1.
 * `ended(kept)` is called with whether the picture has changed: a drag that got no closer keeps nothing.
 * @param {Pick<import("../page.js").EditorPage, "model" | "on" | "own">} page
 * @param {object} given
 * @param {() => void} given.moved
 * @param {(kept: boolean) => void} given.ended
 */
export function makeDrags({ model, on, own }, { moved, ended }) {
  const sent = own(() => {});
  let share = 0;
  let dragging = false;
  // Until the kernel has handled the message, frames and progress are those of an earlier drag.
  const ours = (/** @type {import("../../core/types").Progress} */ progress) => dragging && !sent.waits() && progress.figures?.reached !== undefined;
  on("msg:custom", (/** @type {any} */ message) => {
    if (message.kind !== "frame" || !ours(message)) return;
    share = message.figures.reached;
    moved();
  });
  on("change:progress", () => {
    const progress = model.get("progress");
    if (!ours(progress) || progress.kept === undefined) return;
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
    share: () => share,
  };
}

/** @type {import("./tool").Tool} */
export default {
  name: "drag",
  place: 8,
  icon: '<circle cx="5.4" cy="14.4" r="2.2" fill="currentColor"/><path d="M7 12.8 15 5m0 0h-4.6M15 5v4.6"/>',
  key: "d",
  label: (t) => t("drag points of the picture"),
  title: (t) => t("Drag: press on a point and release at its target; set several pairs, then press “Start dragging” or Enter (D)"),
  keys: (t) => [[t("Arrows, N, Delete, Enter"), t("move the chosen target, choose the next pair, remove it, start dragging")]],
  make(bench) {
    const { model, width, height, redraw, reach, t } = bench;
    const pairs = makePairs({ width, height, reach: () => reach(REACH), changed: () => (show(), redraw()) });
    const drags = makeDrags(bench, { moved: redraw, ended: (kept) => (kept ? pairs.clear() : redraw()) }); // Undo restores the picture
    const within = h("input", { type: "checkbox" });
    const text = (/** @type {string} */ label, /** @type {string} */ title, /** @type {() => void} */ action) =>
      h("button", { type: "button", class: "eg-button eg-text", title, onclick: action }, label);
    const go = text(t("Start dragging"), t("Move the points in the picture to their targets (Enter)"), () => void start());
    const clear = text(t("Clear points"), t("Remove all points"), () => pairs.clear());
    const node = h(
      "div",
      { class: "eg-group eg-drag", hidden: true },
      go,
      clear,
      h("label", { class: "eg-check", title: t("Keep the picture unchanged outside the selected part") }, within, h("span", {}, t("only the selected part"))),
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
          move: (samples) => void (samples.length && held.move(/** @type {[Point, PointerEvent]} */ (samples.at(-1))[0])),
          release: held.release,
          cancel: held.cancel,
          leave: held.release,
        };
      },
      key(name) {
        const way = WAYS[name.replace("Shift+", "")];
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
          const [ring, dot] = [reach(6), reach(3)];
          const at = /** @type {Point} */ ([handle[0] + come * (target[0] - handle[0]), handle[1] + come * (target[1] - handle[1])]);
          const path = new Path2D();
          path.moveTo(...handle);
          path.lineTo(...target);
          path.moveTo(target[0] + ring, target[1]);
          path.arc(...target, ring, 0, 2 * Math.PI);
          path.moveTo(at[0] + dot, at[1]);
          path.arc(...at, dot, 0, 2 * Math.PI);
          return [path, { weight: i === pairs.chosen() ? 1.4 : 1, light: i === pairs.chosen() ? "#ffd54f" : "#4fc3f7" }];
        });
      },
    };
  },
};
