// A finished edit that is not accepted yet: its strength, more steps, accept, discard.

import { h, textButton } from "../core/dom.js";
import { makeDrag, makePreviews } from "../core/previews.js";

const MORE = 20; // steps

/**
 * `settled()` is called once the kernel has handled the strength that was sent.
 * @param {import("./page.js").EditorPage} page
 * @param {{ settled: () => void }} given
 */
export function makeStaging({ model, root, tell, own, t }, { settled }) {
  const sent = own(() => (show(), settled()));
  const value = h("output", { class: "eg-value eg-percent" });
  const previews = makePreviews((/** @type {number} */ strength) => tell({ kind: "strength", strength, live: true }));
  const drag = makeDrag({
    moves: (strength) => {
      showValue();
      previews.want(strength);
    },
    letGo: commit,
  });
  const range = h("input", {
    type: "range", min: 0, max: 1.5, step: 0.05, class: "eg-range", "aria-label": t("Strength of this edit"), title: t("Strength of this edit; double-click for 100%"),
    ...drag.handlers,
    ondblclick: () => commit(1),
  });
  /** @param {number} strength */
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
    more, accept, discard,
  );
  function show() {
    const strength = model.get("pending");
    const idle = !model.get("running");
    const away = strength === null || !idle;
    if (away && node.contains(node.ownerDocument.activeElement)) root.querySelector(/** @type {"canvas"} */ (".eg-canvas"))?.focus({ preventScroll: true });
    node.classList.toggle("eg-away", away); // its space is kept, so that the layout below does not jump
    node.inert = away;
    more.hidden = !model.get("can_edit");
    if (strength !== null && !drag.moving() && !sent.waits()) range.value = String(strength);
    showValue();
  }
  return { node, show, previewShown: previews.shown, pending: () => model.get("pending") !== null && !model.get("running") };
}
