// What a vector's row discloses: the rows of the latent that it moves, a sweep to save, and to remove one's own.

import { h } from "./dom.js";

const BANDS = [["coarse", 0, 3], ["middle", 4, 7], ["fine", 8, Infinity]]; // rows as StyleGAN names them

export function makeVectorMenu({ model, tell, t, name }) {
  const last = () => Math.max(0, model.get("vector_rows") - 1);
  const words = { coarse: t("coarse: pose, shape"), middle: t("middle: features"), fine: t("fine: colour, detail") };
  let current = null; // [first, one past the last] or null
  const select = h("select", {
    class: "eg-select", "aria-label": t("Rows of the latent that {name} moves", { name: t(name) }),
    onchange: () => {
      const band = BANDS.find(([key]) => key === select.value);
      fields.hidden = select.value !== "own";
      if (band) choose(band[1], Math.min(band[2], last()));
      else if (select.value === "all") choose(null, null);
    },
  });
  const number = (label) => h("input", { type: "number", min: 0, step: 1, class: "eg-search eg-row-field", "aria-label": label, onchange: () => typed() });
  const from = number(t("First row of {name}", { name: t(name) }));
  const to = number(t("Last row of {name}", { name: t(name) }));
  const fields = h("span", { class: "eg-joined", hidden: true }, from, h("span", {}, "\u2013"), to);
  const small = (label, title, action) => h("button", { type: "button", class: "eg-button eg-text eg-tool", title, onclick: action }, label);
  const sweep = small(t("Save a sweep"), t("Download a GIF in which this vector goes up, down and back"), () => tell({ kind: "sweep", name }));
  const remove = small(t("Remove"), t("Take this vector out of the picture and of the list"), () => tell({ kind: "remove", name }));
  const node = h("div", { class: "eg-vector-menu", hidden: true }, h("label", { class: "eg-field" }, h("span", {}, t("Rows")), select), fields, sweep, remove);
  const choose = (first, end) => tell({ kind: "layers", name, first, last: end });
  function typed() {
    const [first, end] = [Number(from.value), Number(to.value)];
    if (from.value !== "" && to.value !== "" && first >= 0 && first <= end && end <= last()) choose(first, end);
    else show({ layers: current, own: !remove.hidden });
  }
  function show({ layers, own }) {
    current = layers;
    const bands = BANDS.filter(([, first]) => first <= last());
    if (!select.options.length) {
      select.append(
        h("option", { value: "all" }, t("all")),
        ...bands.map(([key]) => h("option", { value: key }, words[key])),
        h("option", { value: "own" }, t("from … to …")),
      );
    }
    from.max = to.max = last();
    from.value = layers ? layers[0] : 0;
    to.value = layers ? layers[1] - 1 : last();
    const same = bands.find(([, first, end]) => layers && layers[0] === first && layers[1] - 1 === Math.min(end, last()));
    const typing = node.contains(node.ownerDocument.activeElement) && !fields.hidden;
    if (!typing) {
      select.value = !layers ? "all" : same ? same[0] : "own";
      fields.hidden = select.value !== "own";
    }
    remove.hidden = !own;
  }
  return { node, show };
}
