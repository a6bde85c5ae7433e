// The layers of the editor's PartCanvas: what is shown here is mirrored into three of them, the fourth is Python's to draw on.

/** `sources` are the 2-D contexts of picture, parts and strokes; `ready` tells whether they hold something yet. */
export function makeLayers({ model, width, height, atEnd }, { sources, ready, changed }) {
  let layers = null;
  let mirroring = false;
  function take(canvas) {
    const found = canvas.get("_canvases");
    if (!found || found.length < 4 || !found[0].ctx) return;
    layers = found;
    const redraw = () => {
      if (mirroring) return;
      mirror();
      changed();
    };
    for (const layer of found) {
      layer.on("new-frame", redraw);
      atEnd(() => layer.off("new-frame", redraw));
    }
    redraw();
  }
  function mirror(which = [0, 1, 2]) {
    if (!layers || !ready()) return;
    mirroring = true;
    for (const i of which) {
      const { ctx } = layers[i];
      ctx.save();
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.clearRect(0, 0, width, height);
      ctx.globalAlpha = i === 1 ? model.get("opacity") : 1;
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(sources[i].canvas, 0, 0);
      ctx.restore();
      layers[i].syncViews();
    }
    mirroring = false;
  }
  const reference = model.get("canvas");
  if (typeof reference === "string" && reference.startsWith("IPY_MODEL_") && model.widget_manager) {
    model.widget_manager
      .get_model(reference.slice("IPY_MODEL_".length))
      .then(take)
      .catch((error) => console.warn("EditGAN editor: no canvas model, layers are not mirrored", error));
  }
  return { mirror, annotations: () => layers?.[3].canvas, pixels: (i) => (layers ? layers[i].ctx.getImageData(0, 0, width, height).data : null) };
}
