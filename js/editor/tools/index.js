// The editor's tools. To add one, add its file to this folder and a line below. The toolbar orders them by `place`.

export { default as brush } from "./brush.js";
export { default as eraser } from "./eraser.js";
export { default as push } from "./push.js";
export { default as fill } from "./fill.js";
export { default as lasso } from "./lasso.js";
export { default as polygon } from "./polygon.js";
export { default as pick } from "./pick.js";
export { default as drag } from "./drag.js";
