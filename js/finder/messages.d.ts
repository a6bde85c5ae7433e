// Generated from the schema of editgan_widgets.widgets.finder.commands:COMMANDS by `make bundle`; edit the commands in Python.

/** Frame `seq` was drawn. */
export interface Ack {
  kind: "ack";
  seq: number;
}

/** Close the error box. */
export interface Dismiss {
  kind: "dismiss";
}

/** Remove a direction. */
export interface Drop {
  kind: "drop";
  direction: number;
}

/** Find directions, which replace those of the last search; `first` to `last` are the rows that they move. */
export interface Find {
  kind: "find";
  method: "ganspace" | "sefa" | "stylespace";
  count: number;
  first?: number | null;
  last?: number | null;
  part?: string | null;
}

/** Remove a kept vector. */
export interface Forget {
  kind: "forget";
  name: string;
}

/** Keep a direction with its rows as an edit vector; another one of that name is replaced. */
export interface Keep {
  kind: "keep";
  direction: number;
  name: string;
}

/** Learn a direction from marked portraits. */
export interface Learn {
  kind: "learn";
  name: string;
  positive: number[];
  negative: number[];
}

/** Show a direction at a strength; `live` while its slider moves. */
export interface Move {
  kind: "move";
  direction: number;
  strength: number;
  live?: boolean;
}

/** Show more portraits to mark. */
export interface Sample {
  kind: "sample";
  count: number;
}

/** Show another portrait. */
export interface SetPortrait {
  kind: "set_portrait";
  seed: number;
}

/** Set the rows of w_plus that a direction moves, `first` to `last`. */
export interface SetRows {
  kind: "set_rows";
  direction: number;
  first: number;
  last: number;
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
  | Find
  | Move
  | SetRows
  | SetPortrait
  | Keep
  | Forget
  | Drop
  | Sample
  | Learn
  | Stop
  | Ack
  | State
  | Dismiss;
