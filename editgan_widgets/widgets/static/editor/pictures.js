// The picture and the one before all edits. The newest is shown: one that was slow to decode does not cover what came after it.

import { surface } from "./dom.js";

/** `changed(isPicture)` hears that one of the two was drawn. */
export function makePictures({ model, width, height }, { changed }) {
  const picture = surface(width, height);
  const before = surface(width, height);
  let decodes = 0;
  let drawn = 0;
  async function show(bytes, mime, target) {
    const order = ++decodes;
    if (!bytes || bytes.byteLength === 0) return;
    const bitmap = await createImageBitmap(new Blob([bytes], { type: mime }));
    if (target !== picture || order > drawn) {
      if (target === picture) drawn = order;
      target.drawImage(bitmap, 0, 0, width, height);
      changed(target === picture);
    }
    bitmap.close();
  }
  return {
    picture,
    before,
    showFrame: (bytes) => show(bytes, "image/jpeg", picture),
    readPicture: () => show(model.get("image"), "", picture),
    readBefore: () => show(model.get("before"), "", before),
  };
}
