// The two views, Picture and Parts, drawn over one another: picture, mask or strokes, Python's annotations, outlines.

import { h } from "./dom.js";

/** `outlines(kind)` gives what else is drawn: [path, {weight, dashed, light}] in picture px; `captions` what stands beside a
 *  view's title. `shows` tells what is to be seen: `strokes()`, `before()` instead of the picture. */
export function makeViewports({ model, width, height, t }, { pictures, mask, maskView, annotations, seen, divider, outlines, shows, captions, hint }) {
  const makeView = (kind, title) => {
    const canvas = h("canvas", {
      class: "eg-canvas", tabindex: 0, role: "application", "aria-describedby": hint, "aria-label": t("{view}: paint here", { view: title }),
    });
    canvas.style.aspectRatio = `${width} / ${height}`;
    const node = h("figure", { class: "eg-view" }, h("figcaption", {}, h("span", {}, title), ...captions[kind]), h("div", { class: "eg-frame" }, canvas));
    return { kind, canvas, ctx: canvas.getContext("2d", { alpha: false }), over: document.createElement("canvas"), stale: true, node };
  };
  const views = [makeView("picture", t("Picture")), makeView("parts", t("Parts"))];
  divider.place(views[0].canvas.parentElement);

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
    ctx.drawImage((shows.before() ? pictures.before : pictures.picture).canvas, part.left, part.top, part.width, part.height, 0, 0, across, down);
    ctx.drawImage(over, 0, 0);
    if (view.kind === "picture" && !shows.before()) divider.draw(ctx, across, down, part.left, part.top, part.width, part.height);
  }
  function drawOver(view, strokes, ratio) {
    view.stale = false;
    view.strokes = strokes;
    const ctx = view.over.getContext("2d");
    const { zoom, left, top } = seen();
    const scale = (view.over.width / width) * zoom;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, view.over.width, view.over.height);
    if (shows.before()) return;
    ctx.imageSmoothingEnabled = false;
    ctx.setTransform(scale, 0, 0, scale, -left * scale, -top * scale); // picture px from here on
    if (view.kind === "parts") {
      ctx.globalAlpha = model.get("opacity");
      if (maskView.filled()) ctx.drawImage(mask.labels.canvas, 0, 0, width, height);
    } else if (strokes) {
      ctx.globalAlpha = 0.6;
      ctx.drawImage(mask.strokes.canvas, 0, 0, width, height);
    }
    ctx.globalAlpha = 1;
    if (annotations()) ctx.drawImage(annotations(), 0, 0, width, height);
    for (const [path, how] of outlines(view.kind)) twoTone(ctx, path, scale, ratio, how);
  }
  // Light over dark, so the line stands out on any colour.
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
  return { views, canvases: views.map((view) => view.canvas), nodes: views.map((view) => view.node), schedule };
}
