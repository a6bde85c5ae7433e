// Generated from the schema of editgan_widgets.widgets.editor.requests:MESSAGES by `make bundle`; edit the commands in Python.

/** Accept the last edit. */
export interface Accept {
  kind: "accept";
}

/** Frame `seq` was drawn. */
export interface Ack {
  kind: "ack";
  seq: number;
}

/** One stroke of the brush or the eraser; coordinates in picture px. */
export interface Brush {
  kind: "stroke";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  tool: "brush" | "eraser";
  label: number | string;
  radius: number;
  shape?: "round" | "square";
}

/** Set the entry that Compare shows; None = the picture before all edits. */
export interface CompareWith {
  kind: "compare_with";
  entry: number | null;
}

/** Change the settings of the edits that follow: to those of a preset, if one is given, and then single ones. */
export interface Configure {
  kind: "configure";
  preset?: string | null;
  settings?: Settings;
}

/** Undo the last edit and the painting for it. */
export interface Discard {
  kind: "discard";
}

/** Close the error box. */
export interface Dismiss {
  kind: "dismiss";
}

/** Move the content at each pair's handle to its target, picture px. */
export interface Drag {
  kind: "drag";
  points: [number, number, number, number][];
  part?: number | string | null;
  steps?: number | null;
}

/** Paint the connected area at a point, or its whole part. */
export interface Fill {
  kind: "fill";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  x: number;
  y: number;
  label: number | string;
  whole?: boolean;
}

/** Give a part the shape that it has in another portrait. */
export interface FromSample {
  kind: "from_sample";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  label: number | string;
  seed: number;
  psi: number;
  source?: string;
}

/** Send the whole history strip. */
export interface History {
  kind: "history";
}

/** Keep all edits so far as a vector with a name. */
export interface Keep {
  kind: "keep";
  name: string;
}

/** Paint the inside of an outline. The polygon tool sends its corners. */
export interface Lasso {
  kind: "lasso";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  label: number | string;
}

/** Open the picture of a seed. */
export interface New {
  kind: "new";
  seed: number;
  psi: number;
  source?: string;
}

/** Open a picture, a file of latents, or a mask that an editor saved. */
export interface Open {
  kind: "open";
  name?: string;
}

/** Replace the mask by that of a file. */
export interface OpenMask {
  kind: "open_mask";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
}

/** Paint one part where a black-and-white file is white. */
export interface OpenPartMask {
  kind: "open_part_mask";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  label: number | string;
}

/** Apply a part tool (part_tools.py). */
export interface Operate {
  kind: "operate";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  label: number | string;
  name: string;
}

/** Send the outline that a part would have after a part tool. */
export interface Outline {
  kind: "outline";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  name?: string;
  label: number | string;
}

/** Push the parts along the points. */
export interface Push {
  kind: "push";
  auto?: boolean;
  steps?: number | null;
  locked?: (number | string)[];
  over?: (number | string)[];
  mirror?: boolean;
  radius: number;
}

/** Redo the last undone step. */
export interface Redo {
  kind: "redo";
}

/** Refine the picture after vectors were applied. */
export interface Refine {
  kind: "refine";
  steps: number;
}

/** Edit another square of the open photo: its left and upper edge before it is turned, its side, and its roll. */
export interface Reframe {
  kind: "reframe";
  x: number;
  y: number;
  side: number;
  roll?: number;
}

/** Remove one of the user's vectors, its effect and its slider. */
export interface Remove {
  kind: "remove";
  name: string;
}

/** Name an entry of the history. */
export interface Rename {
  kind: "rename";
  entry: number;
  name?: string;
}

/** Restrict a vector to the rows `first` to `last`; without them it moves all of its rows. */
export interface Rows {
  kind: "layers";
  name: string;
  first?: number | null;
  last?: number | null;
}

/** Optimise the picture towards the painted mask. */
export interface RunEdit {
  kind: "run";
  steps?: number | null;
}

/** Send small pictures of generated portraits: each seed at each psi. */
export interface Samples {
  kind: "samples";
  seeds: number[];
  psis: number[];
}

/** Save the picture with its recipe. */
export interface Save {
  kind: "save";
  view?: string;
}

/** Save the last edit as a GIF. */
export interface SaveAnimation {
  kind: "animation";
  view?: string;
}

/** Save the mask. */
export interface SaveMask {
  kind: "save_mask";
  view?: string;
}

/** Save a script that reproduces the picture. */
export interface Script {
  kind: "script";
  view?: string;
}

/** Scale the last edit; `live` only shows the result. */
export interface SetStrength {
  kind: "strength";
  strength: number;
  live?: boolean;
}

/** Settings of EditConfig that the page has fields for. A setting that is left out keeps its value. */
export interface Settings {
  lr?: number;
  outside_budget?: number;
  buffer_px?: number | null;
  stop_iou?: number | null;
  prime?: boolean;
}

/** Send all traits again, unless `revision` is the newest. */
export interface State {
  kind: "state";
  revision?: number | null;
}

/** Stop the running computation within one step; its best step is kept. */
export interface Stop {
  kind: "stop";
}

/** Save a vector's sweep as a GIF. */
export interface Sweep {
  kind: "sweep";
  name: string;
  view?: string;
}

/** Switch a vector off or on. */
export interface Switch {
  kind: "switch";
  name: string;
  on?: boolean;
}

/** Send all thumbnails of the history. */
export interface Thumbs {
  kind: "thumbs";
}

/** Undo the last step: a stroke with its edit, or the opening of a picture. */
export interface Undo {
  kind: "undo";
}

/** Set the scales of vectors, -4 to 4; `live` (while a slider moves) only shows the result. */
export interface Vectors {
  kind: "vectors";
  scales: Record<string, number>;
  live?: boolean;
}

/** Go to an entry of the history. */
export interface Visit {
  kind: "visit";
  entry: number;
}

export type Message =
  | Brush
  | Drag
  | RunEdit
  | Stop
  | Accept
  | SetStrength
  | Configure
  | Save
  | SaveMask
  | Script
  | SaveAnimation
  | Fill
  | Lasso
  | Operate
  | FromSample
  | OpenMask
  | OpenPartMask
  | Push
  | Undo
  | Redo
  | Discard
  | Visit
  | Rename
  | CompareWith
  | Vectors
  | Switch
  | Rows
  | Keep
  | Remove
  | Refine
  | Sweep
  | Open
  | New
  | Reframe
  | Thumbs
  | History
  | Samples
  | Outline
  | Ack
  | State
  | Dismiss;
