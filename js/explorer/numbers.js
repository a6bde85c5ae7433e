// Numbers of plots and tables: texts, ticks, order of rows.

/** @typedef {{ value: number, low: number | null, high: number | null }} Estimate */
/**
 * @typedef {object} Row
 * @property {string} name
 * @property {"" | "draft" | "own"} kind
 * @property {number | null} norm
 * @property {string} attribute
 * @property {Estimate | null} success
 * @property {number | null} leakage
 * @property {Estimate | null} safe
 * @property {number} n
 * @property {boolean} measured
 */
/** @typedef {"" | "vector" | "norm" | "success" | "leakage" | "safe"} Column */

/**
 * A number with two significant digits or more: 0.034, 1.25, 12.3. Below 0.0001, which is often rounding, it is 0.00.
 * @param {number | null} value
 */
export function short(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size < 1e-4) return "0.00";
  if (size >= 100) return signed(value.toFixed(0));
  if (size >= 10) return signed(value.toFixed(1));
  if (size >= 0.1) return signed(value.toFixed(2));
  return signed(value.toPrecision(2));
}

/** @param {string} text */
const signed = (text) => text.replace("-", "\u2212");

/** A cosine with two decimals, without "−0.00". @param {number | null} value */
export const cosineText = (value) => (value === null ? "–" : signed((Math.round(100 * value) / 100 || 0).toFixed(2)));

/**
 * The start of a text that is longer than `most` letters, with an ellipsis; letters of Chinese count twice.
 * @param {string} text
 * @param {number} most
 */
export function shortened(text, most) {
  const letters = [...text];
  const width = (/** @type {string[]} */ some) => some.reduce((sum, letter) => sum + (letter > "\u2e80" ? 2 : 1), 0);
  if (width(letters) <= most) return text;
  while (width(letters) > most - 1) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

/** @param {number} value */
export const tickText = (value) => signed(String(value));

/** @param {number} value */
export const strengthText = (value) => (Math.abs(value) < 0.005 ? "0" : (value > 0 ? "+" : "\u2212") + Number(Math.abs(value).toFixed(2)));

/** @param {number} share */
export const percent = (share) => (share > 0 && share < 0.095 ? `${Number((100 * share).toPrecision(1))}%` : `${Math.round(100 * share)}%`);

/**
 * At most `count` round numbers from `low` to `high`.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999) ?? 10 * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/**
 * Rows in the order of a column; unknown values come last in both directions.
 * @param {Row[]} rows
 * @param {Column} by
 * @param {boolean} descending
 */
export function sortedRows(rows, by, descending) {
  if (!by) return rows;
  /** @param {Row} row */
  const value = (row) => (by === "vector" ? row.name : by === "success" || by === "safe" ? (row[by]?.value ?? null) : row[by]);
  const sign = descending ? -1 : 1;
  return [...rows].sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === "string" || typeof b === "string") return sign * String(a).localeCompare(String(b));
    return sign * (a - b);
  });
}

/**
 * Places of labels beside a plot: as near to their lines as they can be without touching each other.
 * @param {number[]} wanted
 * @param {number} gap
 * @param {number} low
 * @param {number} high
 */
export function spread(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = order.map((i) => Math.max(low, wanted[i]));
  for (let k = 1; k < placed.length; k++) placed[k] = Math.max(placed[k], placed[k - 1] + gap);
  let most = high;
  for (let k = placed.length - 1; k >= 0; k--) {
    placed[k] = Math.min(placed[k], most);
    most = placed[k] - gap;
  }
  const found = new Array(wanted.length);
  order.forEach((i, k) => (found[i] = placed[k]));
  return found;
}

/**
 * Seeds that a user typed, separated by anything; null for none, or if one is not a whole number.
 * @param {string} typed
 */
export function seedsOf(typed) {
  const words = typed.split(/[\s,;，、]+/).filter(Boolean);
  if (!words.length || !words.every((word) => /^\d{1,15}$/.test(word))) return null;
  return [...new Set(words.map(Number))];
}
