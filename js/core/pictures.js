// The picture and the one before all edits. A slowly decoded picture does not replace a newer one.
// A photo's picture may have more pixels than the masks: everything else counts in the masks' pixels.

import { surface } from "./dom.js";

/**
 * `changed(isPicture)` is called after one of the two was drawn.
 * @param {Pick<import("./types").Page<import("./types").PictureTraits>, "model">} page
 * @param {{ changed: (isPicture: boolean) => void }} given
 */
export function makePictures({ model }, { changed }) {
  const width = model.get("width");
  const height = model.get("height");
  const picture = surface(width, height);
  const before = surface(width, height);
  let decodes = 0;
  let drawn = 0;
  /**
   * @param {import("./types").Bytes | null} bytes
   * @param {string} type
   * @param {CanvasRenderingContext2D} target
   */
  async function show(bytes, type, target) {
    const order = ++decodes;
    if (!bytes || bytes.byteLength === 0) return;
    const bitmap = await createImageBitmap(new Blob([bytes], { type }));
    if (target !== picture || order > drawn) {
      if (target === picture) drawn = order;
      const { canvas } = target;
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      target.drawImage(bitmap, 0, 0);
      changed(target === picture);
    }
    bitmap.close();
  }
  return {
    picture,
    before,
    /** @param {import("./types").Bytes} bytes of a JPEG */
    showFrame: (bytes) => show(bytes, "image/jpeg", picture),
    readPicture: () => show(model.get("image"), "", picture),
    readBefore: () => show(model.get("before"), "", before),
  };
}
