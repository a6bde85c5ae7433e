// The editor's page: functions that its modules share, and its line to the kernel.

import { makeLinePage } from "../core/live_page.js";

const DOWNLOADS = ["save", "save_mask", "script", "animation", "sweep"];
const PASSING = ["ack", "samples", "outline", "dismiss", "open", "thumbs", "history"];

/** @typedef {import("./wire").EditorTraits} Traits */
/** @typedef {ReturnType<typeof makeEditorPage>} EditorPage */

/**
 * @param {import("../core/types").Model<Traits>} model
 * @param {HTMLElement} root
 * @param {object} given
 * @param {(ids: string[]) => unknown} given.onHandled
 * @param {(text: string) => unknown} given.putStatus writes the status line
 */
export function makeEditorPage(model, root, { onHandled, putStatus }) {
  /** @type {ReturnType<typeof makeLinePage<Traits, import("./messages").Message>>} */
  const page = makeLinePage(model, root, {
    downloads: DOWNLOADS, passing: PASSING, onHandled, putStatus,
    gone: (t) => t("The kernel was restarted and does not know this editor. Run Editor.restore() in a new cell to bring it back."),
  });
  const names = model.get("labels");
  return {
    ...page,
    /** The parts, in their order. */
    names,
    byId: new Map(names.map((part) => [part.id, part])),
    width: model.get("width"),
    height: model.get("height"),
    /** @returns {import("./wire").Asked} */
    asked: () => ({ label: model.get("label"), auto: model.get("auto"), steps: model.get("steps"), locked: model.get("locked"), over: model.get("over"), mirror: model.get("mirror") }),
  };
}
