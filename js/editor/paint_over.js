// The parts that painting may change: any, or only chosen ones. Locked parts are never changed.

import { h, iconButton } from "../core/dom.js";
import { chip } from "../core/palette.js";

/** @param {import("./page.js").EditorPage} page */
export function makePaintOver({ model, put, t, names }) {
  const anything = h("option", { value: "anything" });
  const only = h("option", { value: "only" });
  const choose = h("option", { value: "choose" }, t("choose parts …"));
  const select = h("select", { class: "eg-select eg-over", "aria-label": t("Paints over"), title: t("Which parts painting may change"), onchange: () => chosen() }, anything, only, choose);
  /** @type {Map<number, HTMLInputElement>} */
  const boxes = new Map(); // by part
  const rows = names.map((label) => {
    const box = h("input", { type: "checkbox", onchange: () => put("over", names.filter(({ id }) => boxes.get(id)?.checked).map(({ id }) => id)) });
    boxes.set(label.id, box);
    return h("label", { class: "eg-check" }, box, chip(label), h("span", { class: "eg-name" }, t(label.name)));
  });
  const sheet = h(
    "dialog",
    { class: "eg-sheet eg-over-sheet", "aria-label": t("Parts to paint over"), onclick: (event) => void (event.target === sheet && sheet.close()), onclose: () => show() },
    h("div", {}, h("p", {}, t("Painting changes only the chosen parts; with none chosen, any part.")), h("div", { class: "eg-over-parts" }, ...rows)),
    iconButton("close", t("Close the list of parts"), () => void sheet.close()),
  );
  function chosen() {
    if (select.value === "anything") put("over", []);
    else if (select.value === "choose") sheet.showModal();
    show();
  }
  function show() {
    const over = model.get("over");
    anything.textContent = model.get("locked").length ? t("over: unlocked") : t("over: anything");
    const shown = names.filter(({ id }) => over.includes(id)).map(({ name }) => t(name));
    only.textContent = shown.length > 2 ? t("over: {count} parts", { count: shown.length }) : t("over: {parts}", { parts: shown.join(", ") });
    only.hidden = only.disabled = !shown.length;
    select.value = shown.length ? "only" : "anything";
    select.classList.toggle("eg-on", shown.length > 0);
    for (const [id, box] of boxes) box.checked = over.includes(id);
  }
  return { select, sheet, show };
}
