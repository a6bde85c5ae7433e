// The menu of a vector's row: the rows of the latent that it moves, save a sweep, remove the vector.

import { h, textButton } from "../core/dom.js";
import { makeFieldText } from "../core/own.js";

/** @type {[string, number, number][]} */
const BANDS = [["coarse", 0, 3], ["middle", 4, 7], ["fine", 8, Infinity]]; // first and last row, as StyleGAN names them

/**
 * @param {Pick<import("./page.js").EditorPage, "model" | "tell" | "t" | "own">} page
 * @param {string} name of the vector
 */
export function makeVectorMenu({ model, tell, t, own }, name) {
  const last = () => Math.max(0, model.get("vector_rows") - 1);
  /** @type {Record<string, string>} */
  const words = { coarse: t("coarse: pose, shape"), middle: t("middle: features"), fine: t("fine: colour, detail") };
  const select = h("select", {
    class: "eg-select", "aria-label": t("Rows of the latent that {name} moves", { name: t(name) }),
    onchange: () => {
      const band = BANDS.find(([key]) => key === select.value);
      fields.hidden = select.value !== "own";
      if (band) choose(band[1], Math.min(band[2], last()));
      else if (select.value === "all") choose(null, null);
    },
  });
  const number = (/** @type {string} */ label) => h("input", { type: "number", min: 0, step: 1, class: "eg-search eg-row-field", "aria-label": label, onchange: () => typed() });
  const from = number(t("First row of {name}", { name: t(name) }));
  const to = number(t("Last row of {name}", { name: t(name) }));
  const fields = h("span", { class: "eg-joined", hidden: true }, from, h("span", {}, "\u2013"), to);
  const sweep = textButton(t("Save a sweep"), t("Download a GIF in which this vector goes up, down and back"), () => tell({ kind: "sweep", name }), "eg-tool");
  const remove = textButton(t("Remove"), t("Remove this vector from the picture and the list"), () => tell({ kind: "remove", name }), "eg-tool");
  const node = h("div", { class: "eg-vector-menu", hidden: true }, h("label", { class: "eg-field" }, h("span", {}, t("Rows")), select), fields, sweep, remove);
  const texts = [from, to].map(makeFieldText);
  const sent = own(() => show(newest));
  let newest = /** @type {Pick<import("./wire").Vector, "layers" | "own">} */ ({ layers: null, own: false });
  const choose = (/** @type {number | null} */ first, /** @type {number | null} */ end) => sent.tell({ kind: "layers", name, first, last: end });
  function typed() {
    const [first, end] = [Number(from.value), Number(to.value)];
    for (const text of texts) text.took();
    if (from.value !== "" && to.value !== "" && first >= 0 && first <= end && end <= last()) choose(first, end);
    else show(newest);
  }
  /** @param {Pick<import("./wire").Vector, "layers" | "own">} vector */
  function show(vector) {
    newest = vector;
    const { layers } = vector;
    const bands = BANDS.filter(([, first]) => first <= last());
    if (!select.options.length) {
      select.append(
        h("option", { value: "all" }, t("all")),
        ...bands.map(([key]) => h("option", { value: key }, words[key])),
        h("option", { value: "own" }, t("from … to …")),
      );
    }
    from.max = to.max = String(last());
    remove.hidden = !vector.own;
    if (sent.waits()) return;
    texts[0].show(String(layers ? layers[0] : 0));
    texts[1].show(String(layers ? layers[1] - 1 : last()));
    const same = bands.find(([, first, end]) => layers && layers[0] === first && layers[1] - 1 === Math.min(end, last()));
    const typing = node.contains(node.ownerDocument.activeElement) && !fields.hidden;
    if (!typing) {
      select.value = !layers ? "all" : same ? same[0] : "own";
      fields.hidden = select.value !== "own";
    }
  }
  return { node, show };
}
