// Eraser: brings the original parts back.

import { brushEcho } from "../../core/echo.js";
import { makeStrokeTool } from "../stroke_tool.js";

/** @type {import("./tool").Tool} */
export default {
  name: "eraser",
  place: 2,
  icon: '<path d="M8.2 16.5 3.6 11.9a1.4 1.4 0 0 1 0-2l6.2-6.2a1.4 1.4 0 0 1 2 0l4.6 4.6a1.4 1.4 0 0 1 0 2l-6.2 6.2z"/><path d="M6.8 6.8l6.5 6.5M8.2 16.5h8.6"/>',
  key: "e",
  label: (t) => t("eraser"),
  title: (t) => t("Eraser: bring the original parts back (E)"),
  aside: true,
  options: ["size", "shape", "pressure"],
  make: (bench) => makeStrokeTool(bench, { head: { kind: "stroke", tool: "eraser" }, radius: () => bench.brush.radius(), echo: (stroke) => brushEcho(bench.labelMap.place, stroke, true) }),
};
