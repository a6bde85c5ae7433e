// The brush: its radius, what a pen's pressure makes of it, and its outline.

/** `penCame()` hears of the first pen. All lengths in picture px. */
export function makeBrush({ model }, { penCame }) {
  const radius = (force = 1) => Math.fround(Math.max(0.71, (model.get("size") / 2) * force)); // less could miss every pixel's centre
  const pushRadius = () => Math.max(3, 1.5 * radius()); // its rim hardly moves anything
  /** What a pen's pressure makes of the brush, 0 to 1; null for what has none. */
  function force(event) {
    if (event?.pointerType !== "pen") return null;
    penCame();
    return model.get("pressure") ? event.pressure : null;
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
