// Traits of the explorer's page; editgan_widgets/widgets/explorer/view.py declares them.

import type { Bytes, DeliveryTraits, ReportTraits, TextTraits } from "../core/types";
import type { Curve } from "./charts.js";
import type { Column, Estimate, Row } from "./numbers.js";

export interface About {
  sentence: string;
  basis: string;
  n: number | null;
}

export interface Part {
  part: string;
  share: number;
  low: number | null;
  high: number | null;
}

/** The step that a run did last. */
export interface Work {
  of: "strip" | "views" | "pair" | "table";
  vector: string;
  done: number;
  total: number;
}

export interface Views {
  "row norms"?: About & { values: (number | null)[]; sizes: number[]; in_spreads: boolean };
  "effect map"?: About & { peak: number | null; parts: Part[]; target: string[] };
  "attribute curves"?: About & { target: string; curves: Curve[] };
  cosines?: About & { names: string[]; cosine: (number | null)[][] };
  interaction?: About & { relative: Estimate | null; peak: number | null };
  leakage?: About;
  "transfer rate"?: About;
  "safe strength"?: About;
}

export interface ExplorerTraits extends TextTraits, DeliveryTraits, ReportTraits {
  width: number;
  height: number;
  attributes: boolean;
  rows: Row[];
  chosen: string;
  second: string;
  strength: number;
  seed: number;
  seeds: number[];
  image: Bytes;
  strip: { seeds?: number[]; strengths?: number[] } & { seeds: number[]; strengths: number[] };
  strip_sheet: Bytes;
  effect_map: Bytes;
  interaction_map: Bytes;
  views: Views;
  paused: boolean;
  work: Partial<Work>;
  sort_by: Column;
  descending: boolean;
  overlay: boolean;
}

export type Traits = ExplorerTraits;
