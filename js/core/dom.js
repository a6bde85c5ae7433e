// Elements and events.

import { ICONS } from "./icons.js";

/**
 * Attributes of an element: `class`, `html` (its inner HTML), handlers (`onclick` …) and HTML attributes.
 * @typedef {{ [Name in keyof HTMLElementEventMap as `on${Name}`]?: (event: HTMLElementEventMap[Name] & { currentTarget: any; target: any }) => unknown }
 *   & { [name in `aria-${string}` | `data-${string}`]?: string | number | boolean | null }
 *   & { [name in "class" | "html" | "role" | "lang" | "title" | "type" | "placeholder" | "accept" | "inputmode" | "alt" | "href" | "download" | "id" | "scope" | "style"]?: string }
 *   & { [name in "tabindex" | "min" | "max" | "step" | "maxlength"]?: number }
 *   & { hidden?: boolean; open?: boolean; selected?: boolean; draggable?: "false"; value?: string | number }} Attributes
 */

const TAKES_KEYS = ["button", "input", "select", "canvas", "summary"];

/**
 * Make an element. Attributes that are false or null are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // JupyterLab looks for this attribute on the focused element itself; without it, a key such as "b" would insert a cell.
  if (TAKES_KEYS.includes(tag)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(/** @type {Record<string, any>} */ (attributes))) {
    if (name === "class") node.className = value;
    else if (name === "html") node.innerHTML = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/**
 * A button with an icon; its title is its accessible name.
 * @param {keyof typeof ICONS | { svg: string }} icon name of an icon, or the icon itself
 * @param {string} title
 * @param {(event: MouseEvent) => unknown} action
 * @param {Attributes} extra
 */
export const iconButton = (icon, title, action, extra = {}) =>
  h("button", { type: "button", class: "eg-button", title, "aria-label": title, html: typeof icon === "string" ? ICONS[icon] : icon.svg, onclick: action, ...extra });

/**
 * A button with a text; its action is not called while the button is `aria-disabled`.
 * @param {string} label
 * @param {string} title
 * @param {() => unknown} action
 * @param {string} extraClass
 */
export const textButton = (label, title, action, extraClass = "") =>
  h("button", { type: "button", class: `eg-button eg-text ${extraClass}`.trim(), title, onclick: (event) => event.currentTarget.getAttribute("aria-disabled") !== "true" && action() }, label);

/**
 * A group of a toolbar.
 * @param {string} name
 * @param {...Node} children
 */
export const group = (name, ...children) => h("div", { class: "eg-group", role: "group", "aria-label": name }, ...children);

/**
 * Show that a button cannot be used. Not by `disabled`, which would move the focus out of the widget when the button disables
 * itself.
 * @param {Element} button
 * @param {boolean} usable
 */
export const setUsable = (button, usable) => button.setAttribute("aria-disabled", String(!usable));

/**
 * @param {Element} button
 * @param {boolean} pressed
 */
export const setPressed = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));

/**
 * The context of a new canvas of picture size, for drawing and reading pixels.
 * @param {number} width
 * @param {number} height
 */
export function surface(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return context(canvas, { willReadFrequently: true });
}

/**
 * Draw the part of a picture that is seen, in px of a picture `width` px wide; the source may have more pixels.
 * @param {CanvasRenderingContext2D} ctx
 * @param {HTMLCanvasElement | ImageBitmap} source
 * @param {number} width
 * @param {import("./types").Seen} seen
 * @param {number} across screen px
 * @param {number} down
 */
export function drawPart(ctx, source, width, seen, across, down) {
  const scale = source.width / width;
  ctx.drawImage(source, seen.left * scale, seen.top * scale, seen.width * scale, seen.height * scale, 0, 0, across, down);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} settings
 */
export function context(canvas, settings = {}) {
  const found = canvas.getContext("2d", settings);
  if (!found) throw new Error("this browser has no 2-D canvas");
  return found;
}

/**
 * Mark an event as handled: neither the browser nor the notebook acts on it.
 * @param {Event} event
 */
export function handled(event) {
  event.preventDefault();
  event.stopPropagation();
}
