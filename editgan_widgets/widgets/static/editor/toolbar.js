// The bar above: tools, brush, mask, history, pictures.

import { h, iconButton } from "./dom.js";
import { makeFileMenu } from "./files.js";

/** The arguments give buttons that stand among the bar's own. */
export function makeToolbar({ model, put, t, tell, asked }, { setTool, mostSize, maskView, partColours, peek, divider, photoPanel, portraits, opening, sheet }) {
  const TOOLS = {
    brush: t("Brush: paint the selected part (B)"),
    eraser: t("Eraser: bring the original parts back (E)"),
    push: t("Push: move the parts along with the brush (W)"),
    fill: t("Fill: paint the whole area under the pointer; with Shift all areas of its part (G)"),
    lasso: t("Lasso: draw round an area to paint it (L)"),
    polygon: t("Polygon: click round an area to paint it; Enter, a double-click or a click on the first corner closes it (P)"),
    pick: t("Eyedropper: select the part under the pointer (I, or hold Alt)"),
  };
  const tools = Object.entries(TOOLS).map(([name, title]) => [name, iconButton(name, title, () => setTool(name))]);
  const shapes = [["round", t("Round brush")], ["square", t("Square brush")]].map(([name, title]) => [name, iconButton(name, title, () => put("shape", name))]);
  const mirror = iconButton("mirror", t("Mirror: paint at both sides of the picture's middle (M)"), () => put("mirror", !model.get("mirror")));
  const pressure = iconButton("pressure", t("The pen's pressure is the brush's size"), () => put("pressure", !model.get("pressure")), { hidden: true }); // until a pen comes
  const size = h("input", {
    type: "range", min: 1, max: mostSize, step: 1, class: "eg-range", "aria-label": t("Brush size in pixels"), title: t("Brush size ([ and ])"),
    oninput: () => put("size", Number(size.value)),
  });
  const sizeText = h("output", { class: "eg-value" });
  const opacity = h("input", {
    type: "range", min: 0, max: 100, step: 5, class: "eg-range", "aria-label": t("Opacity of the part mask in percent"), title: t("Mask opacity"),
    oninput: () => put("opacity", Number(opacity.value) / 100),
  });
  const opacityText = h("output", { class: "eg-value" });
  const undo = iconButton("undo", t("Undo (Ctrl+Z)"), () => travel("undo"));
  const redo = iconButton("redo", t("Redo (Ctrl+Shift+Z)"), () => travel("redo"));
  const save = iconButton("save", t("Save the picture as PNG, with the recipe that opens it again"), () => tell({ kind: "save" }));
  const shortcuts = h("button", { type: "button", class: "eg-button", title: t("Keyboard shortcuts (?)"), "aria-label": t("Keyboard shortcuts"), onclick: () => sheet.showModal() }, "?");
  const maskInput = (message) => {
    const input = h("input", { type: "file", accept: "image/*,.npy,.npz", hidden: true, onchange: async () => {
      const given = input.files?.[0];
      if (!given) return;
      tell({ ...message(), ...asked() }, [await given.arrayBuffer()]);
      input.value = "";
    } });
    return input;
  };
  const maskFile = maskInput(() => ({ kind: "open_mask" }));
  const partMaskFile = maskInput(() => ({ kind: "open_part_mask", label: model.get("label") }));
  const fileMenu = makeFileMenu({ t, items: [
    [t("Save picture"), () => tell({ kind: "save" })],
    [t("Save mask"), () => tell({ kind: "save_mask" })],
    [t("Open mask …"), () => maskFile.click()],
    [t("Paint the selected part from a mask …"), () => partMaskFile.click()],
    [t("Save as script"), () => tell({ kind: "script" })],
  ] });
  const group = (name, ...children) => h("div", { class: "eg-group", role: "group", "aria-label": name }, ...children);
  const history = group(t("History"), peek.button, divider.button, photoPanel.button, undo, redo);
  history.classList.add("eg-end");
  const node = h(
    "div",
    { class: "eg-bar eg-tools", role: "toolbar", "aria-label": t("Painting tools") },
    group(t("Tool"), ...tools.map(([, tool]) => tool)),
    group(t("Brush shape"), ...shapes.map(([, shape]) => shape), mirror, pressure),
    h("label", { class: "eg-field" }, h("span", {}, t("Size")), size, sizeText),
    h("div", { class: "eg-group" }, h("label", { class: "eg-field" }, h("span", {}, t("Mask")), opacity, opacityText), maskView.styleButton, partColours.button),
    history,
    group(t("Pictures"), portraits.button, opening.button, save, fileMenu.node, shortcuts, opening.input, maskFile, partMaskFile),
  );
  function show() {
    const press = (pressed) => ([name, one]) => one.setAttribute("aria-pressed", String(model.get(pressed) === name));
    tools.forEach(press("tool"));
    shapes.forEach(press("shape"));
    mirror.setAttribute("aria-pressed", String(model.get("mirror")));
    pressure.setAttribute("aria-pressed", String(model.get("pressure")));
    size.value = model.get("size");
    sizeText.textContent = `${model.get("size")} px`;
    opacity.value = Math.round(model.get("opacity") * 100);
    opacityText.textContent = `${opacity.value} %`;
  }
  const can = { undo: () => model.get("can_undo") || model.get("running"), redo: () => model.get("can_redo") };
  /** Go back ("undo") or forward ("redo") in the history, where there is a way. */
  function travel(way) {
    if (can[way]()) tell({ kind: way });
  }
  function showHistory() {
    // Not `disabled`: a button that loses the focus when it is used would take the keyboard away from the editor.
    undo.setAttribute("aria-disabled", String(!can.undo()));
    redo.setAttribute("aria-disabled", String(!can.redo()));
  }
  return { node, show, showHistory, travel, penCame: () => (pressure.hidden = false) };
}
