// Brush: paints the selected part.

import { brushEcho } from "../../core/echo.js";
import { makeStrokeTool } from "../stroke_tool.js";

/** @type {import("./tool").Tool} */
export default {
  name: "brush",
  place: 1,
  icon: '<path d="M16.8 3.2c-3.4 1.6-6.6 4.6-8.6 7.6l1.9 1.9c3-2 6-5.2 7.6-8.6z"/><path d="M7.3 11.9c-1.9 0-2.7 1.2-2.9 2.6-.1 1-.6 1.7-1.6 2 2.7 1 6.6.4 6.6-2.5"/>',
  key: "b",
  label: (t) => t("brush"),
  title: (t) => t("Brush: paint the selected part (B)"),
  options: ["size", "shape", "pressure"],
  make: (bench) => makeStrokeTool(bench, { head: { kind: "stroke", tool: "brush" }, radius: () => bench.brush.radius(), echo: (stroke) => brushEcho(bench.labelMap.place, stroke) }),
};
