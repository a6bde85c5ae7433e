// A tool of the editor. Each tool is a file in this folder with a line in index.js; toolbar, keys, list of shortcuts and painting use
// these properties. The kernel must know its value of the trait `tool` too (BUTTONS in Python).

import type { Outline, Point, Translate } from "../../core/types";
import type { Echo } from "../../core/echo.js";
import type { EditorPage } from "../page.js";

export interface Tool {
  /** Value of the trait `tool`. */
  name: string;
  /** Order in the toolbar. */
  place: number;
  /** Content of the icon's SVG, on a 20 x 20 grid. */
  icon: string;
  /** Shortcut: a letter in lower case. */
  key: string;
  /** Name in the list of shortcuts. */
  label(t: Translate): string;
  /** Its tooltip. */
  title(t: Translate): string;
  /** Further rows of the list of shortcuts: keys and what they do. */
  keys?(t: Translate): [string, string][];
  /** If true, choosing a part returns to the previous tool. */
  aside?: boolean;
  /** The brush options that it uses; the toolbar fades the others. */
  options?: ("size" | "shape" | "pressure")[];
  /** Make the tool for one page. */
  make(bench: Bench): ToolInUse;
}

/** Services for the tools of a page. */
export interface Bench extends EditorPage {
  labelMap: ReturnType<typeof import("../../core/label_map.js").makeLabelMap>;
  choice: ReturnType<typeof import("../choice.js").makeChoice>;
  brush: ReturnType<typeof import("../brush.js").makeBrush>;
  /** Convert a length in CSS px to picture px. */
  reach(px: number): number;
  redraw(): void;
  /** Record the time, for measuring the editor's latency. */
  released(): void;
}

/** A tool on a page. */
export interface ToolInUse {
  /** The pointer, or Space, was pressed inside the picture. Returns a gesture if the action lasts until the release. */
  press(point: Point, event: PointerEvent | null): Gesture | void;
  /** If true, a finger presses when it is lifted, because a second finger may follow. */
  onLift?: boolean;
  doubleClick?(): void;
  /** A key was pressed, named as by keyNames; returns whether the tool handled it. */
  key?(name: string): boolean;
  /** Another tool was chosen. */
  drop?(): void;
  /** Outlines to draw over the pictures. */
  outlines?(cursor: Cursor | null): Outline[];
  /** Shown in the toolbar while the tool is chosen. */
  node?: HTMLElement;
  /** Stroke of a sent message of this tool that the kernel has not handled yet; shown after a reload. */
  restore?(message: any, buffers: ArrayBuffer[]): { points: number[]; echo: Echo } | null;
}

export interface Cursor {
  x: number;
  y: number;
}

/** An action between press and release. */
export interface Gesture {
  move(samples: [Point, PointerEvent][]): void;
  release(): void;
  /** Cancel it without effect. */
  cancel(): void;
  /** The page closes: release, if there is something to keep. */
  leave(): void;
  outlines?(): Outline[];
}
