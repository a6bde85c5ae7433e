// Push: moves the parts along with the brush.

import { pushEcho } from "../../core/echo.js";
import { makeStrokeTool } from "../stroke_tool.js";

/** @type {import("./tool").Tool} */
export default {
  name: "push",
  place: 3,
  icon: '<circle cx="7.2" cy="10" r="4.4"/><path d="M7.2 10h9.4m0 0-3-3m3 3-3 3"/>',
  key: "w",
  label: (t) => t("push"),
  title: (t) => t("Push: move the parts along with the brush (W)"),
  options: ["size"],
  make: (bench) =>
    makeStrokeTool(bench, {
      head: { kind: "push" },
      radius: bench.brush.pushRadius,
      pressed: false,
      least: 2, // a click moves nothing
      shape: () => "round",
      echo: (stroke) => pushEcho(bench.labelMap.place, stroke),
    }),
};
