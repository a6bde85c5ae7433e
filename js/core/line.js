// The line to the kernel: messages that must arrive go through the outbox, others are sent directly; files are downloaded.

import { randomName } from "./bytes.js";
import { watchConnection } from "./connection.js";
import { h } from "./dom.js";
import { makeOutbox, pageStore } from "./outbox.js";
import { makeOwnMessages } from "./own.js";
import { makeRevisions } from "./revisions.js";

/** @typedef {import("./types").Message} Message */

/**
 * `downloads` are the kinds whose file returns to the requesting view; `passing` are kinds that are useless later or too large to
 * keep, like all messages with `live: true`. `onHandled(ids)` is called with the messages that the kernel has handled,
 * `onWaiting(bool)` with whether messages wait for a connection.
 * @param {Pick<import("./types").Page<import("./types").DeliveryTraits>, "model" | "on" | "atEnd">} page
 * @param {object} given
 * @param {string[]} given.downloads
 * @param {string[]} given.passing
 * @param {(ids: string[]) => unknown} given.onHandled
 * @param {(waits: boolean) => unknown} given.onWaiting
 */
export function makeLine({ model, on, atEnd }, { downloads, passing, onHandled, onWaiting }) {
  const viewName = randomName();
  const revisions = makeRevisions({ model, on, atEnd });
  const connection = watchConnection({
    model,
    onLost: () => onWaiting(outbox.waiting().length > 0),
    onBack() {
      onWaiting(false);
      revisions.check();
      outbox.open();
    },
  });
  /** @param {object} content @param {ArrayBuffer[]} [buffers] */
  const post = (content, buffers) => model.send(content, undefined, buffers);
  const outbox = makeOutbox({ ident: model.get("ident"), store: pageStore(), post, online: connection.online, onHandled: (ids) => (onHandled(ids), own.handled(ids)), onWaiting });
  const own = makeOwnMessages(tell);
  on("change:handled", () => outbox.handled(model.get("handled")));
  atEnd(outbox.close);
  atEnd(connection.close);
  /** @type {import("./types").Tell} */
  function tell(message, buffers) {
    if (downloads.includes(message.kind)) return void post({ ...message, view: viewName }, buffers);
    if (passing.includes(message.kind) || message.live === true) return void post(message, buffers);
    return outbox.send(message, buffers);
  }
  /**
   * @param {{ view: string, type: string, name: string }} message
   * @param {ArrayBuffer} buffer
   */
  function download({ view, type, name }, buffer) {
    if (view !== viewName) return;
    const address = URL.createObjectURL(new Blob([buffer], { type }));
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
  /** Start: drop messages that were handled before this page opened, and send the rest. */
  function open() {
    outbox.handled(model.get("handled"));
    outbox.open();
  }
  return { tell, own: own.own, download, open, standing: outbox.standing, waiting: outbox.waiting, online: connection.online, alive: connection.alive };
}
