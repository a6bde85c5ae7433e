// The line to the kernel: what must arrive goes through the outbox, what passes goes at once, and files come down.

import { h, randomName } from "./dom.js";
import { makeOutbox } from "./outbox.js";
import { makeRevisions } from "./revisions.js";

const DOWNLOADS = ["save", "save_mask", "script", "animation", "sweep"]; // their file goes to the view that asks
const PASSING = [...DOWNLOADS, "ack", "samples", "outline", "dismiss", "open", "thumbs"]; // of no use later, or too large to keep; so is what is live

/** `tell(message, buffers)` sends; `onHandled(ids)` hears which messages are done with, `onWaiting(bool)` that some wait for a
 *  connection. */
export function makeLine({ model, on, atEnd }, { onHandled, onWaiting }) {
  const viewName = randomName();
  const revisions = makeRevisions({ model, on, atEnd });
  const outbox = makeOutbox({ model, onHandled, onWaiting, onBack: revisions.check });
  atEnd(outbox.close);
  /** Send a message; one that must not be lost gets an id, which is given back. */
  function tell(message, buffers) {
    if (DOWNLOADS.includes(message.kind)) message = { ...message, view: viewName };
    if (!PASSING.includes(message.kind) && message.live !== true) return outbox.send(message, buffers);
    model.send(message, undefined, buffers);
  }
  function download({ view, type, name }, buffer) {
    if (view !== viewName) return;
    const address = URL.createObjectURL(new Blob([buffer], { type }));
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
  return { tell, download, outbox };
}
