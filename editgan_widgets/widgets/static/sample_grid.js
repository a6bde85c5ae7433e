// A grid of portraits, each a radio button; the chosen one's index goes to the kernel.

function render({ model, el }) {
  const t = (text, values = {}) => (model.get("strings")[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const root = document.createElement("div");
  root.className = "eg-samples";
  root.lang = model.get("language");
  root.setAttribute("role", "radiogroup");
  root.setAttribute("aria-label", t("Portrait to edit"));
  const urls = [];
  const buttons = model.get("seeds").map((seed, i) => {
    const url = URL.createObjectURL(new Blob([model.get("pictures")[i]]));
    urls.push(url);
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("data-lm-suppress-shortcuts", "true");
    button.className = "eg-sample";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", t("Portrait of seed {seed}", { seed }));
    const image = document.createElement("img");
    image.src = url;
    image.alt = "";
    image.draggable = false;
    const caption = document.createElement("span");
    caption.textContent = t("seed {seed}", { seed });
    button.append(image, caption);
    button.addEventListener("click", () => choose(i));
    root.append(button);
    return button;
  });
  function choose(i) {
    model.set("index", i);
    model.save_changes();
  }
  function show() {
    const chosen = model.get("index");
    for (const [i, button] of buttons.entries()) {
      button.setAttribute("aria-checked", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
    }
  }
  root.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    choose((model.get("index") + step + buttons.length) % buttons.length);
    buttons[model.get("index")].focus();
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change:index", show);
  show();
  el.append(root);
  return () => {
    model.off("change:index", show);
    for (const url of urls) URL.revokeObjectURL(url);
  };
}

export default { render };
