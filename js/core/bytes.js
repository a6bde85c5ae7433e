// Packed bytes and names.

/** @typedef {import("./types").Bytes} Bytes */

/**
 * The bytes of a zlib stream; null for an empty one.
 * @param {Bytes | null | undefined} packed
 */
export async function inflate(packed) {
  if (!packed || packed.byteLength === 0) return null;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Base64 of a buffer.
 * @param {ArrayBuffer} buffer
 */
export function toText(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/**
 * The buffer of a base64 text.
 * @param {string} text
 */
export const toBuffer = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

/**
 * Float32 values as a buffer.
 * @param {number[]} values
 */
export const floats = (values) => new Float32Array(values).buffer;

/** A name that is unique among all pages and views. */
export const randomName = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;
