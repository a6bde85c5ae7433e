// The editor in the browser, an anywidget module: two views, Picture and Parts, with tools.
//
// The page paints without waiting for the kernel, into an index buffer (Uint8Array, one part id per pixel), by the rules of
// editgan_widgets/masks/paint_rule.py, so both sides have the same label map. One binary message is sent per stroke. State is in
// traits, so a reloaded page has it again; frames of a running edit are messages, and are acknowledged. This file makes the modules
// of the page, and connects them to traits and messages.

import { makeAnnouncer, roveToolbar } from "../core/access.js";
import { makeDivider } from "../core/divider.js";
import { h } from "../core/dom.js";
import { makeFrames } from "../core/frames.js";
import { makeHistory } from "../core/history.js";
import { makeLabelMap } from "../core/label_map.js";
import { makeLayers } from "../core/layers.js";
import { makeNotices } from "../core/notices.js";
import { makePalette } from "../core/palette.js";
import { makePeek } from "../core/peek.js";
import { makePictures } from "../core/pictures.js";
import { makeRunBar } from "../core/run_bar.js";
import { makeViews } from "../core/views.js";
import { makeZoom } from "../core/zoom.js";
import { makeBrush } from "./brush.js";
import { makeChoice } from "./choice.js";
import { keyboardHelp, listenToEditorKeys, makeSheet } from "./keys.js";
import { makeMaskView } from "./mask_view.js";
import { makeOpening } from "./opening.js";
import { makeEditorPage } from "./page.js";
import { makePainting } from "./painting.js";
import { makePaintOver } from "./paint_over.js";
import { makePartBar } from "./part_bar.js";
import { makePartList } from "./part_list.js";
import { makePhotoPanel } from "./photo.js";
import { makeQuality } from "./quality.js";
import { makeSampleSheet } from "./samples.js";
import { makeSettings } from "./settings.js";
import { makeStaging } from "./staging.js";
import { makeToolbar } from "./toolbar.js";
import { makeToolPreview } from "./tool_preview.js";
import { makeVectorPanel } from "./vectors.js";

const MOST_SIZE = 48; // maximum brush size, picture px
let editors = 0;

