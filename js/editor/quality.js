// Quality of the picture: a badge for the photo's embedding, and a line about the last edit.

import { h } from "../core/dom.js";

/** @param {import("./page.js").EditorPage} page */
export function makeQuality({ model, t }) {
  const percent = (/** @type {number} */ share, digits = 0) => `${(100 * share).toFixed(digits)}%`;
  const badge = h("span", { class: "eg-badge", role: "img", hidden: true });
  const note = h("span", { class: "eg-edit-note", role: "img", hidden: true });
  /** @param {HTMLElement} node @param {string} short @param {string} long */
  function say(node, short, long) {
    node.textContent = short;
    node.title = long;
    node.setAttribute("aria-label", long.replaceAll("\n", " "));
    node.hidden = false;
  }
  const GRADES = {
    good: [t("good"), t("Good: the model reproduces this photo well.")],
    fair: [t("fair"), t("Fair: the model reproduces this photo roughly; edits look best where it is close.")],
    poor: [t("poor"), t("Poor: the model can hardly reproduce this photo; expect a different face.")],
  };
  const FITS = {
    good: t("Good: edits will fit this photo."),
    fair: t("Fair: edits will fit this photo; look closely at new content, such as teeth."),
    poor: t("Poor: the face is hardly like the model's, so edits may not fit. Check the square (V)."),
  };
  const REACHED = { well: t("Well reached"), partly: t("Partly reached"), hardly: t("Hardly reached") };
  const KEPT = { "as before": t("the rest is as before"), nearly: t("the rest is nearly as before"), changed: t("the rest changed too") };
  /** @param {import("./wire").EmbeddingQuality | null | undefined} found */
  function showEmbedding(found) {
    badge.hidden = !found;
    if (!found) return;
    badge.className = `eg-badge eg-${found.grade}`;
    const lines = [found.landmarks == null ? GRADES[found.grade][1] : FITS[found.grade]];
    if (found.landmarks != null) lines.push(t("Landmarks: {distance} of the eye distance from those of the portrait that is edited in its place (good to 8%, fair to 10%)", { distance: percent(found.landmarks) }));
    if (found.parts != null) lines.push(t("Parts of the face: IoU {share} (good from 40%, fair from 25%)", { share: percent(found.parts) }));
    if (found.psnr != null) lines.push(t("Closeness: PSNR {psnr} dB (good from 25, fair from 21)", { psnr: found.psnr.toFixed(1) }));
    if (found.identity != null) lines.push(t("Same person: cosine {cosine} (good from 0.8, fair from 0.6)", { cosine: found.identity.toFixed(2) }));
    const name = found.vector;
    if (found.editability != null) lines.push(t("Effect of {vector}: {share} of its effect on a typical portrait (good from 60%, fair from 30%)", { vector: t(name), share: percent(found.editability) }));
    say(badge, GRADES[found.grade][0], lines.join("\n"));
  }
  /** @param {import("./wire").EditQuality | null | undefined} found */
  function showEdit(found) {
    note.hidden = !found;
    if (!found) return;
    const values = { agreement: percent(found.agreement), outside: percent(found.outside, 1) };
    const lines = [
      t("{reached}, {kept}.", { reached: REACHED[found.reached], kept: KEPT[found.kept] }),
      t("IoU of the edited parts with the painted ones: {agreement}", values),
      t("Mean change of the picture outside the region: {outside} of the value range", values),
    ];
    say(note, t("{agreement} reached, {outside} elsewhere", values), lines.join("\n"));
  }
  function show() {
    const { embedding, edit } = model.get("quality");
    showEmbedding(embedding);
    showEdit(edit);
  }
  return { badge, note, show };
}
