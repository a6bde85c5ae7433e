// Shared by brush, eraser and push: a stroke is painted on the page immediately, and sent when the pointer is released.

import { floats } from "../core/bytes.js";

/** @typedef {import("../core/types").Point} Point */
/** @typedef {import("../core/types").Outline} Outline */
/** @typedef {import("../core/echo.js").Stroke} Stroke */
/** @typedef {import("./tools/tool").Bench} Bench */

/**
 * @param {Bench} bench
 * @param {object} given
 * @param {{ kind: "stroke", tool: "brush" | "eraser" } | { kind: "push" }} given.head kind of the message, and the tool if several tools send it
 * @param {(stroke: Stroke) => import("../core/echo.js").Echo} given.echo
 * @param {() => number} given.radius px
 * @param {boolean} [given.pressed] whether a pen's pressure changes the radius
 * @param {number} [given.least] minimum number of points; a shorter stroke is dropped
 * @param {() => "round" | "square"} [given.shape] of the brush
 * @returns {import("./tools/tool").ToolInUse}
 */
export function makeStrokeTool(bench, { head, echo, radius, pressed = true, least = 1, shape = () => bench.model.get("shape") }) {
  const { model, labelMap, brush, width, tell, asked } = bench;
  /** @type {number | null} */
  let force = null; // the last pressure of the stroke under the pointer

  /** @param {Point} point @param {PointerEvent | null} event */
  function press(point, event) {
    force = pressed ? brush.force(event) : null;
    /** @type {Stroke} */
    const stroke = { ...asked(), points: [...point], radius: radius(), radii: force === null ? null : [brush.radius(force)], shape: shape() };
    labelMap.begin({ id: "", points: stroke.points, echo: echo(stroke) });
    function release() {
      labelMap.end();
      force = null;
      if (stroke.points.length < 2 * least) return;
      send(stroke);
    }
    function cancel() {
      force = null;
      labelMap.drop();
    }
    return { move: (/** @type {[Point, PointerEvent][]} */ samples) => extend(stroke, samples), release, cancel, leave: release };
  }
  /** @param {Stroke} stroke @param {[Point, PointerEvent][]} samples */
  function extend(stroke, samples) {
    const { points, radii } = stroke;
    const from = points.length - 2;
    for (const [point, event] of samples) {
      if (points.at(-2) === point[0] && points.at(-1) === point[1]) continue;
      points.push(...point);
      if (event.type !== "pointerup") force = brush.force(event) ?? force; // a lifted pen has no pressure
      radii?.push(brush.radius(force ?? 1));
    }
    if (points.length > from + 2) labelMap.goOn(from);
  }
  /** @param {Stroke} stroke */
  function send(stroke) {
    bench.released();
    const { points, radii, label, locked, over, mirror } = stroke;
    const buffers = radii ? [floats(points), floats(radii)] : [floats(points)];
    const asks = { ...asked(), radius: stroke.radius, label, locked, over, mirror };
    const id = tell(head.kind === "push" ? { ...head, ...asks } : { ...head, ...asks, shape: shape() }, buffers);
    labelMap.keep({ id: id ?? "", points, echo: echo(stroke) });
  }
  /** @param {any} message @param {ArrayBuffer[]} buffers */
  function restore(message, buffers) {
    if (message.kind !== head.kind || ("tool" in head && message.tool !== head.tool)) return null;
    const [points, radii] = buffers.map((buffer) => [...new Float32Array(buffer)]);
    return { points, echo: echo({ ...message, points, radii: radii ?? null }) };
  }
  /**
   * @param {import("./tools/tool").Cursor | null} cursor
   * @returns {Outline[]}
   */
  function outlines(cursor) {
    if (!cursor) return [];
    const reach = force === null ? radius() : brush.radius(force);
    /** @type {Outline} */
    const own = [brush.outline(cursor.x, cursor.y, reach, shape()), {}];
    return model.get("mirror") ? [own, [brush.outline(width - cursor.x, cursor.y, reach, shape()), { dashed: true }]] : [own];
  }
  return { press, restore, outlines };
}
