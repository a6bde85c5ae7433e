// A divider over the Picture: left of it the picture before all edits, or the photo itself, right of it the present one.

import { h, handled, ICONS } from "./dom.js";

/** The divider. `place` puts it over a view's canvas, `draw` paints what is left of it, `show` brings it to the model's state. */
export function makeDivider({ model, put, t, before, changed }) {
  let at = null; // share of the view's width; null while it is off
  let photo = null; // bitmap of what was embedded
  let reads = 0;
  let box = null; // the element that it lies over
  const button = h("button", { type: "button", class: "eg-button", title: t("Divide the picture: before the edits on the left, now on the right (Shift+C)"), "aria-label": t("Divide the picture into before and now"), html: ICONS.divide, onclick: () => toggle() });
  const sides = [h("span", { class: "eg-side eg-left", "aria-hidden": "true" }), h("span", { class: "eg-side eg-right", "aria-hidden": "true" }, t("now"))];
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
      onpointermove: (event) => node.hasPointerCapture(event.pointerId) && move((event.clientX - box.getBoundingClientRect().left) / box.clientWidth),
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
    else if (node.ownerDocument.activeElement === node.ownerDocument.body) button.focus({ preventScroll: true }); // it had the focus and is gone
  }
  function move(share) {
    at = Math.min(1, Math.max(0, Math.round(share * 1000) / 1000));
    node.style.left = `${100 * at}%`;
    const percent = Math.round(100 * at);
    node.setAttribute("aria-valuenow", percent);
    node.setAttribute("aria-valuetext", t("{percent} percent before, the rest now", { percent }));
    sides[0].hidden = at < 0.2;
    sides[1].hidden = at > 0.8;
    changed();
  }
  function show() {
    const value = model.get("divider");
    button.setAttribute("aria-pressed", String(value != null));
    for (const part of [node, ...sides]) part.hidden = value == null;
    at = null;
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
  const usesPhoto = () => photo && !model.get("before_name"); // an entry of the history that was pinned comes first
  function rename() {
    sides[0].textContent = model.get("before_name") || (photo ? t("photo") : t("before"));
    changed();
  }
  function place(frame) {
    box = frame;
    frame.append(...sides, node);
  }
  /** Paint the left side onto a view of `w` x `h` device px that shows this part of the picture. */
  function draw(ctx, w, h, left, top, width, height) {
    if (at === null) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, 0, Math.round(at * w), h);
    ctx.clip();
    ctx.drawImage(usesPhoto() ? photo : before.canvas, left, top, width, height, 0, 0, w, h);
    ctx.restore();
  }
  return { button, place, draw, toggle, show, rename, readPhoto };
}
