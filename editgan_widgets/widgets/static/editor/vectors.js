// Edit vectors: a slider each; while one moves the kernel shows previews, when it is let go the scale is taken.

import { h } from "./dom.js";

/** The panel of sliders. `show` brings it to the model's state, `previewShown` is told of each preview, `refuse` of an error. */
export function makeVectorPanel({ model, tell, t }) {
  const LIMIT = 2;
  const sliders = new Map(); // name -> {range, value, node}
  const vectorList = h("div", { class: "eg-vectors", role: "group", "aria-label": t("Edit vectors") });
  const vectorCount = h("span", { class: "eg-value" });
  const resetVectors = h("button", { type: "button", class: "eg-button eg-text", title: t("Set all vectors to 0"), onclick: () => resetVectors.getAttribute("aria-disabled") !== "true" && setScales(Object.fromEntries([...sliders.keys()].map((name) => [name, 0]))) }, t("Reset"));
  const keepName = h("input", {
    type: "text", class: "eg-search eg-keep", placeholder: t("Name of this edit"), "aria-label": t("Name under which to keep all edits as a vector"), maxlength: 60,
    onkeydown: (event) => {
      if (event.key === "Enter") keepVector();
    },
  });
  const keepButton = h("button", { type: "button", class: "eg-button eg-text", title: t("Keep all that was edited as a vector with a slider of its own"), onclick: () => keepVector() }, t("Keep as vector"));
  const vectorPanel = h(
    "details",
    { class: "eg-panel", open: true },
    h("summary", {}, h("span", {}, t("Edit vectors")), vectorCount),
    vectorList,
    h("div", { class: "eg-bar" }, keepName, keepButton, h("span", { class: "eg-end" }, resetVectors)),
  );
  const preview = { wanted: null, sent: 0 }; // scales that the kernel has not been told; when the last ones left
  function setScales(scales) {
    preview.wanted = null;
    tell({ kind: "vectors", scales, live: false });
  }
  function previewScale(name, scale) {
    preview.wanted = { ...preview.wanted, [name]: scale };
    // One on its way at a time, the newest next; one that does not come back is given up.
    if (performance.now() - preview.sent > 700) sendPreview();
  }
  function sendPreview() {
    if (!preview.wanted) {
      preview.sent = 0;
      return;
    }
    preview.sent = performance.now();
    tell({ kind: "vectors", scales: preview.wanted, live: true });
    preview.wanted = null;
  }
  function keepVector() {
    const name = keepName.value.trim();
    if (name) tell({ kind: "keep", name });
    else keepName.focus();
  }
  function makeSlider(name) {
    const value = h("output", { class: "eg-value" });
    const range = h("input", {
      type: "range", min: -LIMIT, max: LIMIT, step: 0.05, class: "eg-range", "aria-label": t("Scale of {name}", { name: t(name) }), title: t("Double-click sets it to 0"),
      oninput: () => {
        value.textContent = scaleText(Number(range.value));
        sliders.get(name).moving = true;
        previewScale(name, Number(range.value));
      },
      onchange: () => letGo(),
      // A slider that comes back to where it began sends no change.
      onpointerup: () => setTimeout(letGo),
      onpointercancel: () => setTimeout(letGo),
      onblur: () => letGo(),
      ondblclick: () => setScales({ [name]: 0 }),
    });
    function letGo() {
      const slider = sliders.get(name);
      if (!slider?.moving) return;
      slider.moving = false;
      setScales({ [name]: Number(range.value) });
    }
    const node = h("label", { class: "eg-vector" }, h("span", { class: "eg-name", title: t(name) }, t(name)), range, value);
    return { range, value, node, moving: false };
  }
  const scaleText = (scale) => (Math.abs(scale) < 0.005 ? "0" : (scale > 0 ? "+" : "\u2212") + Math.abs(scale).toFixed(2));
  function show() {
    const given = model.get("vectors");
    const known = new Set(given.map((vector) => vector.name));
    for (const [name, slider] of sliders) {
      if (known.has(name)) continue;
      slider.node.remove();
      sliders.delete(name);
    }
    for (const { name, scale } of given) {
      if (!sliders.has(name)) {
        sliders.set(name, makeSlider(name));
        vectorList.append(sliders.get(name).node);
        if (name === keepName.value.trim()) keepName.value = "";
      }
      const { range, value, node, moving } = sliders.get(name);
      if (moving) continue;
      range.value = scale;
      value.textContent = scaleText(scale);
      node.classList.toggle("eg-on", Math.abs(scale) > 1e-6);
    }
    const active = given.filter((vector) => Math.abs(vector.scale) > 1e-6).length;
    vectorCount.textContent = active ? t("{count} on", { count: active }) : "";
    resetVectors.setAttribute("aria-disabled", String(!active));
  }
  function refuse() {
    for (const slider of sliders.values()) slider.moving = false; // what was refused is not in the picture
    show();
  }
  return { node: vectorPanel, show, refuse, previewShown: sendPreview };
}
