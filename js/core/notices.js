// Errors and notices: an error can be dismissed, a notice stays while it is true.

import { h, iconButton } from "./dom.js";
import { ICONS } from "./icons.js";

/**
 * @param {Pick<import("./types").Page<import("./types").ReportTraits & import("./types").TextTraits>, "model" | "t">} page
 * @param {{ dismiss: () => void }} given
 */
export function makeNotices({ model, t }, { dismiss }) {
  const icon = () => h("span", { class: "eg-box-icon", html: ICONS.alert });
  const errorText = h("span", { class: "eg-box-text" });
  const error = h("div", { class: "eg-box eg-error", role: "alert", hidden: true }, icon(), errorText, iconButton("close", t("Dismiss this message"), dismiss));
  const noticeText = h("span", { class: "eg-box-text" });
  const notice = h("div", { class: "eg-box eg-notice", role: "alert", hidden: true }, icon(), noticeText);
  /** @param {HTMLElement} box @param {HTMLElement} line @param {string} text */
  function show(box, line, text) {
    line.textContent = text;
    box.hidden = !text;
  }
  return {
    nodes: [error, notice],
    showError: () => show(error, errorText, model.get("error")),
    showNotice: () => show(notice, noticeText, model.get("notice")),
  };
}
