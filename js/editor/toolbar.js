// The bar above the pictures: tools, brush, mask, history, pictures.

import { group, h, iconButton, setPressed, setUsable } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { makeMenu } from "../core/menu.js";
import { TOOLS, toolNamed } from "./toolbox.js";

/**
 * The parts given are shown among the bar's own buttons.
 * @param {import("./page.js").EditorPage} page
 * @param {object} parts
 * @param {(name: string) => void} parts.setTool
 * @param {[string, HTMLElement][]} parts.toolNodes elements that are shown while a tool is chosen, by tool name
 * @param {number} parts.mostSize largest diameter of the brush, picture px
 * @param {{ styleButton: HTMLElement }} parts.maskView
 * @param {{ button: HTMLElement }} parts.palette
 * @param {{ button: HTMLElement }} parts.peek
 * @param {{ button: HTMLElement }} parts.divider
 * @param {{ button: HTMLElement }} parts.photoPanel
 * @param {{ button: HTMLElement }} parts.portraits
 * @param {{ button: HTMLElement, input: HTMLElement }} parts.opening
 * @param {HTMLDialogElement} parts.sheet
 */
export function makeToolbar({ model, put, t, tell, asked }, { setTool, toolNodes, mostSize, maskView, palette, peek, divider, photoPanel, portraits, opening, sheet }) {
  const tools = TOOLS.map((tool) => /** @type {const} */ ([tool.name, iconButton({ svg: icon(tool.icon) }, tool.title(t), () => setTool(tool.name))]));
  /** @type {["round" | "square", string][]} */
  const SHAPES = [["round", t("Round brush")], ["square", t("Square brush")]];
  const shapes = SHAPES.map(([name, title]) => /** @type {const} */ ([name, iconButton(name, title, () => put("shape", name))]));
  const mirror = iconButton("mirror", t("Mirror: paint on both sides of the picture's middle (M)"), () => put("mirror", !model.get("mirror")));
  const pressure = iconButton("pressure", t("Pen pressure sets the brush size"), () => put("pressure", !model.get("pressure")), { hidden: true }); // until a pen is used
  const size = h("input", {
    type: "range", min: 1, max: mostSize, step: 1, class: "eg-range", "aria-label": t("Brush size in pixels"), title: t("Brush size ([ and ])"),
    oninput: () => void put("size", Number(size.value)),
  });
  const sizeText = h("output", { class: "eg-value" });
  const sizeField = h("label", { class: "eg-field" }, h("span", {}, t("Size")), size, sizeText);
  const opacity = h("input", {
    type: "range", min: 0, max: 100, step: 5, class: "eg-range", "aria-label": t("Opacity of the part mask in percent"), title: t("Mask opacity"),
    oninput: () => void put("opacity", Number(opacity.value) / 100),
  });
  const opacityText = h("output", { class: "eg-value" });
  const undo = iconButton("undo", t("Undo (Ctrl+Z)"), () => travel("undo"));
  const redo = iconButton("redo", t("Redo (Ctrl+Shift+Z)"), () => travel("redo"));
  const save = iconButton("save", t("Save the picture as PNG, with the recipe that opens it again"), () => tell({ kind: "save" }));
  const shortcuts = h("button", { type: "button", class: "eg-button", title: t("Keyboard shortcuts (?)"), "aria-label": t("Keyboard shortcuts"), onclick: () => sheet.showModal() }, "?");
  /** @param {"open_mask" | "open_part_mask"} kind of the message that takes the chosen file */
  const maskInput = (kind) => {
    const input = h("input", { type: "file", accept: "image/*,.npy,.npz", hidden: true, onchange: async () => {
      const given = input.files?.[0];
      if (!given) return;
      tell({ kind, ...asked() }, [await given.arrayBuffer()]);
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
    [t("Save as script"), () => tell({ kind: "script" })],
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
    group(t("Pictures"), portraits.button, opening.button, save, fileMenu.node, shortcuts, opening.input, maskFile, partMaskFile),
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
  /**
   * Go back or forward in the history, if possible.
   * @param {"undo" | "redo"} way
   */
  function travel(way) {
    if (can[way]()) tell({ kind: way });
  }
  function showHistory() {
    setUsable(undo, can.undo());
    setUsable(redo, can.redo());
  }
  return { node, show, showHistory, travel, penCame: () => void (pressure.hidden = false) };
}
