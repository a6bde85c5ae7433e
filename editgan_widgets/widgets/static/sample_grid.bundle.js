/* Generated from js/sample_grid by `make bundle`; edit the sources. Apache-2.0, see LICENSE. */
// core/icons.js
var icon = (body) => `<svg viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${body}</svg>`;
var ICONS = {
  mirror: icon('<path d="M10 3v14" stroke-dasharray="2 2"/><path d="M7.4 6.2v7.6H2.8z" fill="currentColor"/><path d="M12.6 6.2v7.6h4.6z"/>'),
  pressure: icon('<path d="M13.6 3.2 16.8 6.4 9 14.2l-4 .8.8-4z"/><path d="M3 17.4c2.4-.9 4.6-.9 7 0s4.6.9 7 0"/>'),
  borders: icon('<rect x="3.2" y="3.6" width="13.6" height="12.8" rx="1.4"/><path d="M3.4 12.2c2.6-3.6 5-3.6 6.6-1.6s4 1.6 6.6-2.4"/>'),
  palette: icon('<path d="M10 3.2a6.8 6.8 0 1 0 0 13.6c1.2 0 1.6-.8 1.3-1.7-.4-1.2.2-2.1 1.5-2.1h1.7c1.5 0 2.3-1.1 2.3-2.8 0-4-3-7-6.8-7z"/><g fill="currentColor" stroke="none"><circle cx="6.4" cy="10.4" r="1.1"/><circle cx="8.2" cy="6.9" r="1.1"/><circle cx="12" cy="6.7" r="1.1"/></g>'),
  lock: icon('<rect x="4.6" y="9" width="10.8" height="7.6" rx="1.4"/><path d="M6.8 9V6.8a3.2 3.2 0 0 1 6.4 0V9"/>'),
  eye: icon('<path d="M2.6 10S5.4 5.4 10 5.4 17.4 10 17.4 10 14.6 14.6 10 14.6 2.6 10 2.6 10z"/><circle cx="10" cy="10" r="2.1"/><path class="eg-slash" d="M4 16.4 16 3.6"/>'),
  undo: icon('<path d="M7.5 4 3.8 7.7l3.7 3.7"/><path d="M4 7.7h7.3a4.3 4.3 0 0 1 0 8.6H8"/>'),
  redo: icon('<path d="M12.5 4l3.7 3.7-3.7 3.7"/><path d="M16 7.7H8.7a4.3 4.3 0 0 0 0 8.6H12"/>'),
  run: icon('<path d="M6.5 4.2v11.6l9-5.8z" fill="currentColor"/>'),
  stop: icon('<rect x="5.2" y="5.2" width="9.6" height="9.6" rx="1.2" fill="currentColor"/>'),
  round: icon('<circle cx="10" cy="10" r="5.5" fill="currentColor"/>'),
  square: icon('<rect x="4.8" y="4.8" width="10.4" height="10.4" rx=".6" fill="currentColor"/>'),
  compare: icon('<rect x="3" y="4" width="14" height="12" rx="1.4"/><path d="M10 2.5v15"/><path d="M10 4h5.6c.8 0 1.4.6 1.4 1.4v9.2c0 .8-.6 1.4-1.4 1.4H10z" fill="currentColor" stroke="none" opacity=".45"/>'),
  divide: icon('<path d="M10 2.8v14.4M6.6 6.9 3.5 10l3.1 3.1M13.4 6.9l3.1 3.1-3.1 3.1"/>'),
  save: icon('<path d="M10 3.2v9m0 0 3.4-3.4M10 12.2 6.6 8.8M3.6 13.4v2.2c0 .7.5 1.2 1.2 1.2h10.4c.7 0 1.2-.5 1.2-1.2v-2.2"/>'),
  open: icon('<path d="M3 15.8V4.9c0-.6.4-1 1-1h3.9l1.7 2.2h5.6c.6 0 1 .4 1 1v1.4"/><path d="M3.1 15.9 5.4 9.2c.1-.4.5-.7.9-.7h10.5c.7 0 1.1.6.9 1.2l-1.8 5.5c-.1.4-.5.7-.9.7z"/>'),
  portrait: icon('<circle cx="8.2" cy="7" r="3.3"/><path d="M2.6 16.6c.4-3 2.6-4.8 5.6-4.8s5.2 1.8 5.6 4.8z"/><path d="M15.6 3.6v4.8M13.2 6H18"/>'),
  borrow: icon('<circle cx="12.6" cy="7" r="3.2"/><path d="M7.6 16.4c.4-2.8 2.3-4.4 5-4.4s4.6 1.6 5 4.4z"/><path d="M7.2 6.4H2.6m0 0 2.2-2.2M2.6 6.4l2.2 2.2"/>'),
  photo: icon('<rect x="2.6" y="4" width="14.8" height="12" rx="1.4"/><rect x="6.2" y="6.6" width="5" height="5" rx=".6" fill="currentColor" fill-opacity=".35"/><path d="M2.8 14.4l3.4-2.6M11.4 11.6l2.2-1.6 3.6 3.4"/>'),
  down: icon('<path d="M6 8.2l4 4 4-4"/>'),
  closer: icon('<circle cx="8.8" cy="8.8" r="5.3"/><path d="M12.8 12.8l4 4M6.6 8.8H11M8.8 6.6V11"/>'),
  further: icon('<circle cx="8.8" cy="8.8" r="5.3"/><path d="M12.8 12.8l4 4M6.6 8.8H11"/>'),
  more: icon('<path d="M5 10h.01M10 10h.01M15 10h.01" stroke-width="2.6"/>'),
  close: icon('<path d="M5.5 5.5l9 9m0-9l-9 9"/>'),
  alert: icon('<path d="M10 3.2 17.5 16.3H2.5z"/><path d="M10 8.3v3.7m0 2.1v.1"/>')
};

