// The page of a widget on widgets/core: its line to the kernel, its picture, status, progress and errors.

import { h, surface, textButton } from "./dom.js";
import { makeFrames } from "./frames.js";
import { makeLayers } from "./layers.js";
import { makeLine } from "./line.js";
import { makeNotices } from "./notices.js";
import { makePage } from "./page.js";
import { makeStatusText } from "./waiting.js";

/** @param {import("./types").Translate} t */
const goneText = (t) => t("The kernel was restarted and does not know this widget. Run its cell again.");

/**
 * A page with its line to the kernel and the text of its status line. `showStatus()` writes that text again.
 * @template {import("./types").StatusTraits} Traits
 * @template {{ kind: string }} [Known=import("./types").Message]
 * @param {import("./types").Model<Traits>} model
 * @param {HTMLElement} root
 * @param {Pick<Parameters<typeof makeLine>[1], "downloads" | "passing" | "onHandled"> & { putStatus: (text: string) => unknown, busy?: (t: import("./types").Translate) => string, gone?: (t: import("./types").Translate) => string }} given
 *   `putStatus` writes the status line; `busy` is its text during a run, "" for the kernel's own; `gone` its text after the kernel was restarted
 */
export function makeLinePage(model, root, { putStatus, busy = () => "", gone = goneText, onHandled, ...given }) {
  /** @type {import("./types").Page<Traits>} */
  const page = makePage(model, root);
  const { t } = page;
  const line = makeLine(/** @type {any} */ (page), {
    ...given,
    onHandled: (ids) => (onHandled(ids), text.handled()),
    onWaiting: (waits) => text.lost(waits),
    onSent: () => text.sent(),
  });
  const text = makeStatusText({
    written: () => (model.get("running") && busy(t)) || model.get("status"),
    put: putStatus,
    waiting: line.waiting,
    alive: line.alive,
    abandoned: line.abandon,
    gone: gone(t),
    t,
  });
  page.atEnd(text.close);
  return {
    ...page, line,
    own: line.own,
    showStatus: text.show,
    tell: /** @type {import("./types").Tell<Known>} */ (line.tell),
    put: /** @type {typeof page.put} */ ((name, value) => {
      page.put(name, value);
      text.sent();
    }),
  };
}

/**
 * A page with what every widget shows: progress bar, errors, notices and status line. `root.append(controls, …page.nodes)`.
 *
 * Returns the page with `nodes`, `stop`, a button that is shown during a run, `showProgress`, `receive(handlers)`, which adds
 * handlers for messages of the kernel, and `open()`, to be called once the page is complete.
 * @template {import("./types").StatusTraits} Traits
 * @template {{ kind: string }} Known messages of the widget
 * @param {{ model: import("./types").Model<Traits>, el: HTMLElement }} given
 * @param {object} [options]
 * @param {string[]} [options.downloads] kinds whose file returns to the requesting view
 * @param {string[]} [options.passing] kinds that are not sent again after a reload
 * @param {(t: import("./types").Translate) => string} [options.busy] what is being computed, for the status line during a run
 */
