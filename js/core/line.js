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
 * @param {() => unknown} given.onSent called after each message of the user, and if messages of an earlier page wait
 */
export function makeLine({ model, on, atEnd }, { downloads, passing, onHandled, onWaiting, onSent }) {
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
  /** Send a message that may get lost, also to a kernel that is gone. @param {object} content @param {ArrayBuffer[]} [buffers] */
  function pass(content, buffers) {
    try {
      post(content, buffers);
    } catch (error) {
      console.warn("EditGAN: a message was not sent", error);
    }
  }
  /** @type {import("./types").Tell} */
  function tell(message, buffers) {
    if (message.kind !== "ack") onSent();
    if (downloads.includes(message.kind)) return void pass({ ...message, view: viewName }, buffers);
    if (passing.includes(message.kind) || message.live === true) return void pass(message, buffers);
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
    if (outbox.waiting().length) onSent();
  }
  /** The kernel will not answer: controls that wait for it show its last values. */
  const abandon = () => own.handled(outbox.waiting().map(({ id }) => id));
  return { tell, own: own.own, download, open, standing: outbox.standing, waiting: outbox.waiting, abandon, alive: connection.alive };
}
