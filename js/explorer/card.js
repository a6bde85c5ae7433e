// A card: title, number of portraits, plot, sentence, and buttons that download the table and the figure.

import { h, setUsable, textButton } from "../core/dom.js";

/**
 * `show(view, ...nodes)` fills it: `view` is {sentence, basis, n} of the result, or undefined while it is not computed.
 * @param {{ t: import("../core/types").Translate, tell: import("../core/types").Tell<any> }} page
 * @param {string} title
 * @param {string} result name of the result in the kernel
 * @param {string} [extraClass]
 */
export function makeCard({ t, tell }, title, result, extraClass = "") {
  const count = h("span", { class: "ex-count" });
  const csv = textButton("CSV", t("Download the table of {title} as CSV", { title }), () => tell({ kind: "download", result, form: "csv" }), "ex-small");
  const png = textButton("PNG", t("Download the figure of {title} as PNG", { title }), () => tell({ kind: "download", result, form: "png" }), "ex-small");
  for (const button of [csv, png]) button.setAttribute("aria-label", button.title);
  const body = h("div", { class: "ex-body" });
  const sentence = h("p", { class: "eg-quiet ex-sentence", lang: "en" });
  const node = h(
    "section",
    { class: `ex-card ${extraClass}`.trim(), "aria-label": title },
    h("header", { class: "ex-head" }, h("h3", {}, title), count, h("span", { class: "ex-files" }, csv, png)),
    body,
    sentence,
  );
  return {
    node,
    body,
    /** @param {{ sentence: string, basis: string, n: number | null } | undefined} view @param {...Node} nodes */
    show(view, ...nodes) {
      count.textContent = view?.n ? t("n = {n}", { n: view.n }) : "";
      count.title = view?.basis ?? "";
      sentence.textContent = view?.sentence ?? "";
      setUsable(csv, Boolean(view));
      setUsable(png, Boolean(view));
      if (nodes.length) body.replaceChildren(...nodes);
    },
  };
}
