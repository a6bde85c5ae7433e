// The finder's page: a search for directions, the portrait, a row for each direction, kept vectors, and portraits to mark.

import { h, setUsable, textButton } from "../core/dom.js";
import { makeLivePage } from "../core/live_page.js";
import { makeFieldText } from "../core/own.js";
import { makeKept } from "./kept.js";
import { makeMarks } from "./marks.js";
import { makeRows, strengthText } from "./rows.js";
import { makeSearch } from "./search.js";

/** @param {{ model: import("../core/types").Model<import("./wire").FinderTraits>, el: HTMLElement }} given */
function render(given) {
  let shown = () => {};
  const busy = (/** @type {import("../core/types").Translate} */ t) => {
    const { step = 0, total = 0 } = given.model.get("progress");
    return step ? t("Step {step} of {total}", { step, total }) : "";
  };
  /** @type {ReturnType<typeof makeLivePage<import("./wire").FinderTraits, import("./messages").Message>>} */
  const page = makeLivePage(given, { previewShown: () => shown(), busy });
  const { t, model, on, root } = page;
  root.classList.add("eg-finder");
  root.setAttribute("aria-label", t("Direction finder"));
  const search = makeSearch(page);
  // A preview of the slider may be in view although the value that was sent last is the one before it: then no picture follows.
  const rows = makeRows(page, { settled: () => void (model.get("running") || page.picture.read()) });
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
      seedText.took();
      if (Number.isInteger(wanted) && wanted >= 0 && wanted !== shownSeed()) setPortrait(wanted);
    },
  });
  const seedText = makeFieldText(seed);
  const portrait = page.own(() => showPicture());
  let askedSeed = 0; // as it was last sent
  const shownSeed = () => (portrait.waits() ? askedSeed : model.get("seed"));
  /** @param {number} wanted */
  function setPortrait(wanted) {
    askedSeed = wanted;
    portrait.tell({ kind: "set_portrait", seed: wanted });
  }
  const another = textButton(t("Another"), t("Show the directions on another portrait"), () => setPortrait(shownSeed() + 1));
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
    if (!portrait.waits()) seedText.show(String(number));
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
