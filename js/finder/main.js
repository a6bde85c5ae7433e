// The finder's page: a search for directions, the portrait, a row for each direction, kept vectors, and portraits to mark.

import { h, setUsable, textButton } from "../core/dom.js";
import { makeLivePage } from "../core/live_page.js";
import { makeKept } from "./kept.js";
import { makeMarks } from "./marks.js";
import { makeRows, strengthText } from "./rows.js";
import { makeSearch } from "./search.js";

/** @param {{ model: import("../core/types").Model<import("./wire").FinderTraits>, el: HTMLElement }} given */
function render(given) {
  let shown = () => {};
  /** @type {ReturnType<typeof makeLivePage<import("./wire").FinderTraits, import("./messages").Message>>} */
  const page = makeLivePage(given, { previewShown: () => shown() });
  const { t, model, on, root, tell } = page;
  root.classList.add("eg-finder");
  root.setAttribute("aria-label", t("Direction finder"));
  const search = makeSearch(page);
  const rows = makeRows(page);
  const kept = makeKept(page);
  const marks = makeMarks(page);
  shown = rows.previewShown;
  const [picture, ...reports] = page.nodes;
  picture.setAttribute("role", "img");
  const caption = h("figcaption", {});
  const seed = h("input", {
    type: "number", min: 0, step: 1, class: "eg-search eg-seed", "aria-label": t("Seed of the portrait"),
    onchange: () => {
      const wanted = Number(seed.value);
      if (Number.isInteger(wanted) && wanted >= 0 && wanted !== model.get("seed")) tell({ kind: "set_portrait", seed: wanted });
    },
  });
  const another = textButton(t("Another"), t("Show the directions on another portrait"), () => tell({ kind: "set_portrait", seed: model.get("seed") + 1 }));
  const side = h(
    "div",
    { class: "eg-finder-side" },
    h("figure", { class: "eg-finder-figure" }, picture, caption),
    h("div", { class: "eg-bar" }, h("label", { class: "eg-field" }, h("span", {}, t("Portrait")), seed), another),
    kept.node,
  );
  root.append(h("div", { class: "eg-bar" }, ...search.nodes, page.stop), ...reports, h("div", { class: "eg-finder-main" }, side, rows.node), marks.node);

  function showPicture() {
    const found = model.get("directions").find((one) => one.id === model.get("active"));
    const number = model.get("seed");
    const text = found ? t("Seed {seed}, {name} {strength}", { seed: number, name: found.name, strength: strengthText(found.strength) }) : t("Seed {seed}, unchanged", { seed: number });
    caption.textContent = text;
    picture.setAttribute("aria-label", text);
    if (root.ownerDocument.activeElement !== seed) seed.value = String(number);
  }
  function showRunning() {
    const idle = !model.get("running");
    for (const button of [another, ...search.buttons, ...marks.buttons]) setUsable(button, idle);
  }
  on(["change:directions", "change:active", "change:seed"], showPicture);
  on(["change:directions", "change:active", "change:sheets"], rows.show);
  on("change:kept", kept.show);
  on(["change:samples", "change:marks"], marks.show);
  on(["change:running", "change:samples", "change:marks"], showRunning);
  on("change:error", () => model.get("error") && rows.refuse());
  rows.show();
  kept.show();
  marks.show();
  showPicture();
  showRunning();
  return () => {
    rows.drop();
    marks.drop();
    page.close();
  };
}

export default { render };
