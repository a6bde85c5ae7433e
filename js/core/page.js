// The page of one view of a widget: the functions that its modules share, and cleanup.

/** @typedef {import("./types").TextTraits} TextTraits */

/**
 * `root` is the page's element. `close` removes the listeners set by `on` and `listen` and calls the functions given to `atEnd`.
 * @template {TextTraits} Traits
 * @param {import("./types").Model<Traits>} model
 * @param {HTMLElement} root
 * @returns {import("./types").Page<Traits>}
 */
export function makePage(model, root) {
  /** @type {(() => unknown)[]} */
  const endings = [];
  return {
    model,
    root,
    t: (text, values = {}) => (model.get("strings")[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)),
    put(name, value) {
      model.set(name, value);
      model.save_changes();
    },
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
