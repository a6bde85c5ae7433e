// A grid of portraits, each a radio button; the chosen one's index goes to the kernel.

function render({ model, el }) {
  const t = (text, values = {}) => (model.get("strings")[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const root = document.createElement("div");
  root.className = "eg-samples";
  root.lang = model.get("language");
  root.setAttribute("role", "radiogroup");
  root.setAttribute("aria-label", t("Portrait to edit"));
  const urls = [];
  const seeds = model.get("seeds");
  const psis = model.get("psis");
  const several = psis.length > 1; // a row each, then
  const columns = several ? seeds.length : 1;
  if (several) root.style.gridTemplateColumns = `repeat(${columns}, minmax(64px, 128px))`;
  const buttons = model.get("pictures").map((picture, i) => {
    const seed = seeds[i % seeds.length];
    const psi = psis[Math.floor(i / seeds.length)];
    const url = URL.createObjectURL(new Blob([picture]));
    urls.push(url);
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("data-lm-suppress-shortcuts", "true");
    button.className = "eg-sample";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", several ? t("Portrait of seed {seed}, truncation psi {psi}", { seed, psi }) : t("Portrait of seed {seed}", { seed }));
    const image = document.createElement("img");
    image.src = url;
    image.alt = "";
    image.draggable = false;
    const caption = document.createElement("span");
    caption.textContent = several ? `${seed} · ψ ${psi}` : t("seed {seed}", { seed });
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
    const step = { ArrowRight: 1, ArrowDown: columns, ArrowLeft: -1, ArrowUp: -columns }[event.key];
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
