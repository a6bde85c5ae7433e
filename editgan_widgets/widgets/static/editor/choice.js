// What is chosen to paint with: tool, part, brush size, and which parts nothing paints over.

const ASIDE = ["eraser", "pick"]; // tools after which choosing a part goes back to painting

export function makeChoice({ model, put, names }, { mostSize }) {
  let painting = "brush"; // the tool that the eyedropper hands back to
  function setTool(name) {
    if (!ASIDE.includes(name)) painting = name;
    put("tool", name);
  }
  function select(id, keepTool = false) {
    model.set("label", id);
    if (!keepTool && ASIDE.includes(model.get("tool"))) model.set("tool", painting);
    model.save_changes();
  }
  /** Choose one of the first ten parts by its digit; 0 is the tenth. */
  const selectDigit = (digit) => select(names[(digit + 9) % 10]?.id ?? model.get("label"));
  function resize(way) {
    const step = model.get("size") >= 12 ? 2 : 1;
    put("size", Math.min(mostSize, Math.max(1, model.get("size") + way * step)));
  }
  function toggleLock() {
    const part = model.get("label");
    const locked = model.get("locked");
    put("locked", locked.includes(part) ? locked.filter((id) => id !== part) : [...locked, part].sort((a, b) => a - b));
  }
  return { setTool, select, selectDigit, resize, toggleLock };
}
