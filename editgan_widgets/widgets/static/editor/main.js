// EditGAN editor, the browser side (an anywidget module).
//
// Two views, Picture and Parts. The brush is drawn here with no kernel round trip, into an index buffer (Uint8Array, one label id
// per pixel) by the same rules as editgan_widgets.masks.paint_rule, so both sides hold the same label map. One binary message
// leaves per stroke. State comes in traits (so a page reload brings it back), frames of a running edit come as messages and are
// acknowledged. This file makes the parts of the page, and says which of them shows which trait and which message.

import { makeAnnouncer, roveToolbar } from "./access.js";
import { makeChoice } from "./choice.js";
import { makeDivider } from "./compare.js";
import { h, ICONS, iconButton } from "./dom.js";
import { makeHistoryPanel } from "./history.js";
import { makeLayers } from "./layers.js";
import { makeLine } from "./line.js";
import { makeMask } from "./mask.js";
import { makeMaskView } from "./mask_view.js";
import { makeOpening } from "./opening.js";
import { makePage } from "./page.js";
import { makePainting } from "./painting.js";
import { makePalette } from "./palette.js";
import { makePartBar } from "./part_bar.js";
import { makePartList } from "./part_list.js";
import { makePaintOver } from "./paint_over.js";
import { makePeek } from "./peek.js";
import { makePhotoPanel } from "./photo.js";
import { makePictures } from "./pictures.js";
import { makeQuality } from "./quality.js";
import { makeRunBar } from "./run_bar.js";
import { makeSampleSheet } from "./samples.js";
import { makeSettings } from "./settings.js";
import { keyboardHelp, listenToShortcuts, makeShortcutSheet } from "./shortcuts.js";
import { makeStaging } from "./staging.js";
import { makeToolbar } from "./toolbar.js";
import { makeToolPreview } from "./tool_preview.js";
import { makeVectorPanel } from "./vectors.js";
import { makeViewports } from "./viewports.js";
import { makeWaitingNote } from "./waiting.js";
import { makeZoom } from "./zoom.js";

const MOST_SIZE = 48; // of the brush, picture px
const PAINTING_COMES_FIRST = 400; // ms that a frame's acknowledgement waits while the pointer paints, so that fewer come
let editors = 0;