// core/dom.js
var TAKES_KEYS = ["button", "input", "select", "canvas", "summary"];
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (TAKES_KEYS.includes(tag)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(
    /** @type {Record<string, any>} */
    attributes
  )) {
    if (name === "class") node.className = value;
    else if (name === "html") node.innerHTML = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}
function handled(event) {
  event.preventDefault();
  event.stopPropagation();
}

// core/page.js
function makePage(model, root) {
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
    }
  };
}

// sample_grid/main.js
function render({ model, el }) {
  const root = h("div", { class: "eg-samples", role: "radiogroup", lang: model.get("language"), onkeydown: go });
  const { t, put, on, atEnd, close } = makePage(model, root);
  root.setAttribute("aria-label", t("Portrait to edit"));
  const seeds = model.get("seeds");
  const psis = model.get("psis");
  const several = psis.length > 1;
  const columns = several ? seeds.length : 1;
  if (several) root.style.gridTemplateColumns = `repeat(${columns}, minmax(64px, 128px))`;
  const buttons = model.get("pictures").map((picture, i) => {
    const seed = seeds[i % seeds.length];
    const psi = psis[Math.floor(i / seeds.length)];
    const image = h("img", { alt: "", draggable: "false" });
    image.src = URL.createObjectURL(new Blob([picture]));
    atEnd(() => URL.revokeObjectURL(image.src));
    const name = several ? t("Portrait of seed {seed}, truncation psi {psi}", { seed, psi }) : t("Portrait of seed {seed}", { seed });
    const caption = h("span", {}, several ? `${seed} · ψ ${psi}` : t("seed {seed}", { seed }));
    return h("button", { type: "button", class: "eg-sample", role: "radio", "aria-label": name, onclick: () => put("index", i) }, image, caption);
  });
  root.append(...buttons);
  function show() {
    const chosen = model.get("index");
    for (const [i, button] of buttons.entries()) {
      button.setAttribute("aria-checked", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
    }
  }
  function go(event) {
    const step = { ArrowRight: 1, ArrowDown: columns, ArrowLeft: -1, ArrowUp: -columns }[event.key];
    if (!step) return;
    put("index", (model.get("index") + step + buttons.length) % buttons.length);
    buttons[model.get("index")].focus();
    handled(event);
  }
  on("change:index", show);
  show();
  el.append(root);
  return close;
}
var main_default = { render };
export {
  main_default as default
};
