// Generated from the schema of fader.document:COMMANDS by `make bundle`; edit the commands in Python.

/** Frame `seq` was drawn. */
export interface Ack {
  kind: "ack";
  seq: number;
}

/** Close the error box. */
export interface Dismiss {
  kind: "dismiss";
}

/** Fade to a colour in steps. */
export interface Fade {
  kind: "fade";
  colour: [number, number, number];
  steps?: number;
}

/** Show a colour; `live` shows it without keeping it. */
export interface SetColour {
  kind: "set_colour";
  colour: [number, number, number];
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
  | SetColour
  | Fade
  | Stop
  | Ack
  | State
  | Dismiss;
