// Plots as SVG in the theme's colours: curves, bars and a heat map. The numbers are those of the analysis results.

import { cosineText, short, shortened, spread, strengthText, tickText, ticks } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {string} name accessible name @param {number} width @param {number} height @param {...Node} children */
const plot = (name, width, height, ...children) => s("svg", { class: "ex-plot", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name }, ...children);

/**
 * @typedef {{ attribute: string, strengths: number[], mean: (number | null)[], low: (number | null)[], high: (number | null)[] }} Curve
 */

/** @param {string} attribute */
export const spoken = (attribute) => attribute.replaceAll("_", " ");

/**
 * Curves of attributes over strength; the target's is bold and has its interval. Names are beside the ends of the lines.
 * @param {Curve[]} curves
 * @param {{ name: string, target: string, strength: number, x: string, y: string }} given
 */
export function curvePlot(curves, { name, target, strength, x, y }) {
  const [width, height, left, right, top, bottom] = [460, 250, 62, 112, 12, 36];
  const strengths = curves[0].strengths;
  const values = curves.flatMap((curve) => [...curve.mean, ...(curve.attribute === target ? [...curve.low, ...curve.high] : [])]).filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = 0.06 * (high - low || 1);
  const [from, to] = [strengths[0], strengths[strengths.length - 1]];
  const px = (/** @type {number} */ at) => left + ((at - from) / (to - from)) * (width - left - right);
  const py = (/** @type {number} */ at) => height - bottom - ((at - low + margin) / (high - low + 2 * margin)) * (height - top - bottom);
  const axis = ticks(low - margin, high + margin, 5).flatMap((at) => [
    s("line", { class: at === 0 ? "ex-zero" : "ex-guide", x1: left, x2: width - right, y1: py(at), y2: py(at) }),
    s("text", { class: "ex-tick", x: left - 6, y: py(at) + 4, "text-anchor": "end" }, tickText(at)),
  ]);
  const below = strengths.map((at) => s("text", { class: "ex-tick", x: px(at), y: height - bottom + 16, "text-anchor": "middle" }, strengthText(at)));
  const labels = spread(curves.map((curve) => py(curve.mean[curve.mean.length - 1] ?? 0)), 15, top + 4, height - bottom - 2);
  const now = strength >= from && strength <= to ? [s("line", { class: "ex-now", x1: px(strength), x2: px(strength), y1: top, y2: height - bottom })] : [];
  const lines = curves.map((curve, i) => {
    const main = curve.attribute === target;
    const points = strengths.map((at, k) => `${px(at)},${py(curve.mean[k] ?? 0)}`);
    const band = main && curve.low.every((value) => value !== null) ? [s("path", { class: "ex-band", d: bandPath(strengths, curve, px, py) })] : [];
    return s(
      "g",
      { class: `ex-line ex-colour-${i % 6}${main ? " ex-main" : ""}` },
      ...band,
      s("polyline", { points: points.join(" ") }),
      ...strengths.map((at, k) => s("circle", { cx: px(at), cy: py(curve.mean[k] ?? 0), r: main ? 3 : 2 }, s("title", {}, `${spoken(curve.attribute)}, ${strengthText(at)}: ${short(curve.mean[k])}`))),
      s("text", { class: "ex-label", x: width - right + 8, y: labels[i] + 4 }, spoken(curve.attribute)),
    );
  });
  return plot(
    name, width, height, ...axis, ...below, ...now, ...lines.reverse(),
    s("text", { class: "ex-axis", x: left + (width - left - right) / 2, y: height - 4, "text-anchor": "middle" }, x),
    s("text", { class: "ex-axis", transform: `translate(13 ${(height - bottom + top) / 2}) rotate(-90)`, "text-anchor": "middle" }, y),
  );
}

/**
 * @param {number[]} strengths
 * @param {Curve} curve
 * @param {(at: number) => number} px
 * @param {(at: number) => number} py
 */
function bandPath(strengths, curve, px, py) {
  const over = strengths.map((at, k) => `${px(at)},${py(curve.high[k] ?? 0)}`);
  const under = strengths.map((at, k) => `${px(at)},${py(curve.low[k] ?? 0)}`).reverse();
  return `M${[...over, ...under].join("L")}Z`;
}

/**
 * A bar for each row of the latent; below it the row's number and, where it changes, the size of its layer.
 * @param {(number | null)[]} values
 * @param {number[]} sizes px, empty where they are not known
 * @param {{ name: string, y: string, x: string }} given
 */
