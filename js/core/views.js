// The two views, Picture and Parts, drawn in layers: picture, mask or strokes, Python's annotations, outlines.

import { context, drawPart, h } from "./dom.js";

/** @typedef {import("./types").PictureTraits & import("./types").TextTraits} Traits */
/** @typedef {import("./types").Outline} Outline */
/** @typedef {"picture" | "parts"} Kind */
/** @typedef {ReturnType<typeof makeView>} View */

/**
 * @param {Kind} kind
 * @param {string} title
 * @param {Element[]} captions
 * @param {import("./dom.js").Attributes} attributes of the canvas
 */
function makeView(kind, title, captions, attributes) {
  const canvas = h("canvas", { class: "eg-canvas", tabindex: 0, role: "application", ...attributes });
  const over = document.createElement("canvas");
  const frame = h("div", { class: "eg-frame" }, canvas);
  const node = h("figure", { class: "eg-view" }, h("figcaption", {}, h("span", {}, title), ...captions), frame);
  return { kind, node, frame, canvas, ctx: context(canvas, { alpha: false }), over, overCtx: context(over), stale: true, strokes: false };
}

/**
 * @param {Pick<import("./types").Page<Traits>, "model" | "t">} page
 * @param {object} given
 * @param {ReturnType<typeof import("./pictures.js").makePictures>} given.pictures
 * @param {ReturnType<typeof import("./label_map.js").makeLabelMap>} given.labelMap
 * @param {() => boolean} given.filled whether the parts are shown as areas
 * @param {() => CanvasImageSource | null | undefined} given.annotations
 * @param {() => import("./types").Seen} given.seen
 * @param {ReturnType<typeof import("./divider.js").makeDivider>} given.divider
 * @param {(kind: Kind) => Outline[]} given.outlines
 * @param {{ before: () => boolean, strokes: () => boolean }} given.shows whether the views show the picture before all edits, and the strokes
 * @param {Record<Kind, Element[]>} given.captions elements beside a view's title
 * @param {string} given.hint id of the element that describes the keys
 */
export function makeViews({ model, t }, { pictures, labelMap, filled, annotations, seen, divider, outlines, shows, captions, hint }) {
  const width = model.get("width");
  const height = model.get("height");
  /** @type {[Kind, string][]} */
  const titles = [["picture", t("Picture")], ["parts", t("Parts")]];
  const views = titles.map(([kind, title]) => {
    const view = makeView(kind, title, captions[kind], { "aria-describedby": hint, "aria-label": t("{view}: paint here", { view: title }) });
    view.canvas.style.aspectRatio = `${width} / ${height}`;
    return view;
  });
  divider.place(views[0].frame);

  let scheduled = false;
  /**
   * Redraw soon. The layers over the picture (mask, strokes, outlines) are cached, and redrawn only if `over` is true: frames of a
   * running edit change only the picture, and without a GPU the dashed outline is the most expensive part.
   */
  function schedule(over = true) {
    if (over) for (const view of views) view.stale = true;
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      for (const view of views) draw(view);
    });
  }
  /** @param {View} view */
  function draw(view) {
    const { canvas, ctx, over } = view;
    const box = canvas.clientWidth;
    if (!box) return;
    const ratio = window.devicePixelRatio || 1;
    const across = Math.round(box * ratio);
    const down = Math.round((box * ratio * height) / width);
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = over.width = across;
      canvas.height = over.height = down;
      view.stale = true;
    }
    const strokes = shows.strokes();
    if (view.stale || view.strokes !== strokes) drawOver(view, strokes, ratio);
    const part = seen();
    if (part.zoom < 1) {
      ctx.fillStyle = getComputedStyle(canvas).backgroundColor;
      ctx.fillRect(0, 0, across, down);
    }
    ctx.imageSmoothingEnabled = true;
    ctx.imageSmoothingQuality = "medium";
    drawPart(ctx, (shows.before() ? pictures.before : pictures.picture).canvas, width, part, across, down);
    ctx.drawImage(over, 0, 0);
    if (view.kind === "picture" && !shows.before()) divider.draw(ctx, across, down, part);
  }
  /** @param {View} view @param {boolean} strokes @param {number} ratio screen px per CSS px */
  function drawOver(view, strokes, ratio) {
    view.stale = false;
    view.strokes = strokes;
    const ctx = view.overCtx;
    const { zoom, left, top } = seen();
    const scale = (view.over.width / width) * zoom;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, view.over.width, view.over.height);
    if (shows.before()) return;
    ctx.imageSmoothingEnabled = false;
    ctx.setTransform(scale, 0, 0, scale, -left * scale, -top * scale); // picture px from here on
    if (view.kind === "parts") {
      ctx.globalAlpha = model.get("opacity");
      if (filled()) ctx.drawImage(labelMap.labels.canvas, 0, 0, width, height);
    } else if (strokes) {
      ctx.globalAlpha = 0.6;
      ctx.drawImage(labelMap.strokes.canvas, 0, 0, width, height);
    }
    ctx.globalAlpha = 1;
    const drawn = annotations();
    if (drawn) ctx.drawImage(drawn, 0, 0, width, height);
    for (const [path, look] of outlines(view.kind)) twoTone(ctx, path, scale, ratio, look);
  }
  return { canvases: views.map((view) => view.canvas), nodes: views.map((view) => view.node), schedule };
}

/**
 * Draw a light line over a dark one, so that it is visible on any colour.
 * @param {CanvasRenderingContext2D} ctx
 * @param {Path2D} path
 * @param {number} scale screen px per picture px
 * @param {number} ratio screen px per CSS px
 * @param {import("./types").Look} look
 */
function twoTone(ctx, path, scale, ratio, { weight = 1, dashed = false, light = "#fff" }) {
  const unit = (ratio * weight) / scale;
  ctx.lineWidth = 2.5 * unit;
  ctx.strokeStyle = "rgba(0,0,0,.55)";
  ctx.stroke(path);
  ctx.lineWidth = 1.2 * unit;
  ctx.strokeStyle = light;
  if (dashed) ctx.setLineDash([4 * unit, 3 * unit]);
  ctx.stroke(path);
  ctx.setLineDash([]);
}