/** @param {{ model: import("../core/types").Model<import("./wire").EditorTraits>, el: HTMLElement }} given */
function render({ model, el }) {
  const root = h("div", { class: "eg-root", role: "group", lang: model.get("language") });
  const page = makeEditorPage(model, root, {
    onHandled: (ids) => readMask(ids),
    putStatus(text) {
      status.textContent = text;
      announcer.status(text);
    },
  });
  const { t, tell, on, width, height, line } = page;
  const hint = `editgan-${++editors}-help`;
  root.setAttribute("aria-label", t("Portrait editor"));

  // ---- what is shown
  const redraw = () => views.schedule();
  const palette = makePalette(page);
  const maskView = makeMaskView(page);
  const labelMap = makeLabelMap(page, { colours: palette.colours, isHidden: maskView.isHidden, changed: () => showMap() });
  const pictures = makePictures(page, { changed: (isPicture) => {
    if (isPicture) layers.mirrorPicture();
    views.schedule(false);
  } });
  const layers = makeLayers(page, { sources: [pictures.picture, labelMap.labels, labelMap.strokes], ready: labelMap.loaded, changed: redraw });
  function showMap() {
    if (!labelMap.current()) layers.mirror(); // a stroke is copied when it is finished
    redraw();
  }
  const divider = makeDivider(page, { before: pictures.before, changed: () => views.schedule(false) });
  const peek = makePeek(page, { changed: redraw });
  const preview = makeToolPreview(page, { index: labelMap.index, redraw });
  const quality = makeQuality(page);
  const hover = h("span", { class: "eg-hover", "aria-hidden": "true" });
  const zoom = makeZoom(page, { canvas: () => views.canvases[0], pointer: () => painting.pointer(), changed: redraw });
  const views = makeViews(page, {
    pictures, labelMap, divider, outlines, hint,
    filled: maskView.filled,
    annotations: layers.annotations,
    seen: zoom.seen,
    // Frames show the effect of the strokes, so strokes are shown only until the first frame.
    shows: { before: peek.peeking, strokes: () => Boolean(labelMap.current()) || !model.get("running") || !runBar.stepped() },
    captions: { picture: [quality.badge, peek.tag, zoom.node], parts: [quality.note, hover] },
  });
  const middle = new Path2D(`M${width / 2} 0V${height}`);
  /**
   * @param {"picture" | "parts"} kind
   * @returns {import("../core/types").Outline[]}
   */
  function outlines(kind) {
    /** @type {import("../core/types").Outline[]} */
    const found = [];
    const border = kind === "parts" && maskView.borderPath(labelMap.index, labelMap.version());
    const [previewed, region] = [preview.path(), labelMap.region()];
    if (border) found.push([border, { weight: 0.7 }]);
    if (previewed) found.push([previewed, { dashed: preview.removes(), light: "#4fc3f7" }]);
    else if (region) found.push([region, { dashed: true }]);
    if (model.get("mirror")) found.push([middle, { weight: 0.5, dashed: true }]);
    return [...found, ...painting.outlines()];
  }

  // ---- what is worked with
  const mostSize = Math.min(MOST_SIZE, width);
  const choice = makeChoice(page, { mostSize });
  const brush = makeBrush(page, { penCame: () => toolbar.penCame() });
  const painting = makePainting(page, {
    labelMap, zoom, choice, brush, hover, redraw,
    canvases: () => views.canvases,
  });
  const portraits = makeSampleSheet(page);
  const photoPanel = makePhotoPanel(page);
  const opening = makeOpening(page);
  const sheet = makeSheet(t);
  const toolbar = makeToolbar(page, { setTool: choice.setTool, toolNodes: painting.nodes, mostSize, maskView, palette, peek, divider, photoPanel, portraits, opening, sheet });
  const partBar = makePartBar(page, { hideButton: maskView.hideButton, preview, portraits, toggleLock: choice.toggleLock });
  const paintOver = makePaintOver(page);
  const partList = makePartList(page, { select: choice.select, eye: maskView.eye, beside: paintOver.select });
  const vectorPanel = makeVectorPanel(page, { settled: rereadPicture });
  const history = makeHistory(page);
  const settings = makeSettings(page);
  const staging = makeStaging(page, { settled: rereadPicture });
  const announcer = makeAnnouncer({ running: () => model.get("running"), t });
  const runBar = makeRunBar(page, { progressed: announcer.progress });
  const frames = makeFrames(page, {
    showFrame: pictures.showFrame,
    readPicture: pictures.readPicture,
    took: runBar.take,
    painting: painting.active,
    previewShown: () => [vectorPanel, staging].forEach((panel) => panel.previewShown()),
  });
  const status = h("div", { class: "eg-status" }); // read out by the announcer, but not at every step
  const notices = makeNotices(page, { dismiss: () => tell({ kind: "dismiss" }) });
  root.append(
    toolbar.node,
    partBar.node,
    h("div", { class: "eg-stage" }, ...views.nodes, partList.node),
    runBar.node,
    runBar.progress,
    ...notices.nodes,
    h("div", { class: "eg-statusbar" }, status, staging.node),
    photoPanel.node,
    vectorPanel.node,
    history.node,
    settings.node,
    sheet,
    paintOver.sheet,
    portraits.node,
    h("p", { id: hint, class: "eg-hidden" }, keyboardHelp(t)),
    announcer.node,
  );
  el.append(root);
  for (const bar of [toolbar.node, partBar.node]) roveToolbar(bar);

  // ---- traits
  /** @param {string[]} [ids] */
  async function readMask(ids) {
    if (!(await labelMap.read(ids))) return;
    preview.again();
  }
  function showChoices() {
    for (const part of [toolbar, maskView, paintOver, partBar, partList, runBar]) part.show();
    redraw();
  }
  function showPalette() {
    palette.show();
    labelMap.repaint();
  }
  function showPossible() {
    toolbar.showHistory();
    runBar.showReady();
    staging.show();
  }
  function showRunning() {
    root.classList.toggle("eg-running", model.get("running"));
    runBar.showRunning();
    showPossible();
    redraw();
  }
  /** A preview may be in view although the value that was sent last is the one before it: then no picture follows. */
  function rereadPicture() {
    if (!model.get("running")) pictures.readPicture();
  }
  function showError() {
    notices.showError();
    if (!model.get("error")) return;
    vectorPanel.refuse();
    pictures.readPicture();
  }
  /**
   * Traits, and the function that shows them.
   * @type {[(keyof import("./wire").EditorTraits)[], () => unknown][]}
   */
  const SHOWN = [
    [["tool", "shape", "size", "opacity", "auto", "steps", "label", "locked", "over", "mirror", "pressure", "hidden", "mask_style"], showChoices],
    [["hidden"], labelMap.repaint],
    [["palette"], showPalette],
    [["label"], preview.again],
    [["tool"], painting.showTool],
    [["opacity"], layers.mirror],
    [["mask", "original", "painted"], readMask],
    [["region"], labelMap.readRegion],
    [["image"], pictures.readPicture],
    [["before"], pictures.readBefore],
    [["divider"], divider.show],
    [["before_name"], divider.rename],
    [["photo"], divider.readPhoto],
    [["photo", "whole", "show_whole"], photoPanel.show],
    [["frame"], photoPanel.showFrame],
    [["quality"], quality.show],
    [["running"], () => (showRunning(), page.showStatus())],
    [["progress"], () => runBar.take(model.get("progress"))],
    [["vectors", "vector_pictures", "vector_clashes"], vectorPanel.show],
    [["history", "history_revision"], history.read],
    [["before_name"], history.show],
    [["pending"], staging.show],
    [["settings"], settings.show],
    [["can_edit", "can_undo", "can_redo"], showPossible],
    [["error"], showError],
    [["status"], page.showStatus],
    [["notice"], notices.showNotice],
  ];
  for (const [traits, show] of SHOWN) on(traits.map((trait) => `change:${trait}`), () => show());

  // ---- messages
  /** @type {Record<string, (message: any, buffers: ArrayBuffer[]) => unknown>} */
  const RECEIVED = {
    standing: line.standing,
    reject: (message) => labelMap.reject(message.id),
    outline: (message, buffers) => preview.receive(message, buffers[0]),
    sample: (message, buffers) => portraits.receive(message, buffers[0]),
    download: (message, buffers) => line.download(message, buffers[0]),
    thumbs: (message, buffers) => history.take(message.entries, buffers),
    history: history.change,
    frame: (message, buffers) => frames.show(message, buffers[0]),
  };
  on("msg:custom", (message, buffers) => RECEIVED[message.kind]?.(message, buffers));

  // ---- begin
  listenToEditorKeys(page, { choice, zoom, painting, maskView, peek, divider, photoPanel, staging, sheet, travel: toolbar.travel });
  painting.open();
  const resized = new ResizeObserver(() => {
    zoom.show();
    redraw();
  });
  for (const canvas of views.canvases) resized.observe(canvas);
  for (const ending of [() => resized.disconnect(), portraits.dispose, photoPanel.dispose, history.drop, vectorPanel.drop]) page.atEnd(ending);
  zoom.moveTo(0, 0);
  for (const [, show] of SHOWN) show();
  line.open();

  // For tests and debugging: the page's present state.
  Object.assign(root, {
    editgan: {
      index: labelMap.index,
      frames: frames.times,
      picture: () => pictures.picture.getImageData(0, 0, width, height).data,
      pending: labelMap.count,
      waiting: () => line.waiting().length,
      layer: layers.pixels,
    },
  });
  return page.close;
}

export default { render };