function render({ model, el }) {
  const root = h("div", { class: "eg-root", role: "group", lang: model.get("language") });
  const shared = makePage(model, root);
  const line = makeLine(shared, {
    onHandled: (ids) => readMask(ids),
    onWaiting: (waits) => (waits ? (status.textContent = t("The connection is lost. What you do is kept, and sent when it is back.")) : showStatus()),
  });
  const page = { ...shared, tell: line.tell };
  const { t, tell, on, width, height } = page;
  const hint = `editgan-${++editors}-help`;
  root.setAttribute("aria-label", t("Portrait editor"));

  // ---- what is shown
  const palette = makePalette(page);
  const maskView = makeMaskView(page);
  const mask = makeMask(page, { colours: palette.colours, isHidden: maskView.isHidden, changed: () => shownAnew() });
  const pictures = makePictures(page, { changed: (isPicture) => {
    if (isPicture) layers.mirror([0]);
    viewports.schedule(false);
  } });
  const layers = makeLayers(page, { sources: [pictures.picture, mask.labels, mask.strokes], ready: mask.loaded, changed: () => viewports.schedule() });
  function shownAnew() {
    if (!mask.current()) layers.mirror(); // a stroke is mirrored when it is done
    viewports.schedule();
  }
  const redraw = () => viewports.schedule();
  const divider = makeDivider({ ...page, before: pictures.before, changed: () => viewports.schedule(false) });
  const peek = makePeek(page, { changed: redraw });
  const preview = makeToolPreview({ ...page, index: mask.index, redraw });
  const quality = makeQuality(page);
  const hover = h("span", { class: "eg-hover", "aria-hidden": "true" });
  const zoom = makeZoom(page, { canvas: () => viewports.canvases[0], pointer: () => painting.pointer(), changed: redraw });
  const viewports = makeViewports(page, {
    pictures, mask, maskView, divider, outlines, hint,
    annotations: layers.annotations,
    seen: zoom.seen,
    // A frame is what the strokes became, so they are shown until the first one only.
    shows: { before: peek.peeking, strokes: () => Boolean(mask.current()) || !model.get("running") || !runBar.stepped() },
    captions: { picture: [quality.badge, peek.tag, zoom.node], parts: [quality.note, hover] },
  });
  function outlines(kind) {
    const border = kind === "parts" && maskView.borderPath(mask.index, mask.version());
    const found = border ? [[border, { weight: 0.7 }]] : [];
    if (preview.path()) found.push([preview.path(), { dashed: preview.removes(), light: "#4fc3f7" }]);
    else if (mask.region()) found.push([mask.region(), { dashed: true }]);
    if (model.get("mirror")) found.push([middle, { weight: 0.5, dashed: true }]);
    return [...found, ...painting.outlines()];
  }
  const middle = new Path2D(`M${width / 2} 0V${height}`);

  // ---- what is worked with
  const mostSize = Math.min(MOST_SIZE, width);
  const choice = makeChoice(page, { mostSize });
  const portraits = makeSampleSheet(page);
  const photoPanel = makePhotoPanel(page);
  const opening = makeOpening(page);
  const sheet = makeShortcutSheet(page);
  const toolbar = makeToolbar(page, { setTool: choice.setTool, mostSize, maskView, partColours: palette, peek, divider, photoPanel, portraits, opening, sheet });
  const partBar = makePartBar(page, { hideButton: maskView.hideButton, preview, portraits, toggleLock: choice.toggleLock });
  const paintOver = makePaintOver(page);
  const partList = makePartList(page, { select: choice.select, eye: maskView.eye, beside: paintOver.select });
  const vectorPanel = makeVectorPanel(page);
  const historyPanel = makeHistoryPanel(page);
  const settings = makeSettings(page);
  const staging = makeStaging(page);
  const announcer = makeAnnouncer({ running: () => model.get("running"), t });
  const runBar = makeRunBar(page, { progressed: announcer.progress });
  const status = h("div", { class: "eg-status" }); // said by the announcer, not at every step
  const waiting = makeWaitingNote({ status, written: () => model.get("status"), waits: mask.waits, alive: line.outbox.alive, t });
  const painting = makePainting(page, {
    mask, zoom, choice, hover, redraw,
    canvases: () => viewports.canvases,
    penCame: toolbar.penCame,
    sent: (id) => waiting.watch(() => line.outbox.online() && mask.waits(id)),
  });
  const errorText = h("span", { class: "eg-error-text" });
  const errorBox = h(
    "div",
    { class: "eg-error", role: "alert", hidden: true },
    h("span", { class: "eg-error-icon", html: ICONS.alert }),
    errorText,
    iconButton("close", t("Dismiss this message"), () => tell({ kind: "dismiss" })),
  );
  const noticeText = h("span", { class: "eg-error-text" });
  const notice = h("div", { class: "eg-error eg-notice", role: "alert", hidden: true }, h("span", { class: "eg-error-icon", html: ICONS.alert }), noticeText);
  root.append(
    toolbar.node,
    partBar.node,
    h("div", { class: "eg-stage" }, ...viewports.nodes, partList.node),
    runBar.node,
    runBar.progress,
    errorBox,
    notice,
    h("div", { class: "eg-statusbar" }, status, staging.node),
    photoPanel.node,
    vectorPanel.node,
    historyPanel.node,
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
  async function readMask(ids) {
    if (!(await mask.read(ids))) return;
    waiting.check();
    preview.again();
  }
  function showChoices() {
    for (const part of [toolbar, maskView, paintOver, partBar, partList, runBar]) part.show();
    viewports.schedule();
  }
  function showPalette() {
    palette.show(root);
    mask.repaint();
  }
  function showPossible() {
    toolbar.showHistory();
    runBar.showReady();
    staging.show();
  }
  function showRunning() {
    const running = model.get("running");
    root.classList.toggle("eg-running", running);
    runBar.showRunning();
    showPossible();
    viewports.schedule();
  }
  function showStatus() {
    status.textContent = model.get("status");
    announcer.status(status.textContent);
  }
  function showError() {
    const text = model.get("error");
    errorText.textContent = text;
    errorBox.hidden = !text;
    if (!text) return;
    vectorPanel.refuse();
    pictures.readPicture();
  }
  function showNotice() {
    noticeText.textContent = model.get("notice");
    notice.hidden = !model.get("notice");
  }
  /** Which traits each part shows. */
  const SHOWN = [
    [["tool", "shape", "size", "opacity", "auto", "steps", "label", "locked", "over", "mirror", "pressure", "hidden", "mask_style"], showChoices],
    [["hidden"], mask.repaint],
    [["palette"], showPalette],
    [["label"], preview.again],
    [["tool"], painting.polygon.drop],
    [["opacity"], layers.mirror],
    [["mask", "original", "painted"], readMask],
    [["region"], mask.readRegion],
    [["image"], pictures.readPicture],
    [["before"], pictures.readBefore],
    [["divider"], divider.show],
    [["before_name"], divider.rename],
    [["photo"], divider.readPhoto],
    [["photo", "whole", "show_whole"], photoPanel.show],
    [["quality"], quality.show],
    [["running"], () => (showRunning(), showStatus())],
    [["progress"], () => runBar.take(model.get("progress"))],
    [["vectors", "vector_pictures", "vector_clashes"], vectorPanel.show],
    [["history", "before_name"], historyPanel.show],
    [["pending"], staging.show],
    [["settings"], settings.show],
    [["can_edit", "can_undo", "can_redo"], showPossible],
    [["error"], showError],
    [["status"], showStatus],
    [["notice"], showNotice],
  ];
  for (const [traits, show] of SHOWN) on(traits.map((trait) => `change:${trait}`), () => show());

  // ---- messages
  const frames = []; // when each was shown, for measuring
  async function showFrame(message, bytes) {
    const late = message.job < model.get("job");
    try {
      if (!late && !message.preview) runBar.take(message);
      // What comes back to the committed picture shows that one, not a JPEG of it.
      if (!late) await (message.own ? pictures.readPicture() : pictures.showFrame(bytes));
    } finally {
      const acknowledge = () => tell({ kind: "ack", seq: message.seq });
      if (mask.current()) setTimeout(acknowledge, PAINTING_COMES_FIRST);
      else acknowledge();
      if (!late && message.preview) for (const panel of [vectorPanel, staging]) panel.previewShown();
    }
    if (late) return;
    if (message.preview) {
      root.dataset.previews = String(Number(root.dataset.previews ?? 0) + 1);
      root.dataset.previewed = String(performance.now());
      return;
    }
    root.dataset.frames = String(Number(root.dataset.frames ?? 0) + 1);
    root.dataset.step = String(message.step);
    root.dataset.job = String(message.job);
    if (frames.length > 4000) frames.splice(0, 2000);
    frames.push({ at: performance.now(), job: message.job, step: message.step });
  }
  const RECEIVED = {
    standing: line.outbox.standing,
    reject: (message) => mask.reject(message.id),
    outline: (message, buffers) => preview.receive(message, buffers[0]),
    sample: (message, buffers) => portraits.receive(message, buffers[0]),
    download: (message, buffers) => line.download(message, buffers[0]),
    thumbs: (message, buffers) => historyPanel.take(message.entries, buffers),
    frame: (message, buffers) => showFrame(message, buffers[0]),
  };
  on("msg:custom", (message, buffers) => RECEIVED[message.kind]?.(message, buffers));

  // ---- begin
  listenToShortcuts(page, { choice, zoom, mask, painting, maskView, peek, divider, photoPanel, staging, sheet, travel: toolbar.travel });
  painting.open();
  for (const { id, message, buffers } of line.outbox.waiting()) {
    if (!["stroke", "push"].includes(message.kind)) continue;
    const [points, radii] = buffers.map((buffer) => [...new Float32Array(buffer)]);
    mask.keep({ ...message, tool: message.kind === "push" ? "push" : message.tool, id, points, radii: radii ?? null });
  }
  const resized = new ResizeObserver(() => {
    zoom.show();
    redraw();
  });
  for (const canvas of viewports.canvases) resized.observe(canvas);
  for (const ending of [() => resized.disconnect(), portraits.dispose, photoPanel.dispose, historyPanel.drop, vectorPanel.drop]) page.atEnd(ending);
  zoom.moveTo(0, 0);
  for (const [, show] of SHOWN) show();
  line.outbox.open();

  // For tests and debugging: what the browser holds right now.
  root.editgan = {
    index: mask.index, frames, picture: () => pictures.picture.getImageData(0, 0, width, height).data, pending: mask.count,
    waiting: () => line.outbox.waiting().length, layer: layers.pixels,
  };
  return page.close;
}

export default { render };
