// Layers of the kernel's PartCanvas: the page's views are copied into three of them, Python draws on the fourth.

const ANNOTATIONS = 3;

/**
 * @param {Pick<import("./types").Page<import("./types").CanvasTraits & { opacity?: number }>, "model" | "atEnd">} page
 * @param {object} given
 * @param {CanvasRenderingContext2D[]} given.sources contexts of picture, parts and strokes
 * @param {() => boolean} given.ready whether the sources have content yet
 * @param {() => void} given.changed
 */
export function makeLayers({ model, atEnd }, { sources, ready, changed }) {
  const width = model.get("width");
  const height = model.get("height");
  /** @type {any[]} */
  let layers = []; // ipycanvas' models, once they are loaded
  let mirroring = false;
  /** @param {any} canvas */
  function take(canvas) {
    const found = canvas.get("_canvases");
    if (!found || found.length <= ANNOTATIONS || !found[0].ctx) return;
    layers = found;
    const redraw = () => {
      if (mirroring) return;
      mirror();
      changed();
    };
    for (const layer of layers) {
      layer.on("new-frame", redraw);
      atEnd(() => layer.off("new-frame", redraw));
    }
    redraw();
  }
  /** @param {number[]} which */
  function mirror(which = [0, 1, 2]) {
    if (!layers.length || !ready()) return;
    mirroring = true;
    for (const i of which) {
      const { ctx } = layers[i];
      ctx.save();
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.clearRect(0, 0, width, height);
      ctx.globalAlpha = i === 1 ? (model.get("opacity") ?? 1) : 1;
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(sources[i].canvas, 0, 0, width, height);
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
      .catch((/** @type {unknown} */ error) => console.warn("EditGAN: the canvas has no model on this page; its layers are not mirrored", error));
  }
  return {
    mirror: () => mirror(),
    mirrorPicture: () => mirror([0]),
    /** @returns {HTMLCanvasElement | undefined} */
    annotations: () => layers[ANNOTATIONS]?.canvas,
    /** @param {number} i */
    pixels: (i) => layers[i]?.ctx.getImageData(0, 0, width, height).data ?? null,
  };
}
