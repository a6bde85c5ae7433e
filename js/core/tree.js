// Layout of the history tree: column and row of each node.

/** @typedef {{ id: number, parent: number | null }} Node */
/** @typedef {{ column: number, row: number }} Place */

/**
 * Column and row of every node: children are to the right, the first in its parent's row, the others in new rows. A node whose
 * parent is missing is a root.
 * @param {Node[]} nodes
 * @returns {Map<number, Place>}
 */
export function treePlaces(nodes) {
  /** @type {Map<number | null, number[]>} */
  const children = new Map(nodes.map((node) => [node.id, []]));
  /** @type {number[]} */
  const roots = [];
  for (const node of nodes) (children.get(node.parent) ?? roots).push(node.id);
  /** @type {Map<number, Place>} */
  const places = new Map();
  let rows = 0;
  /** @type {{ id: number, column: number, row: number | null }[]} */
  const waiting = roots.reverse().map((id) => ({ id, column: 0, row: null }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const place = { column: next.column, row: next.row ?? rows++ };
    places.set(next.id, place);
    const below = children.get(next.id) ?? [];
    for (let i = below.length - 1; i >= 0; i--) waiting.push({ id: below[i], column: place.column + 1, row: i === 0 ? place.row : null });
  }
  return places;
}

/**
 * The node that an arrow key leads to: the nearest in that direction; undefined if there is none.
 * @param {Map<number, Place>} places
 * @param {number} id
 * @param {[number, number]} way columns and rows, one of them 0
 */
export function neighbour(places, id, way) {
  const from = places.get(id);
  if (!from) return undefined;
  const reach = (/** @type {Place} */ place) => (place.column - from.column) * way[0] + (place.row - from.row) * way[1];
  const aside = (/** @type {Place} */ place) => Math.abs((place.column - from.column) * way[1]) + Math.abs((place.row - from.row) * way[0]);
  const cost = (/** @type {Place} */ place) => 3 * aside(place) + reach(place);
  return [...places].filter(([, place]) => reach(place) > 0).sort(([, a], [, b]) => cost(a) - cost(b))[0]?.[0];
}
