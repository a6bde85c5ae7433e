// The list of kept vectors.

import { h, iconButton } from "../core/dom.js";

/** @param {Pick<import("./wire").FinderPage, "model" | "t" | "tell">} page */
export function makeKept({ model, t, tell }) {
  const list = h("ul", { class: "eg-finder-kept" });
  const node = h("section", { "aria-label": t("Kept vectors") }, h("h3", {}, t("Kept vectors")), list);
  function show() {
    const names = model.get("kept");
    node.hidden = names.length === 0;
    list.replaceChildren(
      ...names.map((name) => h("li", {}, h("span", { class: "eg-name", title: name }, name), iconButton("close", t("Remove {name}", { name }), () => tell({ kind: "forget", name }), { class: "eg-button eg-more" }))),
    );
  }
  return { node, show };
}