export function rowPlot(values, sizes, { name, x, y }) {
  const [width, height, left, right, top, bottom] = [460, 180, 62, 8, 10, sizes.length ? 48 : 34];
  const most = Math.max(...values.map((value) => value ?? 0)) || 1;
  const step = (width - left - right) / values.length;
  const py = (/** @type {number} */ at) => height - bottom - (at / (1.05 * most)) * (height - top - bottom);
  const axis = ticks(0, 1.05 * most, 4).flatMap((at) => [
    s("line", { class: at === 0 ? "ex-zero" : "ex-guide", x1: left, x2: width - right, y1: py(at), y2: py(at) }),
    s("text", { class: "ex-tick", x: left - 6, y: py(at) + 4, "text-anchor": "end" }, tickText(at)),
  ]);
  const bars = values.flatMap((value, i) => {
    const middle = left + (i + 0.5) * step;
    const size = sizes[i] !== undefined && sizes[i] !== sizes[i - 1] ? [s("text", { class: "ex-tick ex-faint", x: middle, y: height - bottom + 27, "text-anchor": "middle" }, String(sizes[i]))] : [];
    return [
      s("rect", { class: "ex-bar", x: left + i * step + 0.14 * step, width: 0.72 * step, y: py(value ?? 0), height: Math.max(0, height - bottom - py(value ?? 0)), rx: Math.min(2, step / 8) }, s("title", {}, `${i}: ${short(value)}`)),
      s("text", { class: "ex-tick", x: middle, y: height - bottom + 14, "text-anchor": "middle" }, String(i)),
      ...size,
    ];
  });
  return plot(
    name, width, height, ...axis, ...bars,
    s("text", { class: "ex-axis", x: left + (width - left - right) / 2, y: height - 4, "text-anchor": "middle" }, x),
    s("text", { class: "ex-axis", transform: `translate(13 ${(height - bottom + top) / 2}) rotate(-90)`, "text-anchor": "middle" }, y),
  );
}

const NAME = 17; // letters of a vector's name that fit beside a heat map

/**
 * A heat map of cosines: red is alike, blue opposed. `data-i` and `data-j` of a cell are its vectors.
 * @param {(number | null)[][]} cosine
 * @param {string[]} names
 * @param {{ name: string }} given
 */
export function heatMap(cosine, names, { name }) {
  const n = names.length;
  const shown = names.map((text) => shortened(text, NAME));
  const gutter = Math.min(120, 12 + 6.1 * Math.max(...shown.map((text) => text.length)));
  const size = 460 - gutter;
  const cell = size / n;
  const fontSize = Math.max(6, Math.min(12, 0.82 * cell));
  const lean = 0.88 * gutter; // height of the leaning names above
  const cells = cosine.flatMap((row, i) =>
    row.map((value, j) =>
      s("rect", {
        class: `ex-cell ${(value ?? 0) >= 0 ? "ex-alike" : "ex-opposed"}`, "data-i": i, "data-j": j,
        x: gutter + j * cell, y: lean + i * cell, width: cell - Math.min(1, 0.06 * cell), height: cell - Math.min(1, 0.06 * cell),
        "fill-opacity": Math.min(1, Math.abs(value ?? 0)).toFixed(3),
      }),
    ),
  );
  const numbers = cell < 34 ? [] : cosine.flatMap((row, i) => row.map((value, j) => s("text", { class: `ex-cosine${Math.abs(value ?? 0) > 0.6 ? " ex-on-strong" : ""}`, x: gutter + (j + 0.5) * cell, y: lean + (i + 0.5) * cell + 3.5, "text-anchor": "middle" }, cosineText(value))));
  const label = (/** @type {number} */ i) => [s("title", {}, names[i]), shown[i]];
  const beside = names.map((_, i) => s("text", { class: "ex-tick", style: `font-size: ${fontSize.toFixed(1)}px`, x: gutter - 6, y: lean + (i + 0.5) * cell + 0.35 * fontSize, "text-anchor": "end" }, ...label(i)));
  const above = names.map((_, j) => s("text", { class: "ex-tick", style: `font-size: ${fontSize.toFixed(1)}px`, transform: `translate(${gutter + (j + 0.5) * cell + 0.35 * fontSize} ${lean - 5}) rotate(-62)` }, ...label(j)));
  const over = 0.48 * gutter; // the last leaning name
  return s("svg", { class: "ex-plot ex-heat", viewBox: `0 0 ${460 + Math.min(over, 70)} ${lean + size + 38}`, role: "application", tabindex: 0, "aria-label": name, "data-lm-suppress-shortcuts": "true" }, ...cells, ...numbers, ...beside, ...above, ...cosineScale(gutter, lean + size + 12, size), s("rect", { class: "ex-cursor", visibility: "hidden", width: cell, height: cell, rx: 1.5 }));
}

/** The legend below a heat map of cosines: from −1, opposed, to 1, alike. @param {number} left @param {number} top @param {number} width */
function cosineScale(left, top, width) {
  const [steps, wide] = [40, Math.min(200, width)];
  const start = left + (width - wide) / 2;
  const bar = Array.from({ length: steps }, (_, i) => {
    const value = (2 * (i + 0.5)) / steps - 1;
    return s("rect", { class: value >= 0 ? "ex-alike" : "ex-opposed", x: start + (i * wide) / steps, y: top, width: wide / steps, height: 8, "fill-opacity": Math.abs(value).toFixed(3) });
  });
  const marks = [-1, -0.5, 0, 0.5, 1].map((at) => s("text", { class: "ex-tick", x: start + ((at + 1) / 2) * wide, y: top + 22, "text-anchor": "middle" }, tickText(at)));
  return [...bar, ...marks];
}
