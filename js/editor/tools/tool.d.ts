// A tool of the editor. Each is a file in this folder with a line in index.js; toolbar, keys, list of shortcuts and painting read
// from it everything they need. Its value of the trait `tool` must be known to the kernel too (BUTTONS in Python).

import type { Outline, Point, Translate } from "../../core/types";
import type { Echo } from "../../core/echo.js";
import type { EditorPage } from "../page.js";

export interface Tool {
  /** Value of the trait `tool`. */
  name: string;
  /** Order in the toolbar. */
  place: number;
  /** What is inside the icon's SVG, on 20 x 20. */
  icon: string;
  /** The letter that chooses it, in lower case. */
  key: string;
  /** Its name in the list of shortcuts. */
  label(t: Translate): string;
  /** Its tooltip. */
  title(t: Translate): string;
  /** Keys of its own for the list of shortcuts: keys and what they do. */
  keys?(t: Translate): [string, string][];
  /** Choosing a part returns to the tool in use before. */
  aside?: boolean;
  /** Which of the brush's options it uses; the toolbar fades the others. */
  options?: ("size" | "shape" | "pressure")[];
  /** Make it for one page. */
  make(bench: Bench): ToolInUse;
}

/** What a tool works with. */
export interface Bench extends EditorPage {
  labelMap: ReturnType<typeof import("../../core/label_map.js").makeLabelMap>;
  choice: ReturnType<typeof import("../choice.js").makeChoice>;
  brush: ReturnType<typeof import("../brush.js").makeBrush>;
  /** Picture px that are as long as so many CSS px. */
  reach(px: number): number;
  redraw(): void;
  /** Note the time, for measuring how soon the editor answers. */
  released(): void;
  /** Hears the id of each stroke that was sent. */
  sent(id: string): void;
}

/** A tool on a page. */
export interface ToolInUse {
  /** The pointer was pressed inside the picture, or Space. Returns a gesture where it goes on until the pointer is released. */
  press(point: Point, event: PointerEvent | null): Gesture | void;
  /** With a finger, press when it is lifted: a second finger may follow. */
  onLift?: boolean;
  doubleClick?(): void;
  /** A key was pressed that may be the tool's; returns whether it was. Names as keyNames gives them. */
  key?(name: string): boolean;
  /** Another tool was chosen. */
  drop?(): void;
  /** What it shows over the pictures. */
  outlines?(cursor: Cursor | null): Outline[];
  /** Shown in the toolbar while the tool is chosen. */
  node?: HTMLElement;
  /** A sent message of this tool that the kernel has not handled, found after a reload: its stroke, to be shown. */
  restore?(message: any, buffers: ArrayBuffer[]): { points: number[]; echo: Echo } | null;
}

export interface Cursor {
  x: number;
  y: number;
}

/** What goes on between press and release. */
export interface Gesture {
  move(samples: [Point, PointerEvent][]): void;
  release(): void;
  /** Take it back. */
  cancel(): void;
  /** The page goes away: release, if it is worth it. */
  leave(): void;
  outlines?(): Outline[];
}
