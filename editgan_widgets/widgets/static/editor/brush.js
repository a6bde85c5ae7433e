// The brush: its radius, what a pen's pressure makes of it, and its outline.

/** `penCame()` hears of the first pen. All lengths in picture px. */
export function makeBrush({ model }, { penCame }) {
  const radius = (force = 1) => Math.fround(Math.max(0.71, (model.get("size") / 2) * force)); // less could miss every pixel's centre
  const pushRadius = () => Math.max(3, 1.5 * radius()); // its rim hardly moves anything
  /** A pen's pressure, 0 to 1; `before` where it reports none (0), null for what is no pen. */
  function force(event, before = 1) {
    if (event?.pointerType !== "pen") return null;
    penCame();
    if (!model.get("pressure")) return null;
    return event.pressure > 0 ? event.pressure : before; // a pen that knows no pressure reports 0, or 0.5, all along
  }
  function outline(x, y, pressed) {
    const path = new Path2D();
    const pushes = model.get("tool") === "push";
    const reach = pushes ? pushRadius() : radius(pressed);
    if (model.get("shape") === "square" && !pushes) path.rect(x - reach, y - reach, 2 * reach, 2 * reach);
    else path.arc(x, y, reach, 0, 2 * Math.PI);
    return path;
  }
  return { radius, pushRadius, force, outline };
}
