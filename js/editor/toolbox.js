// All tools in the toolbar's order, and the tools of one page.

import * as files from "./tools/index.js";

/** @typedef {import("./tools/tool").Tool} Tool */

/** @type {Tool[]} */
export const TOOLS = Object.values(files).sort((a, b) => a.place - b.place);

/**
 * The tool of a name.
 * @param {string} name
 */
export function toolNamed(name) {
  const found = TOOLS.find((tool) => tool.name === name);
  if (!found) throw new Error(`the editor has no tool ${name}; it has ${TOOLS.map((tool) => tool.name).join(", ")}`);
  return found;
}
