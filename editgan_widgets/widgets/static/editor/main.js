// EditGAN editor, the browser side (an anywidget module).
//
// Two viewports, Picture and Parts, over the layers of a PartCanvas. The brush is drawn here with no kernel round trip, into an
// index buffer (Uint8Array, one label id per pixel) by the same rules as editgan_widgets.editing.paint_rule, so both sides hold the
// same label map. One binary message leaves per stroke. State comes in traits (so a page reload brings it back), frames of a
// running edit come as messages and are acknowledged.

import { makeAnnouncer, roveToolbar } from "./access.js";
import { makeDivider } from "./compare.js";
import { h, ICONS, inflate, randomName } from "./dom.js";
import { makeEcho } from "./echo.js";
import { makeFileMenu } from "./files.js";
import { makeHistoryPanel } from "./history.js";
import { makeMaskView } from "./mask_view.js";
import { makeOutbox } from "./outbox.js";
import { makePaintOver } from "./paint_over.js";
import { makePhotoPanel } from "./photo.js";
import { makePinch } from "./pinch.js";
import { makePolygon } from "./polygon.js";
import { makeQuality } from "./quality.js";
import { chip, makePalette } from "./palette.js";
import { outline } from "./raster.js";
import { makeSampleSheet } from "./samples.js";
import { makeSettings } from "./settings.js";
import { makeStaging } from "./staging.js";
import { makeToolPreview } from "./tool_preview.js";
import { makeVectorPanel } from "./vectors.js";
import { makeWaitingNote } from "./waiting.js";

const STEPS = [10, 20, 30, 50, 100];
const MAX_SIZE = 48;
const readable = (value) => (value === 0 ? "0" : value >= 0.1 ? value.toFixed(2) : value >= 0.001 ? value.toFixed(3) : value.toExponential(0));
let editors = 0;

// ---------------------------------------------------------------------------------------------------------------------- editor

