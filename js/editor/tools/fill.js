// Fill: paints the whole area under the pointer; with Shift, all areas of its part.

import { fillEcho, paintArea } from "../area_tool.js";

/** @type {import("./tool").Tool} */
export default {
  name: "fill",
  place: 4,
  icon: '<path d="M9.4 3.2 3.6 9a1.5 1.5 0 0 0 0 2.1l4.6 4.6a1.5 1.5 0 0 0 2.1 0l5.9-5.9z"/><path d="M7 2.4l2.4 2.4M3.6 10h12.2"/><path d="M17 13.2c.8 1.1 1.2 1.8 1.2 2.4a1.2 1.2 0 1 1-2.4 0c0-.6.4-1.3 1.2-2.4z" fill="currentColor"/>',
  key: "g",
  label: (t) => t("fill (Shift: the whole part)"),
  title: (t) => t("Fill: paint the whole area under the pointer; with Shift all areas of its part (G)"),
  make: (bench) => ({
    onLift: true,
    press: (point, event) => paintArea(bench, point, event?.shiftKey === true),
    restore: (message) => (message.kind === "fill" ? { points: [], echo: fillEcho(bench.labelMap.place, message) } : null),
  }),
};
