// Frames of a running computation and previews of a slider: shown, counted and acknowledged.

const PAINTING_COMES_FIRST = 400; // ms that an acknowledgement waits while the pointer paints, so that fewer frames arrive
const MOST_TIMES = 4000;

/** @typedef {{ seq: number, job: number, preview?: boolean, own?: boolean } & import("./types").Progress} FrameMessage */

/**
 * `took(message)` is called with each frame of a run before it is drawn, `previewShown()` after each preview is drawn.
 * @param {Pick<import("./types").Page<import("./types").ReportTraits>, "model" | "root"> & { tell: import("./types").Tell<import("./types").Request> }} page
 * @param {object} given
 * @param {(bytes: ArrayBuffer) => unknown} given.showFrame draws a JPEG
 * @param {() => unknown} given.readPicture draws the committed picture
 * @param {(message: FrameMessage) => void} given.took
 * @param {() => boolean} [given.painting] whether the pointer paints
 * @param {() => void} [given.previewShown]
 */
export function makeFrames({ model, root, tell }, { showFrame, readPicture, took, painting = () => false, previewShown = () => {} }) {
  /** @type {{ at: number, job: number, step?: number }[]} */
  const times = []; // when each frame was shown, for measuring
  const { dataset } = root;
  /** @param {string | undefined} count */
  const next = (count) => String(Number(count ?? 0) + 1);
  /** @param {FrameMessage} message @param {ArrayBuffer} bytes of a JPEG */
  async function show(message, bytes) {
    const late = message.job < model.get("job");
    try {
      if (!late && !message.preview) took(message);
      // A frame that shows the committed picture is replaced by that picture, which is lossless.
      if (!late) await (message.own ? readPicture() : showFrame(bytes));
    } finally {
      const acknowledge = () => tell({ kind: "ack", seq: message.seq });
      if (painting()) setTimeout(acknowledge, PAINTING_COMES_FIRST);
      else acknowledge();
      if (!late && message.preview) previewShown();
    }
    if (late) return;
    if (message.preview) {
      dataset.previews = next(dataset.previews);
      dataset.previewed = String(performance.now());
      return;
    }
    dataset.frames = next(dataset.frames);
    dataset.step = String(message.step);
    dataset.job = String(message.job);
    if (times.length > MOST_TIMES) times.splice(0, MOST_TIMES / 2);
    times.push({ at: performance.now(), job: message.job, step: message.step });
  }
  return { show, times };
}