function render({ model, el }) {
  const width = model.get("width");
  const height = model.get("height");
  const names = model.get("labels");
  const uid = `editgan-${++editors}`;
  const cleanups = [];
  /** A text in the user's language (widgets/strings.py); `{name}` in it takes the value of that name. */
  const t = (text, values = {}) => (model.get("strings")[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const on = (event, callback) => {
    model.on(event, callback);
    cleanups.push(() => model.off(event, callback));
  };
  const listen = (target, event, callback, options) => {
    target.addEventListener(event, callback, options);
    cleanups.push(() => target.removeEventListener(event, callback, options));
  };

  // ---- pixels: the browser's copy of the kernel's state, plus strokes that the kernel has not confirmed yet
  const size = width * height;
  const base = new Uint8Array(size); // the kernel's label map
  const index = new Uint8Array(size); // the same with unconfirmed strokes: what is shown
  const touched = new Uint8Array(size); // pixels painted since the last edit ended
  let original = null; // label map that the eraser brings back
  let regionPath = null;
  let pending = []; // strokes sent, not yet in `base`
  let current = null; // stroke under the pointer
  let comparing = false;
  let cursor = null; // {x, y, view} brush position in image px
  let keyCursor = false;
  let loaded = false;

  const surface = () => {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    return canvas.getContext("2d", { willReadFrequently: true });
  };
  const picture = surface();
  const before = surface();
  const labelLayer = surface();
  const strokeLayer = surface();
  const byId = new Map(names.map((label) => [label.id, label]));

  // ---- the PartCanvas: pictures drawn here are mirrored into its layers, its annotation layer is shown on top
  let layers = null;
  let mirroring = false;
  const reference = model.get("canvas");
  if (typeof reference === "string" && reference.startsWith("IPY_MODEL_") && model.widget_manager) {
    model.widget_manager
      .get_model(reference.slice(10))
      .then((canvas) => {
        const found = canvas.get("_canvases");
        if (!found || found.length < 4 || !found[0].ctx) return;
        layers = found;
        const redraw = () => {
          if (mirroring) return;
          mirror();
          schedule();
        };
        for (const layer of found) {
          layer.on("new-frame", redraw);
          cleanups.push(() => layer.off("new-frame", redraw));
        }
        mirror();
        schedule();
      })
      .catch((error) => console.warn("EditGAN editor: no canvas model, layers are not mirrored", error));
  }
  function mirror(which = [0, 1, 2]) {
    if (!layers || !loaded) return;
    mirroring = true;
    for (const i of which) {
      const source = [picture, labelLayer, strokeLayer][i];
      const ctx = layers[i].ctx;
      ctx.save();
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.clearRect(0, 0, width, height);
      ctx.globalAlpha = i === 1 ? model.get("opacity") : 1;
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(source.canvas, 0, 0);
      ctx.restore();
      layers[i].syncViews();
    }
    mirroring = false;
  }

  const echo = makeEcho({ width, height, others: Object.fromEntries(names.map((label) => [label.id, label.other])), original: () => original, touched });
  const partColours = makePalette({ model, put, t, names });
  const maskView = makeMaskView({ model, put, t, names, width, height });
  const paintOver = makePaintOver({ model, put, t, names });
  const preview = makeToolPreview({ tell, asked: () => asked(), index, redraw: () => schedule(), width, height });
  const polygon = makePolygon({ close: sendOutline, reach: () => (7 * width) / zoom / (views[1].canvas.clientWidth || width), redraw: () => schedule() });

  // ---- toolbar
  const button = (name, title, action, extra = {}) =>
    h("button", { type: "button", class: "eg-button", title, "aria-label": title, html: ICONS[name], onclick: action, ...extra });
  const tools = {
    brush: button("brush", t("Brush: paint the selected part (B)"), () => setTool("brush")),
    eraser: button("eraser", t("Eraser: bring the original parts back (E)"), () => setTool("eraser")),
    push: button("push", t("Push: move the parts along with the brush (W)"), () => setTool("push")),
    fill: button("fill", t("Fill: paint the whole area under the pointer; with Shift all areas of its part (G)"), () => setTool("fill")),
    lasso: button("lasso", t("Lasso: draw round an area to paint it (L)"), () => setTool("lasso")),
    polygon: button("polygon", t("Polygon: click round an area to paint it; Enter, a double-click or a click on the first corner closes it (P)"), () => setTool("polygon")),
    pick: button("pick", t("Eyedropper: select the part under the pointer (I, or hold Alt)"), () => setTool("pick")),
  };
  const shapes = {
    round: button("round", t("Round brush"), () => put("shape", "round")),
    square: button("square", t("Square brush"), () => put("shape", "square")),
  };
  const mirrorButton = button("mirror", t("Mirror: paint at both sides of the picture's middle (M)"), () => put("mirror", !model.get("mirror")));
  const pressureButton = button("pressure", t("The pen's pressure is the brush's size"), () => put("pressure", !model.get("pressure")), { hidden: true }); // until a pen comes
  const sizeSlider = h("input", {
    type: "range", min: 1, max: Math.min(MAX_SIZE, width), step: 1, class: "eg-range", "aria-label": t("Brush size in pixels"), title: t("Brush size ([ and ])"),
    oninput: () => put("size", Number(sizeSlider.value)),
  });
  const sizeValue = h("output", { class: "eg-value" });
  const opacitySlider = h("input", {
    type: "range", min: 0, max: 100, step: 5, class: "eg-range", "aria-label": t("Opacity of the part mask in percent"), title: t("Mask opacity"),
    oninput: () => put("opacity", Number(opacitySlider.value) / 100),
  });
  const opacityValue = h("output", { class: "eg-value" });
  const closer = button("closer", t("Zoom in (+, or Ctrl and the wheel)"), () => zoomBy(2 ** 0.5));
  const further = button("further", t("Zoom out (-)"), () => zoomBy(2 ** -0.5));
  const fitButton = h("button", { type: "button", class: "eg-button eg-zoom", title: t("Show the whole picture (Home, or Shift+0)"), onclick: () => zoomTo(1) });
  const actualButton = h("button", { type: "button", class: "eg-button eg-actual", title: t("One picture pixel on one screen pixel (Shift+1)"), "aria-label": t("Show the picture at its own size"), onclick: () => zoomTo(actual()) }, "1:1");
  const undo = button("undo", t("Undo (Ctrl+Z)"), () => travel("undo"));
  const redo = button("redo", t("Redo (Ctrl+Shift+Z)"), () => travel("redo"));
  const shortcuts = h("button", { type: "button", class: "eg-button", title: t("Keyboard shortcuts (?)"), "aria-label": t("Keyboard shortcuts"), onclick: () => sheet.showModal() }, "?");
  const file = h("input", { type: "file", accept: "image/*", hidden: true, onchange: () => sendFile(file.files?.[0]) });
  const open = button("open", t("Open a photo, drawing or painting, or a saved portrait (or drop it on the editor)"), () => file.click());
  const save = button("save", t("Save the picture as PNG, with the recipe that opens it again"), () => tell({ kind: "save" }));
  const compare = button("compare", t("Compare: hold to see the picture before all edits (C)"), () => {}, { "aria-pressed": "false" });
  const maskFile = h("input", { type: "file", accept: "image/png", hidden: true, onchange: async () => {
    const given = maskFile.files?.[0];
    if (!given) return;
    tell({ kind: "open_mask", ...asked() }, [await given.arrayBuffer()]);
    maskFile.value = "";
  } });
  const fileMenu = makeFileMenu({ t, items: [
    [t("Save picture"), () => tell({ kind: "save" })],
    [t("Save mask"), () => tell({ kind: "save_mask" })],
    [t("Open mask …"), () => maskFile.click()],
    [t("Save as script"), () => tell({ kind: "script" })],
  ] });
  const divider = makeDivider({ model, put, t, before, changed: () => schedule(false) });
  const portraits = makeSampleSheet({ tell, t });
  const photoPanel = makePhotoPanel({ model, put, t });
  cleanups.push(portraits.dispose, photoPanel.dispose);
  const toolbar = h(
    "div",
    { class: "eg-bar eg-tools", role: "toolbar", "aria-label": t("Painting tools") },
    h("div", { class: "eg-group", role: "group", "aria-label": t("Tool") }, ...Object.values(tools)),
    h("div", { class: "eg-group", role: "group", "aria-label": t("Brush shape") }, shapes.round, shapes.square, mirrorButton, pressureButton),
    h("label", { class: "eg-field" }, h("span", {}, t("Size")), sizeSlider, sizeValue),
    h("div", { class: "eg-group" }, h("label", { class: "eg-field" }, h("span", {}, t("Mask")), opacitySlider, opacityValue), maskView.styleButton, partColours.button),
    h("div", { class: "eg-group eg-end", role: "group", "aria-label": t("History") }, compare, divider.button, photoPanel.button, undo, redo),
    h("div", { class: "eg-group", role: "group", "aria-label": t("Pictures") }, portraits.button, open, save, fileMenu.node, shortcuts, file, maskFile),
  );

  // ---- the selected part as a whole
  const partName = h("span", { class: "eg-part" });
  const lockButton = h("button", { type: "button", class: "eg-button eg-tool", title: t("Lock the selected part: nothing paints over it (K)"), "aria-label": t("Lock the selected part"), html: ICONS.lock, onclick: () => toggleLock() });
  let otherSide = null; // the tool that only paired parts have
  const TOOL_MARKS = { up: "\u2191", down: "\u2193", left: "\u2190", right: "\u2192", "turn left": "\u21ba", "turn right": "\u21bb", "from the other side": "\u21c4" };
  const takeButton = h("button", { type: "button", class: "eg-button eg-tool", title: t("Give the selected part the shape that it has in another portrait …"), "aria-label": t("Selected part: from another portrait"), "aria-haspopup": "dialog", html: ICONS.borrow, onclick: () => takePart() });
  const partBar = h(
    "div",
    { class: "eg-bar eg-parts", role: "toolbar", "aria-label": t("Change the selected part's shape") },
    partName,
    lockButton,
    maskView.hideButton,
    ...model.get("part_tools").flatMap((name) => {
      const node = h("button", { type: "button", class: "eg-button eg-tool", title: t("{tool}: change the mask of the selected part", { tool: t(name) }), "aria-label": t("Selected part: {tool}", { tool: t(name) }), onclick: () => node.getAttribute("aria-disabled") !== "true" && tell({ kind: "operate", name, ...asked() }) }, TOOL_MARKS[name] ?? t(name));
      preview.watch(node, name);
      if (name !== "from the other side") return node;
      otherSide = node;
      return [node, takeButton];
    }),
  );

  // ---- viewports
  const hover = h("span", { class: "eg-hover", "aria-hidden": "true" });
  const hint = `${uid}-help`;
  const makeView = (kind, title, ...caption) => {
    const canvas = h("canvas", {
      class: "eg-canvas", tabindex: 0, role: "application", "aria-describedby": hint, "aria-label": t("{view}: paint here", { view: title }),
    });
    canvas.style.aspectRatio = `${width} / ${height}`;
    const node = h("figure", { class: "eg-view" }, h("figcaption", {}, h("span", {}, title), ...caption), h("div", { class: "eg-frame" }, canvas));
    return { kind, canvas, ctx: canvas.getContext("2d", { alpha: false }), over: document.createElement("canvas"), stale: true, node };
  };
  const tag = h("span", { class: "eg-tag" });
  const quality = makeQuality({ model, t });
  const zoomGroup = h("div", { class: "eg-group eg-end eg-small", role: "group", "aria-label": t("Zoom") }, further, fitButton, closer, actualButton);
  const views = [makeView("picture", t("Picture"), quality.badge, quality.note, tag, zoomGroup), makeView("parts", t("Parts"), hover)];
  divider.place(views[0].canvas.parentElement);
  const help = h(
    "p",
    { id: hint, class: "eg-hidden" },
    t("Drag to paint. Arrow keys move the brush, Space paints a dot. B brush, E eraser, W push, G fill, L lasso, P polygon, I eyedropper (or hold Alt), digits choose one of the first ten parts, K locks the selected part, H hides it, M mirrors, O shows borders, [ and ] size (or Alt and the wheel), plus, minus, Home and Shift 1 zoom, hold C to compare, question mark lists all, Control Z undo, Control Shift Z redo, Escape stops a running edit or leaves the editor."),
  );

  // ---- palette
  const swatches = new Map();
  const filter = h("input", {
    type: "search", class: "eg-search", placeholder: t("Find a part"), "aria-label": t("Find a part by name"),
    oninput: () => {
      const text = filter.value.trim().toLowerCase();
      for (const label of names) swatches.get(label.id).hidden = swatches.get(label.id).parentElement.hidden = ![label.name, t(label.name)].some((name) => name.toLowerCase().includes(text));
      rove();
    },
    onkeydown: (event) => {
      if (event.key !== "Enter") return;
      const first = names.find((label) => !swatches.get(label.id).hidden);
      if (first) select(first.id);
    },
  });
  const list = h("div", { class: "eg-swatches", role: "radiogroup", "aria-label": t("Part to paint") });
  for (const [place, label] of names.entries()) {
    const swatch = h(
      "button",
      { type: "button", class: "eg-swatch", role: "radio", title: place < 10 ? `${t(label.name)} (${(place + 1) % 10})` : t(label.name), tabindex: -1, onclick: () => select(label.id) },
      chip(label),
      h("span", { class: "eg-name" }, t(label.name)),
    );
    swatches.set(label.id, swatch);
    list.append(h("div", { class: "eg-row", role: "none" }, swatch, maskView.eye(label)));
  }
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const shown = names.filter((label) => !swatches.get(label.id).hidden);
    if (!shown.length) return;
    const at = shown.findIndex((label) => label.id === model.get("label"));
    const next = shown[(at + step + shown.length) % shown.length];
    select(next.id);
    swatches.get(next.id).focus();
    handled(event);
  });
  function rove() {
    const shown = names.filter((label) => !swatches.get(label.id).hidden);
    const stop = shown.find((label) => label.id === model.get("label")) ?? shown[0];
    for (const [id, swatch] of swatches) swatch.tabIndex = stop && id === stop.id ? 0 : -1;
  }
  const scroller = h("div", { class: "eg-scroll" }, list);
  const palette = h("div", { class: "eg-palette" }, h("div", { class: "eg-bar eg-find" }, filter, paintOver.select), scroller);

  const vectorPanel = makeVectorPanel({ model, tell, t });
  const historyPanel = makeHistoryPanel({ model, tell, t });
  const settings = makeSettings({ model, tell, t });
  const staging = makeStaging({ model, tell, t });
  cleanups.push(historyPanel.drop, vectorPanel.drop);

  // ---- run bar
  const runButton = h("button", { type: "button", class: "eg-button eg-run", html: `${ICONS.run}<span>${t("Edit")}</span>`, onclick: () => runButton.getAttribute("aria-disabled") !== "true" && tell({ kind: "run", steps: model.get("steps") }) });
  const stopButton = h("button", { type: "button", class: "eg-button eg-stop", html: `${ICONS.stop}<span>${t("Stop")}</span>`, title: t("Stop and keep the best picture so far (Esc)"), onclick: () => tell({ kind: "stop" }) });
  const autoBox = h("input", { type: "checkbox", onchange: () => put("auto", autoBox.checked) });
  const stepsSelect = h("select", { class: "eg-select", "aria-label": t("Optimisation steps"), onchange: () => put("steps", Number(stepsSelect.value)) });
  const bar = h("div", { class: "eg-fill" });
  const progress = h("div", { class: "eg-progress", role: "progressbar", "aria-label": t("Edit progress"), "aria-valuemin": 0 }, bar);
  const numbers = h("div", { class: "eg-numbers", "aria-hidden": "true" });
  const status = h("div", { class: "eg-status" }); // said by the announcer, not at every step
  const announcer = makeAnnouncer({ running: () => model.get("running"), t });
  const waiting = makeWaitingNote({ status, written: () => model.get("status"), waits: () => pending.length > 0, t });
  const runBar = h(
    "div",
    { class: "eg-bar eg-runbar" },
    runButton,
    stopButton,
    h("label", { class: "eg-check" }, autoBox, h("span", {}, t("edit when the pointer goes up"))),
    h("label", { class: "eg-field" }, h("span", {}, t("Steps")), stepsSelect),
    numbers,
  );
  const SHORTCUTS = [
    ["B E W", t("brush, eraser, push")],
    ["G L P I", t("fill (Shift: the whole part), lasso, polygon, eyedropper")],
    ["Enter, Backspace, Esc", t("close a polygon, take its last corner back, drop it")],
    ["1 \u2026 9 0", t("choose one of the first ten parts")],
    ["M", t("mirror what is painted")],
    ["Alt", t("hold: pick the part under the pointer")],
    ["[ ]", t("brush size; also Alt and the wheel")],
    ["K", t("lock or unlock the selected part")],
    ["H, Shift+H", t("hide the selected part in the mask, show it alone")],
    ["O", t("the mask as areas, borders or both")],
    ["+ \u2212 Home, Shift+1", t("zoom in, out, whole picture (also Shift+0), its own size; also Ctrl and the wheel, and the middle button drags")],
    [t("Arrows, Space"), t("move the brush (Shift: faster), paint a dot")],
    ["Ctrl+Z, Ctrl+Shift+Z", t("undo, redo")],
    ["C", t("hold: the picture before all edits")],
    ["V", t("the whole photo with the edits, where one was opened")],
    ["Ctrl+V", t("open the picture in the clipboard")],
    ["Shift+C", t("divide the picture into before and now; arrows move the divider")],
    ["Enter, Delete", t("accept or discard the edit that is done")],
    ["Esc", t("drop a lasso, stop a running edit, or leave the editor")],
    ["?", t("this list")],
  ];
  const sheet = h(
    "dialog",
    { class: "eg-sheet", "aria-label": t("Keyboard shortcuts"), onclick: (event) => event.target === sheet && sheet.close() },
    h("table", {}, ...SHORTCUTS.map(([keys, what]) => h("tr", {}, h("th", { scope: "row" }, keys), h("td", {}, what)))),
    button("close", t("Close the list of shortcuts"), () => sheet.close()),
  );
  const errorText = h("span", { class: "eg-error-text" });
  const errorBox = h(
    "div",
    { class: "eg-error", role: "alert", hidden: true },
    h("span", { class: "eg-error-icon", html: ICONS.alert }),
    errorText,
    button("close", t("Dismiss this message"), () => tell({ kind: "dismiss" })),
  );
  const root = h(
    "div",
    { class: "eg-root", role: "group", lang: model.get("language"), "aria-label": t("Portrait editor") },
    toolbar,
    partBar,
    h("div", { class: "eg-stage" }, views[0].node, views[1].node, palette),
    runBar,
    progress,
    errorBox,
    h("div", { class: "eg-statusbar" }, status, staging.node),
    photoPanel.node,
    vectorPanel.node,
    historyPanel.node,
    settings.node,
    sheet,
    paintOver.sheet,
    portraits.node,
    help,
    announcer.node,
  );
  partColours.show(root);
  el.append(root);

  // ---- talking to the kernel
  function put(name, value) {
    model.set(name, value);
    model.save_changes();
  }
  const DOWNLOADS = ["save", "save_mask", "script", "animation", "sweep"]; // their file goes to the view that asks
  const PASSING = [...DOWNLOADS, "ack", "samples", "outline", "dismiss", "open", "thumbs"]; // of no use later, or too large to keep; so is what is live
  const viewName = randomName();
  const outbox = makeOutbox({
    model,
    onHandled: (ids) => {
      for (const id of ids) confirmed.add(id);
      readMask();
    },
    onWaiting: (waits) => (waits ? (status.textContent = t("The connection is lost. What you do is kept, and sent when it is back.")) : showStatus()),
  });
  cleanups.push(outbox.close);
  /** Send a message; one that must not be lost gets an id, which is given back. */
  function tell(message, buffers) {
    if (DOWNLOADS.includes(message.kind)) message = { ...message, view: viewName };
    if (!PASSING.includes(message.kind) && message.live !== true) return outbox.send(message, buffers);
    model.send(message, undefined, buffers);
  }
  function travel(way) {
    if ((way === "undo" ? undo : redo).getAttribute("aria-disabled") !== "true") tell({ kind: way });
  }
  function resizeBrush(way) {
    const step = model.get("size") >= 12 ? 2 : 1;
    put("size", Math.min(Number(sizeSlider.max), Math.max(1, model.get("size") + way * step)));
  }
  let painting = "brush"; // the tool that the eyedropper hands back to
  const asked = () => ({ label: model.get("label"), auto: model.get("auto"), steps: model.get("steps"), locked: model.get("locked"), over: model.get("over"), mirror: model.get("mirror") });
  /** Choose a portrait from which the selected part takes its shape. */
  function takePart() {
    const part = byId.get(model.get("label"));
    portraits.choose({
      title: t("Take {part} from another portrait", { part: t(part.name) }),
      hint: t("The mask takes the shape of this part from the one you choose."),
      chosen: (sample) => tell({ kind: "from_sample", ...sample, ...asked(), label: part.id }),
    });
  }
  function toggleLock() {
    const part = model.get("label");
    const locked = model.get("locked");
    put("locked", locked.includes(part) ? locked.filter((id) => id !== part) : [...locked, part].sort((a, b) => a - b));
  }
  function setTool(name) {
    if (!["eraser", "pick"].includes(name)) painting = name;
    if (name !== model.get("tool")) polygon.drop();
    put("tool", name);
  }
  function select(id, keepTool = false) {
    model.set("label", id);
    if (!keepTool && ["eraser", "pick"].includes(model.get("tool"))) model.set("tool", painting);
    model.save_changes();
  }
  function handled(event) {
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- label map
  function rebuild() {
    index.set(base);
    for (const stroke of pending) echo.paint(index, stroke);
    if (current) echo.paint(index, current);
    paintLabels();
  }
  const areas = new Uint32Array(256); // px of each part
  let painted = 0; // counts the states of the mask that were shown
  const shown = new ImageData(width, height); // kept: a move of the pointer makes no garbage
  const strokes = new ImageData(width, height);
  const out = new Uint32Array(shown.data.buffer);
  const drawn = new Uint32Array(strokes.data.buffer);
  const lut = new Uint32Array(partColours.colours.buffer);
  function paintLabels() {
    areas.fill(0);
    painted++;
    for (let i = 0; i < size; i++) {
      areas[index[i]]++;
      const colour = lut[index[i]];
      out[i] = maskView.isHidden(index[i]) ? 0 : colour;
      drawn[i] = touched[i] ? colour : 0;
    }
    labelLayer.putImageData(shown, 0, 0);
    strokeLayer.putImageData(strokes, 0, 0);
    mirror();
    schedule();
  }

  let maskReads = 0;
  const confirmed = new Set();
  async function readMask() {
    const turn = ++maskReads;
    const done = new Set(confirmed);
    const [mask, first] = await Promise.all([inflate(model.get("mask")), inflate(model.get("original"))]);
    if (turn !== maskReads || !mask || mask.length !== size) return;
    base.set(mask);
    original = first;
    pending = pending.filter((stroke) => !done.has(stroke.id));
    for (const id of done) confirmed.delete(id);
    waiting.check();
    loaded = true;
    rebuild();
    preview.again();
  }
  let regionReads = 0;
  async function readRegion() {
    const turn = ++regionReads;
    const bits = await inflate(model.get("region"));
    if (turn !== regionReads) return;
    regionPath = bits && bits.length === size && bits.some((bit) => bit) ? outline(bits, width, height) : null;
    if (!regionPath && !pending.length && !current && loaded && touched.some((bit) => bit)) {
      touched.fill(0); // nothing painted is left
      paintLabels();
    }
    schedule();
  }

  // ---- pictures: the newest decoded one is drawn, an older one that was slow to decode is not
  let drawnPicture = 0;
  let decodes = 0;
  async function show(bytes, mime, target) {
    const order = ++decodes;
    if (!bytes || bytes.byteLength === 0) return;
    const bitmap = await createImageBitmap(new Blob([bytes], { type: mime }));
    if (target !== picture || order > drawnPicture) {
      if (target === picture) drawnPicture = order;
      target.drawImage(bitmap, 0, 0, width, height);
      if (target === picture) mirror([0]);
      schedule(false);
    }
    bitmap.close();
  }
  const readPicture = () => show(model.get("image"), "", picture);
  const readBefore = () => show(model.get("before"), "", before);

  // ---- running
  let run = model.get("progress");
  const frames = []; // when each was shown, for measuring
  on("msg:custom", async (message, buffers) => {
    if (message.kind === "standing") {
      outbox.standing(message);
      return;
    }
    if (message.kind === "reject") {
      pending = pending.filter((stroke) => stroke.id !== message.id);
      touched.fill(0);
      rebuild();
      return;
    }
    if (message.kind === "outline") {
      await preview.receive(message, buffers[0]);
      return;
    }
    if (message.kind === "sample") {
      portraits.receive(message, buffers[0]);
      return;
    }
    if (message.kind === "download") {
      if (message.view !== viewName) return;
      const address = URL.createObjectURL(new Blob([buffers[0]], { type: message.type }));
      h("a", { href: address, download: message.name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      return;
    }
    if (message.kind === "thumbs") historyPanel.take(message.entries, buffers);
    if (message.kind !== "frame") return;
    if (message.job < model.get("job")) {
      tell({ kind: "ack", seq: message.seq });
      return;
    }
    if (!message.preview) {
      run = message;
      showProgress();
    }
    try {
      await show(buffers[0], "image/jpeg", picture);
    } finally {
      tell({ kind: "ack", seq: message.seq });
      if (message.preview) {
        vectorPanel.previewShown();
        staging.previewShown();
      }
    }
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
  });
  function showProgress() {
    const running = model.get("running");
    const done = running ? run.step ?? 0 : 0;
    const total = run.total ?? 0;
    bar.style.transform = `scaleX(${running && total ? done / total : 0})`;
    progress.classList.toggle("eg-busy", running && done === 0);
    progress.setAttribute("aria-valuemax", total || 1);
    progress.setAttribute("aria-valuenow", done);
    announcer.progress(done, total);
    const values = {};
    if (run.step) {
      values.step = `${run.step}/${run.total}`;
      for (const [name, value] of Object.entries(run.losses ?? {})) values[name] = readable(value);
      if (run.iou != null) values.IoU = run.iou.toFixed(2);
      if (running && run.eta != null) values["time left"] = `${run.eta.toFixed(1)} s`;
    }
    showNumbers(values);
  }
  const numberNames = { step: t("step"), segmentation: t("segmentation"), rgb: t("rgb"), perceptual: t("perceptual"), prior: t("prior"), IoU: t("IoU"), "time left": t("time left") };
  const cells = new Map(); // name -> its text node, kept while the names stay: a frame changes the digits only
  function showNumbers(values) {
    const shown = Object.keys(values);
    if (shown.join() !== [...cells.keys()].join()) {
      cells.clear();
      const nodes = shown.map((name) => {
        const value = h("b", {}, values[name]);
        cells.set(name, value.firstChild);
        return h("span", { class: "eg-number" }, h("span", {}, numberNames[name] ?? name), value);
      });
      numbers.replaceChildren(...nodes);
    }
    for (const [name, text] of cells) if (text.data !== values[name]) text.data = values[name];
  }
  function showRunning() {
    const running = model.get("running");
    root.classList.toggle("eg-running", running);
    if (!running) {
      touched.fill(0);
      if (loaded) rebuild();
    }
    const active = root.ownerDocument.activeElement;
    runButton.hidden = running;
    stopButton.hidden = !running;
    if (active === runButton || active === stopButton) (running ? stopButton : runButton).focus();
    showProgress();
    showHistory();
    staging.show();
    schedule();
  }
  function showHistory() {
    // Not `disabled`: a button that loses the focus when it is used would take the keyboard away from the editor.
    undo.setAttribute("aria-disabled", String(!(model.get("can_undo") || model.get("running"))));
    redo.setAttribute("aria-disabled", String(!model.get("can_redo")));
    const ready = model.get("can_edit");
    runButton.setAttribute("aria-disabled", String(!ready));
    runButton.title = ready ? t("Optimise the picture towards the painted mask") : t("Paint a stroke first: the picture is as the parts say");
  }
  function showControls() {
    for (const [name, node] of Object.entries(tools)) node.setAttribute("aria-pressed", String(model.get("tool") === name));
    for (const [name, node] of Object.entries(shapes)) node.setAttribute("aria-pressed", String(model.get("shape") === name));
    mirrorButton.setAttribute("aria-pressed", String(model.get("mirror")));
    pressureButton.setAttribute("aria-pressed", String(model.get("pressure")));
    maskView.show();
    paintOver.show();
    sizeSlider.value = model.get("size");
    sizeValue.textContent = `${model.get("size")} px`;
    opacitySlider.value = Math.round(model.get("opacity") * 100);
    opacityValue.textContent = `${opacitySlider.value} %`;
    autoBox.checked = model.get("auto");
    const steps = model.get("steps");
    const choices = STEPS.includes(steps) ? STEPS : [...STEPS, steps].sort((a, b) => a - b);
    stepsSelect.replaceChildren(...choices.map((n) => h("option", { value: n, selected: n === steps }, String(n))));
    const part = byId.get(model.get("label"));
    const locked = model.get("locked").includes(model.get("label"));
    lockButton.setAttribute("aria-pressed", String(locked));
    otherSide?.setAttribute("aria-disabled", String(!part || part.other === part.id));
    partName.replaceChildren();
    if (part) partName.append(chip(part), t(part.name));
    for (const [id, node] of swatches) {
      node.classList.toggle("eg-locked", model.get("locked").includes(id));
      const chosen = id === model.get("label");
      node.setAttribute("aria-checked", String(chosen));
    }
    reveal();
    rove();
    schedule();
  }
  // Scrolls the palette alone; scrollIntoView would move the notebook too.
  function reveal() {
    const node = swatches.get(model.get("label"));
    if (!node?.offsetParent) return;
    const box = scroller.getBoundingClientRect();
    const own = node.getBoundingClientRect();
    if (own.top < box.top) scroller.scrollTop -= box.top - own.top;
    else if (own.bottom > box.bottom) scroller.scrollTop += own.bottom - box.bottom + 2;
  }
  function showError() {
    const text = model.get("error");
    errorText.textContent = text;
    errorBox.hidden = !text;
    if (!text) return;
    vectorPanel.refuse();
    readPicture();
  }
  const showStatus = () => {
    status.textContent = model.get("status");
    announcer.status(status.textContent);
  };

  for (const name of ["tool", "shape", "size", "opacity", "auto", "steps", "label", "locked", "over", "mirror", "pressure", "hidden", "mask_style"]) on(`change:${name}`, showControls);
  on("change:hidden", paintLabels);
  on("change:palette", () => {
    partColours.show(root);
    paintLabels();
  });
  on("change:label", preview.again);
  on("change:tool", polygon.drop);
  on("change:opacity", mirror);
  on("change:mask", readMask);
  on("change:original", readMask);
  on("change:region", readRegion);
  on("change:image", readPicture);
  on("change:before", readBefore);
  on("change:divider", divider.show);
  on("change:before_name", divider.rename);
  on("change:photo", divider.readPhoto);
  on("change:quality", quality.show);
  for (const name of ["photo", "whole", "show_whole"]) on(`change:${name}`, photoPanel.show);
  on("change:running", () => (showRunning(), showStatus()));
  on("change:progress", () => {
    run = model.get("progress");
    showProgress();
  });
  for (const name of ["vectors", "vector_pictures", "vector_clashes"]) on(`change:${name}`, vectorPanel.show);
  for (const name of ["history", "before_name"]) on(`change:${name}`, historyPanel.show);
  for (const name of ["pending", "can_edit"]) on(`change:${name}`, staging.show);
  on("change:settings", settings.show);
  for (const name of ["can_edit", "can_undo", "can_redo"]) on(`change:${name}`, showHistory);
  on("change:error", showError);
  on("change:status", showStatus);

  // ---- zoom: both views show the same part of the picture, `zoom` times as large, from (left, top) on in picture px
  const MOST_ZOOM = 16;
  let zoom = 1;
  let left = 0;
  let top = 0;
  function zoomTo(factor, about = null) {
    const [x, y] = about ?? (cursor && inside([cursor.x, cursor.y]) ? [cursor.x, cursor.y] : [left + width / zoom / 2, top + height / zoom / 2]);
    const next = Math.min(MOST_ZOOM, Math.max(Math.min(1, actual()), factor));
    const kept = zoom / next; // what is under the pointer stays there
    moveTo(x - (x - left) * kept, y - (y - top) * kept, next);
  }
  /** The zoom at which one picture px is one screen px; under 1 where the picture is smaller than its view. */
  const actual = () => width / ((views[0].canvas.clientWidth || width) * (window.devicePixelRatio || 1));
  const zoomBy = (factor, about) => zoomTo(Math.abs(zoom * factor - 1) < 0.05 ? 1 : zoom * factor, about);
  function moveTo(x, y, factor = zoom) {
    zoom = factor;
    // A picture smaller than its view stands in the middle.
    left = zoom < 1 ? (width - width / zoom) / 2 : Math.min(width - width / zoom, Math.max(0, x));
    top = zoom < 1 ? (height - height / zoom) / 2 : Math.min(height - height / zoom, Math.max(0, y));
    fitButton.textContent = `${Math.round(zoom * 100)} %`;
    fitButton.setAttribute("aria-label", t("Zoom {percent} percent; show the whole picture", { percent: Math.round(zoom * 100) }));
    further.setAttribute("aria-disabled", String(zoom <= 1));
    closer.setAttribute("aria-disabled", String(zoom >= MOST_ZOOM));
    schedule();
  }

  // ---- drawing
  let scheduled = false;
  /** Redraw soon. What lies over the picture (mask, strokes, outlines) is kept, and drawn anew only where `over` says so:
   *  frames of a running edit change the picture alone, and without a GPU the dashed outline costs more than the rest. */
  function schedule(over = true) {
    if (over) for (const view of views) view.stale = true;
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      for (const view of views) draw(view);
    });
  }
  function draw(view) {
    const { canvas, ctx, over } = view;
    const box = canvas.clientWidth;
    if (!box) return;
    const ratio = window.devicePixelRatio || 1;
    const w = Math.round(box * ratio);
    const hh = Math.round((box * ratio * height) / width);
    if (canvas.width !== w || canvas.height !== hh) {
      canvas.width = over.width = w;
      canvas.height = over.height = hh;
      view.stale = true;
    }
    // A frame is what the strokes became, so they are shown until the first one only.
    const strokes = Boolean(current) || !model.get("running") || !(run.step > 0);
    if (view.stale || view.strokes !== strokes) drawOver(view, strokes, ratio);
    if (zoom < 1) {
      ctx.fillStyle = getComputedStyle(canvas).backgroundColor;
      ctx.fillRect(0, 0, w, hh);
    }
    ctx.imageSmoothingEnabled = true;
    ctx.imageSmoothingQuality = "medium";
    ctx.drawImage((comparing ? before : picture).canvas, left, top, width / zoom, height / zoom, 0, 0, w, hh);
    ctx.drawImage(over, 0, 0);
    if (view.kind === "picture" && !comparing) divider.draw(ctx, w, hh, left, top, width / zoom, height / zoom);
  }
  function drawOver(view, strokes, ratio) {
    view.stale = false;
    view.strokes = strokes;
    const { width: w, height: hh } = view.over;
    const ctx = view.over.getContext("2d");
    const scale = (w / width) * zoom;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, w, hh);
    if (comparing) return;
    ctx.imageSmoothingEnabled = false;
    ctx.setTransform(scale, 0, 0, scale, -left * scale, -top * scale); // picture px from here on
    if (view.kind === "parts") {
      ctx.globalAlpha = model.get("opacity");
      if (maskView.filled()) ctx.drawImage(labelLayer.canvas, 0, 0, width, height);
    } else if (strokes) {
      ctx.globalAlpha = 0.6;
      ctx.drawImage(strokeLayer.canvas, 0, 0, width, height);
    }
    ctx.globalAlpha = 1;
    if (layers) ctx.drawImage(layers[3].canvas, 0, 0, width, height);
    const border = view.kind === "parts" && maskView.borderPath(index, painted);
    if (border) twoTone(ctx, border, scale, 0.7 * ratio, false);
    if (regionPath && !preview.path()) twoTone(ctx, regionPath, scale, ratio, true);
    if (preview.path()) twoTone(ctx, preview.path(), scale, ratio, preview.removes(), "#4fc3f7");
    if (model.get("mirror")) twoTone(ctx, middlePath(), scale, ratio / 2, true);
    if (current?.tool === "lasso") twoTone(ctx, lassoPath(), scale, ratio, false);
    else if (polygon.active()) twoTone(ctx, polygon.path(cursor), scale, ratio, false);
    else if (cursor && ["brush", "eraser", "push"].includes(model.get("tool"))) {
      twoTone(ctx, brushPath(cursor.x), scale, ratio, false);
      if (model.get("mirror")) twoTone(ctx, brushPath(width - cursor.x), scale, ratio, true);
    }
  }
  // Light over dark, so the line stands out on any colour.
  function twoTone(ctx, path, scale, ratio, dashed, light = "#fff") {
    ctx.lineWidth = (2.5 * ratio) / scale;
    ctx.strokeStyle = "rgba(0,0,0,.55)";
    ctx.stroke(path);
    ctx.lineWidth = (1.2 * ratio) / scale;
    ctx.strokeStyle = light;
    if (dashed) ctx.setLineDash([(4 * ratio) / scale, (3 * ratio) / scale]);
    ctx.stroke(path);
    ctx.setLineDash([]);
  }
  const radiusOf = (force = 1) => fround(Math.max(0.71, (model.get("size") / 2) * force)); // less could miss every pixel's centre
  const pushRadius = () => Math.max(3, 1.5 * radiusOf()); // its rim hardly moves anything
  /** What a pen's pressure makes of the brush, 0 to 1; null for what has none. */
  function forceOf(event) {
    if (event?.pointerType !== "pen") return null;
    pressureButton.hidden = false;
    return model.get("pressure") ? event.pressure : null;
  }
  /** Whether a line goes round something, and is no shaky click. */
  function isLoop(points) {
    const xs = points.filter((_, i) => i % 2 === 0);
    const ys = points.filter((_, i) => i % 2 === 1);
    return xs.length > 2 && Math.max(...xs) - Math.min(...xs) > 1 && Math.max(...ys) - Math.min(...ys) > 1;
  }
  function lassoPath() {
    const path = new Path2D();
    const { points } = current;
    for (let i = 0; i < points.length; i += 2) path.lineTo(points[i], points[i + 1]);
    path.closePath();
    return path;
  }
  function middlePath() {
    const path = new Path2D();
    path.moveTo(width / 2, 0);
    path.lineTo(width / 2, height);
    return path;
  }
  function brushPath(x) {
    const path = new Path2D();
    const radius = model.get("tool") === "push" ? pushRadius() : radiusOf(current?.force);
    if (model.get("shape") === "square" && model.get("tool") !== "push") path.rect(x - radius, cursor.y - radius, 2 * radius, 2 * radius);
    else path.arc(x, cursor.y, radius, 0, 2 * Math.PI);
    return path;
  }

  // ---- pointer: echo at once, one message when it goes up
  const fround = Math.fround; // points travel as float32, so the echo uses the same values
  function at(view, event) {
    const box = view.canvas.getBoundingClientRect();
    const x = left + ((event.clientX - box.left) * width) / box.width / zoom;
    const y = top + ((event.clientY - box.top) * height) / box.height / zoom;
    return [fround(x), fround(y)];
  }
  const inside = ([x, y]) => x >= 0 && y >= 0 && x < width && y < height;
  const labelAt = ([x, y]) => index[Math.floor(y) * width + Math.floor(x)];
  function pointAt(point) {
    cursor = { x: point[0], y: point[1] };
    const label = inside(point) ? byId.get(labelAt(point)) : null;
    hover.replaceChildren();
    if (label) hover.append(chip(label), `${t(label.name)}, ${areaText(areas[label.id] / size)}`);
    schedule();
  }
  const areaText = (share) => (share < 0.001 ? t("under 0.1 %") : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`);
  function begin(point, picking = false, event = null) {
    if (picking || model.get("tool") === "pick") {
      select(labelAt(point), picking);
      return null;
    }
    if (model.get("tool") === "fill") {
      root.dataset.up = String(performance.now());
      tell({ kind: "fill", x: point[0], y: point[1], whole: event?.shiftKey === true, ...asked() });
      return null;
    }
    if (model.get("tool") === "polygon") {
      polygon.click(point);
      return null;
    }
    const force = forceOf(event);
    const pushes = model.get("tool") === "push";
    return {
      ...asked(), id: "", tool: model.get("tool"), radius: pushes ? pushRadius() : radiusOf(), shape: model.get("shape"), points: [...point],
      radii: force === null || pushes ? null : [radiusOf(force)], force: force ?? 1,
    };
  }
  function extend(point, event) {
    const n = current.points.length;
    const last = event.type === "pointerup"; // of a pen that presses no more
    const force = last ? null : forceOf(event);
    if (current.points[n - 2] === point[0] && current.points[n - 1] === point[1]) return;
    current.points.push(...point);
    if (current.radii) {
      current.force = force ?? current.force;
      current.radii.push(radiusOf(current.force));
    }
    echo.paint(index, current, n - 2);
  }
  function sendOutline(points) {
    root.dataset.up = String(performance.now());
    tell({ kind: "lasso", ...asked() }, [new Float32Array(points).buffer]);
  }
  function dropLasso() {
    current = null;
    schedule();
  }
  function dropStroke() {
    if (!current) return;
    current = null;
    touched.fill(0);
    rebuild();
  }
  function finish() {
    const stroke = current;
    current = null;
    if (stroke.tool === "lasso") {
      root.dataset.up = String(performance.now());
      if (isLoop(stroke.points)) sendOutline(stroke.points);
      schedule();
      return;
    }
    if (stroke.tool === "push" && stroke.points.length < 4) return; // a click moves nothing
    const { tool, radius, shape, label, locked, over, mirror } = stroke;
    root.dataset.up = String(performance.now());
    const buffers = [stroke.points, stroke.radii].filter(Boolean).map((values) => new Float32Array(values).buffer);
    const id = tell({ kind: tool === "push" ? "push" : "stroke", tool, radius, shape, ...asked(), label, locked, over, mirror }, buffers);
    pending.push({ ...stroke, id });
    waiting.watch(() => outbox.online() && pending.some((other) => other.id === id));
    paintLabels();
  }
  for (const view of views) {
    const { canvas } = view;
    const pinch = makePinch({ canvas, width, height, most: MOST_ZOOM, seen: () => ({ zoom, left, top }), moveTo, begun: dropStroke });
    for (const [event, callback] of pinch) listen(canvas, event, callback);
    // The middle button drags the picture; Ctrl and the wheel zoom, Alt and the wheel change the brush. A bare wheel is the page's.
    let drag = null;
    listen(canvas, "pointerdown", (event) => {
      if (event.button !== 1 || zoom <= 1) return;
      drag = { x: event.clientX, y: event.clientY, left, top };
      canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    listen(canvas, "pointermove", (event) => {
      if (!drag) return;
      const unit = canvas.clientWidth / (width / zoom);
      moveTo(drag.left - (event.clientX - drag.x) / unit, drag.top - (event.clientY - drag.y) / unit);
    });
    for (const end of ["pointerup", "pointercancel"]) listen(canvas, end, () => (drag = null));
    listen(
      canvas,
      "wheel",
      (event) => {
        if (event.altKey) resizeBrush(event.deltaY < 0 ? 1 : -1);
        else if (event.ctrlKey || event.metaKey) zoomBy(Math.exp(-event.deltaY / 300), at(view, event));
        else return;
        event.preventDefault();
      },
      { passive: false },
    );
    listen(canvas, "pointerdown", (event) => {
      if (event.button !== 0 || !loaded || current) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      keyCursor = false;
      const point = at(view, event);
      pointAt(point);
      if (!inside(point)) return;
      current = begin(point, event.altKey, event);
      if (current) {
        current.pointer = event.pointerId;
        echo.paint(index, current);
        paintLabels();
      }
      event.preventDefault();
    });
    listen(canvas, "pointermove", (event) => {
      keyCursor = false;
      pointAt(at(view, event));
      if (!current || current.pointer !== event.pointerId) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) extend(at(view, move), move);
      paintLabels();
    });
    const up = (event) => {
      if (!current || current.pointer !== event.pointerId) return;
      if (event.type === "pointerup") extend(at(view, event), event);
      if (event.type === "pointercancel" && current.tool === "lasso") dropLasso();
      else finish();
    };
    listen(canvas, "pointerup", up);
    listen(canvas, "pointercancel", up);
    listen(canvas, "pointerleave", () => {
      if (current || keyCursor) return;
      cursor = null;
      hover.replaceChildren();
      schedule();
    });
    listen(canvas, "dblclick", () => polygon.finish());
    listen(canvas, "contextmenu", (event) => event.preventDefault());
    listen(canvas, "keydown", (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (move && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const reach = event.shiftKey ? 8 : 1;
        const from = cursor ?? { x: width / 2, y: height / 2 };
        const clamp = (value, limit) => Math.min(limit - 0.5, Math.max(0.5, value));
        keyCursor = true;
        pointAt([fround(clamp(from.x + move[0] * reach, width)), fround(clamp(from.y + move[1] * reach, height))]);
        handled(event);
      } else if (event.key === " " && cursor && !current && loaded && !event.repeat) {
        current = begin([cursor.x, cursor.y]);
        if (current) {
          echo.paint(index, current);
          finish();
        }
        handled(event);
      }
    });
    listen(canvas, "blur", () => {
      if (!keyCursor) return;
      keyCursor = false;
      cursor = null;
      schedule();
    });
  }

  // A page that goes away ends the stroke under the pointer; the outbox keeps it.
  const leave = () => current && current.tool !== "lasso" && finish();
  listen(window, "pagehide", leave);
  listen(document, "visibilitychange", () => document.hidden && leave());
  for (const { id, message, buffers } of outbox.waiting()) {
    if (!["stroke", "push"].includes(message.kind)) continue;
    const [points, radii] = buffers.map((buffer) => [...new Float32Array(buffer)]);
    pending.push({ ...message, tool: message.kind === "push" ? "push" : message.tool, id, points, radii: radii ?? null });
  }

  // ---- files
  async function sendFile(given) {
    if (!given) return;
    tell({ kind: "open" }, [await given.arrayBuffer()]);
    file.value = ""; // so that the same file can be opened again
  }
  listen(root, "paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (!pasted) return;
    sendFile(pasted);
    handled(event);
  });
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  listen(root, "dragover", (event) => {
    if (!hasFile(event)) return;
    event.dataTransfer.dropEffect = "copy";
    root.classList.add("eg-drop");
    handled(event);
  });
  listen(root, "dragleave", (event) => root.contains(event.relatedTarget) || root.classList.remove("eg-drop"));
  listen(root, "drop", (event) => {
    root.classList.remove("eg-drop");
    if (!hasFile(event)) return;
    sendFile(event.dataTransfer.files[0]);
    handled(event);
  });

  // ---- compare
  function setComparing(value) {
    if (comparing === value) return;
    comparing = value;
    compare.setAttribute("aria-pressed", String(value));
    tag.textContent = value ? model.get("before_name") || t("before") : "";
    schedule();
  }
  listen(compare, "pointerdown", (event) => {
    compare.setPointerCapture(event.pointerId);
    setComparing(true);
  });
  for (const event of ["pointerup", "pointercancel", "blur"]) listen(compare, event, () => setComparing(false));
  listen(compare, "keydown", (event) => (event.key === " " || event.key === "Enter") && setComparing(true));
  listen(compare, "keyup", () => setComparing(false));

  // ---- shortcuts, only with the focus inside; Tab is never taken
  listen(root, "keydown", (event) => {
    if (event.defaultPrevented || root.querySelector("dialog[open]")) return;
    const typing = event.target instanceof HTMLSelectElement || (event.target instanceof HTMLInputElement && ["search", "text"].includes(event.target.type));
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (control && !typing && (key === "z" || key === "y")) {
      const again = key === "y" || event.shiftKey;
      travel(again ? "redo" : "undo");
      handled(event);
    } else if (!typing && !control && polygon.key(key)) handled(event);
    else if (key === "Escape") {
      if (current?.tool === "lasso") dropLasso();
      else if (model.get("running")) tell({ kind: "stop" });
      else root.ownerDocument.activeElement?.blur();
      handled(event);
    } else if (!control && !event.altKey && !typing) {
      if (key === "[" || key === "]") resizeBrush(key === "]" ? 1 : -1);
      else if (key === "+" || key === "=") zoomBy(2 ** 0.5);
      else if (key === "-") zoomBy(2 ** -0.5);
      else if ((key === "Home" && event.target.type !== "range") || (event.shiftKey && event.code === "Digit0")) zoomTo(1);
      else if (event.shiftKey && event.code === "Digit1") zoomTo(actual());
      else if (/^[0-9]$/.test(key)) select(names[(Number(key) + 9) % 10]?.id ?? model.get("label"));
      else if (key === "b") setTool("brush");
      else if (key === "e") setTool("eraser");
      else if (key === "i") setTool("pick");
      else if (key === "g") setTool("fill");
      else if (key === "l") setTool("lasso");
      else if (key === "p") setTool("polygon");
      else if (key === "w") setTool("push");
      else if (key === "m") put("mirror", !model.get("mirror"));
      else if (key === "o") maskView.nextStyle();
      else if (key === "h") (event.shiftKey ? maskView.solo : maskView.hide)(model.get("label"));
      else if (key === "k") toggleLock();
      else if (key === "?") sheet.showModal();
      else if (key === "c" && event.shiftKey) divider.toggle();
      else if (key === "v") photoPanel.toggle();
      else if (key === "c") setComparing(true);
      else if (key === "Enter" && staging.pending() && event.target instanceof HTMLCanvasElement) tell({ kind: "accept" });
      else if (key === "Delete" && staging.pending() && event.target instanceof HTMLCanvasElement) tell({ kind: "discard" });
      else return;
      handled(event);
    }
  });
  // Saving is the notebook's. This runs before Lab's own listener, which looks for the attribute on the focused element.
  listen(
    window,
    "keydown",
    (event) => {
      const { target } = event;
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || !root.contains(target)) return;
      if (!target.hasAttribute("data-lm-suppress-shortcuts")) return;
      target.removeAttribute("data-lm-suppress-shortcuts");
      setTimeout(() => target.setAttribute("data-lm-suppress-shortcuts", "true"));
    },
    true,
  );
  listen(root, "keyup", (event) => event.key.toLowerCase() === "c" && setComparing(false));
  listen(root, "focusout", () => setComparing(false));

  const observer = new ResizeObserver(schedule);
  for (const view of views) observer.observe(view.canvas);
  const placed = new ResizeObserver(reveal);
  placed.observe(scroller);
  cleanups.push(() => observer.disconnect(), () => placed.disconnect());

  for (const bar of [toolbar, partBar]) roveToolbar(bar);
  showControls();
  moveTo(0, 0);
  vectorPanel.show();
  historyPanel.show();
  settings.show();
  showRunning();
  showError();
  showStatus();
  readMask();
  readRegion();
  readPicture();
  readBefore();
  outbox.open();
  divider.show();
  divider.readPhoto();
  quality.show();
  photoPanel.show();

  // For tests and debugging: what the browser holds right now.
  root.editgan = {
    index, frames, picture: () => picture.getImageData(0, 0, width, height).data, pending: () => pending.length,
    waiting: () => outbox.waiting().length,
    layer: (i) => (layers ? layers[i].ctx.getImageData(0, 0, width, height).data : null),
  };
  return () => {
    for (const cleanup of cleanups) cleanup();
    root.remove();
  };
}

export default { render };
