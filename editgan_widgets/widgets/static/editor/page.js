// What the modules of a page share: the model, its texts and parts, its root element, and what ends with the page.

/** The page of one view of the editor, `root` its element. `t` gives a text in the user's language (widgets/strings.py), `put`
 *  sets a trait, `asked` tells the choices that go with each change of the mask; `on` and `listen` hear until `close`. */
export function makePage(model, root) {
  const endings = [];
  const names = model.get("labels");
  return {
    model,
    root,
    names,
    byId: new Map(names.map((label) => [label.id, label])),
    width: model.get("width"),
    height: model.get("height"),
    /** `{name}` in a text takes the value of that name. */
    t: (text, values = {}) => (model.get("strings")[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole),
    put(name, value) {
      model.set(name, value);
      model.save_changes();
    },
    asked: () => Object.fromEntries(["label", "auto", "steps", "locked", "over", "mirror"].map((name) => [name, model.get(name)])),
    on(events, callback) {
      for (const event of [events].flat()) {
        model.on(event, callback);
        endings.push(() => model.off(event, callback));
      }
    },
    listen(target, event, callback, options) {
      target.addEventListener(event, callback, options);
      endings.push(() => target.removeEventListener(event, callback, options));
    },
    atEnd: (ending) => endings.push(ending),
    close() {
      for (const ending of endings) ending();
      root.remove();
    },
  };
}
