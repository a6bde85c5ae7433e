// The brush: its radius, the effect of a pen's pressure, and its outline. All lengths in picture px.

const LEAST_RADIUS = 0.71; // px; a smaller one could miss every pixel's centre
const LEAST_PUSH = 3; // px

/**
 * `penCame()` is called when a pen is used.
 * @param {Pick<import("./page.js").EditorPage, "model">} page
 * @param {{ penCame: () => void }} given
 */
export function makeBrush({ model }, { penCame }) {
  const radius = (force = 1) => Math.fround(Math.max(LEAST_RADIUS, (model.get("size") / 2) * force));
  return {
    radius,
    /** Radius of a brush that pushes; larger, because its rim moves hardly anything. */
    pushRadius: () => Math.max(LEAST_PUSH, 1.5 * radius()),
    /**
     * A pen's pressure, 0 (the thinnest line) to 1; null for another pointer, or if pressure is switched off. A pen that cannot
     * measure it reports 0.5 (Pointer Events, section 4.1).
     * @param {Pick<PointerEvent, "pointerType" | "pressure"> | null} event
     */
    force(event) {
      if (event?.pointerType !== "pen") return null;
      penCame();
      if (!model.get("pressure")) return null;
      return Number.isFinite(event.pressure) ? Math.min(1, Math.max(0, event.pressure)) : 1;
    },
    /**
     * @param {number} x
     * @param {number} y
     * @param {number} reach
     * @param {string} shape
     */
    outline(x, y, reach, shape) {
      const path = new Path2D();
      if (shape === "square") path.rect(x - reach, y - reach, 2 * reach, 2 * reach);
      else path.arc(x, y, reach, 0, 2 * Math.PI);
      return path;
    },
  };
}
