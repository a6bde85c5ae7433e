// A divider over the Picture: the picture before all edits, or the photo, to its left, the present picture to its right.

import { drawPart, h, handled, iconButton, setPressed } from "./dom.js";
import { ICONS } from "./icons.js";

/** @typedef {import("./types").PictureTraits & import("./types").TextTraits} Traits */

/**
 * `place` puts the divider over a view, `draw` paints its left side, `show` applies the model's state.
 * @param {Pick<import("./types").Page<Traits>, "model" | "put" | "t">} page
 * @param {object} given
 * @param {CanvasRenderingContext2D} given.before the picture before all edits
 * @param {() => void} given.changed
 */
export function makeDivider({ model, put, t }, { before, changed }) {
  let at = 0; // share of the view's width
  let shown = false;
  /** @type {ImageBitmap | null} */
  let photo = null; // the embedded photo
  let reads = 0;
  /** @type {HTMLElement} */
  let frame; // the element below the divider
  const button = iconButton("divide", t("Divide the picture: before the edits on the left, now on the right (Shift+C)"), () => toggle(), { "aria-label": t("Divide the picture into before and now") });
  const leftSide = h("span", { class: "eg-side eg-left", "aria-hidden": "true" });
  const rightSide = h("span", { class: "eg-side eg-right", "aria-hidden": "true" }, t("now"));
  const node = h(
    "div",
    {
      class: "eg-divider", role: "slider", tabindex: 0, "aria-label": t("Divider between the picture before and now"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal", "data-lm-suppress-shortcuts": "true",
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
      },
    },
    h("span", { class: "eg-line" }),
    h("span", { class: "eg-knob", html: ICONS.divide }),
  );
  function toggle() {
    const on = model.get("divider") == null;
    put("divider", on ? 0.5 : null);
    if (on) node.focus({ preventScroll: true });
    else if (node.ownerDocument.activeElement === node.ownerDocument.body) button.focus({ preventScroll: true }); // the divider had the focus
  }
  /** @param {number} share */
  function move(share) {
    at = Math.min(1, Math.max(0, Math.round(share * 1000) / 1000));
    node.style.left = `${100 * at}%`;
    const percent = Math.round(100 * at);
    node.setAttribute("aria-valuenow", String(percent));
    node.setAttribute("aria-valuetext", t("{percent} percent before, the rest now", { percent }));
    leftSide.hidden = at < 0.2;
    rightSide.hidden = at > 0.8;
    changed();
  }
  function show() {
    const value = model.get("divider");
    shown = value != null;
    setPressed(button, shown);
    for (const part of [node, leftSide, rightSide]) part.hidden = !shown;
    if (value == null) changed();
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
  /** The photo, unless an entry of the history was chosen for comparison. */
  const left = () => (photo && !model.get("before_name") ? photo : before.canvas);
  function rename() {
    leftSide.textContent = model.get("before_name") || (photo ? t("photo") : t("before"));
    changed();
  }
  return {
    button, toggle, show, rename, readPhoto,
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
    },
  };
}