export function makeStatusPage({ model, el }, { downloads = [], passing = [], busy } = {}) {
  const root = h("div", { class: "eg-root", role: "group", lang: model.get("language") });
  /** @type {ReturnType<typeof makeLinePage<Traits, Known>>} */
  const page = makeLinePage(model, root, {
    downloads,
    passing: ["ack", "dismiss", ...passing],
    busy,
    onHandled: () => {},
    putStatus: (text) => void (status.textContent = text),
  });
  const { t, on, line } = page;
  const tell = /** @type {import("./types").Tell<import("./types").Request>} */ (line.tell);
  const status = h("div", { class: "eg-status", role: "status" });
  const fill = h("div", { class: "eg-fill" });
  const progress = h("div", { class: "eg-progress", role: "progressbar", "aria-label": t("Progress"), "aria-valuemin": 0 }, fill);
  const stop = textButton(t("Stop"), t("Stop within one step"), () => tell({ kind: "stop" }), "eg-stop");
  const notices = makeNotices(/** @type {any} */ (page), { dismiss: () => tell({ kind: "dismiss" }) });

  /** @param {import("./types").Progress} given */
  function showProgress({ step = 0, total = 0 }) {
    const running = model.get("running");
    fill.style.transform = `scaleX(${running && total ? step / total : 0})`;
    progress.classList.toggle("eg-busy", running && step === 0);
    progress.setAttribute("aria-valuemax", String(total || 1));
    progress.setAttribute("aria-valuenow", String(running ? step : 0));
  }
  function showStatus() {
    stop.hidden = !model.get("running");
    page.showStatus();
    showProgress(model.get("progress"));
  }
  on(["change:running", "change:status", "change:progress"], showStatus);
  on("change:error", notices.showError);
  on("change:notice", notices.showNotice);
  /** @type {Record<string, (message: any, buffers: ArrayBuffer[]) => unknown>} */
  const received = {
    standing: line.standing,
    download: (message, buffers) => line.download(message, buffers[0]),
  };
  on("msg:custom", (message, buffers) => received[message.kind]?.(message, buffers));
  return {
    ...page,
    stop,
    nodes: [progress, ...notices.nodes, status],
    showProgress,
    /** @param {typeof received} handlers */
    receive: (handlers) => void Object.assign(received, handlers),
    open() {
      showStatus();
      notices.showError();
      notices.showNotice();
      el.append(root);
      line.open();
    },
  };
}

/**
 * A page that shows one picture too, the first of its nodes.
 * @template {import("./types").LiveTraits} Traits
 * @template {{ kind: string }} Known messages of the widget
 * @param {{ model: import("./types").Model<Traits>, el: HTMLElement }} given
 * @param {object} [options]
 * @param {string[]} [options.downloads] kinds whose file returns to the view that asks
 * @param {string[]} [options.passing] kinds that are not sent again after a reload
 * @param {(t: import("./types").Translate) => string} [options.busy] what is being computed, for the status line during a run
 * @param {Record<string, (message: any, buffers: ArrayBuffer[]) => unknown>} [options.received] further kinds of messages of the kernel
 * @param {() => void} [options.previewShown] hears of each preview after it was drawn
 */
export function makeLivePage(given, { received = {}, previewShown, ...options } = {}) {
  /** @type {ReturnType<typeof makeStatusPage<Traits, Known>>} */
  const page = makeStatusPage(given, options);
  const picture = makePicture(/** @type {any} */ (page));
  const frames = makeFrames(/** @type {any} */ (page), { showFrame: picture.showFrame, readPicture: picture.read, took: page.showProgress, previewShown });
  page.receive({ frame: (message, buffers) => frames.show(message, buffers[0]), ...received });
  page.open();
  return { ...page, picture, nodes: [picture.node, ...page.nodes] };
}

/**
 * The picture and, above it, the layer of the kernel's canvas that Python draws on.
 * @param {Pick<import("./types").Page<import("./types").CanvasTraits>, "model" | "on" | "atEnd">} page
 */
function makePicture({ model, on, atEnd }) {
  const [width, height] = [model.get("width"), model.get("height")];
  const shown = surface(width, height);
  const picture = surface(width, height);
  let drawn = false;
  let newest = 0; // number of the newest picture, so that a slowly decoded one does not replace it
  let order = 0;
  const layers = makeLayers({ model, atEnd }, {
    sources: [picture, surface(width, height), surface(width, height)],
    ready: () => drawn,
    changed: draw,
  });
  function draw() {
    shown.drawImage(picture.canvas, 0, 0);
    const annotations = layers.annotations();
    if (annotations) shown.drawImage(annotations, 0, 0);
  }
  /** @param {import("./types").Bytes} bytes of a PNG or JPEG */
  async function show(bytes) {
    const mine = ++order;
    if (!bytes || bytes.byteLength === 0) return;
    const bitmap = await createImageBitmap(new Blob([bytes]));
    if (mine > newest) {
      newest = mine;
      drawn = true;
      picture.drawImage(bitmap, 0, 0, width, height);
      layers.mirrorPicture();
      draw();
    }
    bitmap.close();
  }
  const read = () => show(model.get("image"));
  on("change:image", read);
  read();
  const node = /** @type {HTMLCanvasElement} */ (shown.canvas);
  node.className = "eg-picture";
  return { node, read, showFrame: show };
}
