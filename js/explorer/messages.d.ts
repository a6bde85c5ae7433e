// Generated from the schema of editgan_widgets.widgets.explorer.commands:COMMANDS by `make bundle`; edit the commands in Python.

/** Frame `seq` was drawn. */
export interface Ack {
  kind: "ack";
  seq: number;
}

/** Choose a vector, and with `second` another one to compare it with. */
export interface Choose {
  kind: "choose";
  name: string;
  second?: string | null;
}

/** Remove a draft, or a vector that was kept here. */
export interface Discard {
  kind: "discard";
  name: string;
}

/** Close the error box. */
export interface Dismiss {
  kind: "dismiss";
}

/** Send a result to the view that requested it; "zip" has the tables and figures of all results. */
export interface Download {
  kind: "download";
  result?: string;
  form: "csv" | "png" | "zip";
  view?: string;
}

/** Keep the chosen vector as a new one. */
export interface Keep {
  kind: "keep";
  name: string;
}

/** Show the portrait of a seed of the strip, at a strength. */
export interface Look {
  kind: "look";
  seed: number;
  strength: number;
}

/** Measure everything that is missing in the table. */
export interface MeasureAll {
  kind: "measure_all";
}

/** Show an editor below, on the portrait in view with the vector at its strength. */
export interface OpenEditor {
  kind: "open_editor";
}

/** Make the chosen vector orthogonal to the second one; the result is a draft until it is kept. */
export interface Orthogonalise {
  kind: "orthogonalise";
  metric?: "covariance" | "plain";
}

/** Set the portraits of the strip. */
export interface SetSeeds {
  kind: "set_seeds";
  seeds: number[];
}

/** Show the large picture at a strength; `live` while the slider moves. */
export interface SetStrength {
  kind: "set_strength";
  strength: number;
  live?: boolean;
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

export type Message =
  | Choose
  | SetStrength
  | Look
  | SetSeeds
  | Orthogonalise
  | Keep
  | Discard
  | MeasureAll
  | OpenEditor
  | Download
  | Stop
  | Ack
  | State
  | Dismiss;
