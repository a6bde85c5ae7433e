// The editor's tools; a further one is its file here and its line below. The toolbar goes by their `place`.

export { default as brush } from "./brush.js";
export { default as eraser } from "./eraser.js";
export { default as push } from "./push.js";
export { default as fill } from "./fill.js";
export { default as lasso } from "./lasso.js";
export { default as polygon } from "./polygon.js";
export { default as pick } from "./pick.js";
export { default as drag } from "./drag.js";
