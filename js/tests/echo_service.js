// For the Python tests that compare the browser's echo with the kernel: reads one JSON request per line, answers with one line.
//
// {tool, map, width, height, others, original, points, radius, radii, shape, label, locked, over, mirror, x, y, whole, cut}: the
// label maps and the answer, the resulting label map, are base64. A stroke is painted in two pieces, up to its point number `cut`
// and from there to its end, as while the pointer moves.

import { createInterface } from "node:readline";
import { toBuffer, toText } from "../core/bytes.js";
import { brushEcho, pushEcho } from "../core/echo.js";
import { fillEcho, lassoEcho } from "../editor/area_tool.js";

const ECHOES = {
  brush: brushEcho,
  eraser: (place, stroke) => brushEcho(place, stroke, true),
  push: pushEcho,
  lasso: (place, stroke) => lassoEcho(place, stroke, stroke.points),
  fill: fillEcho,
};

function painted({ tool, map, original, cut, ...request }) {
  const { width, height, others, points } = request;
  const target = new Uint8Array(toBuffer(map));
  const first = new Uint8Array(toBuffer(original));
  const stroke = { ...request, points: [...points], radii: request.radii ?? null };
  if (cut) stroke.points.length = 2 * cut;
  if (cut && stroke.radii) stroke.radii = stroke.radii.slice(0, cut);
  const echo = ECHOES[tool]({ width, height, others, original: () => first }, stroke);
  echo(target, new Uint8Array(target.length));
  if (cut && cut < points.length / 2) {
    stroke.points.push(...points.slice(2 * cut));
    stroke.radii?.push(...request.radii.slice(cut));
    echo(target, new Uint8Array(target.length), 2 * (cut - 1));
  }
  return toText(target.buffer);
}

for await (const line of createInterface({ input: process.stdin })) console.log(painted(JSON.parse(line)));
