// Traits of the finder: widgets/finder/view.py declares them, widgets/finder/snapshot.py fills them.

import type { Bytes, CanvasTraits, DeliveryTraits, ReportTraits, TextTraits } from "../core/types";

/** A row of the finder. */
export interface Direction {
  id: number;
  name: string;
  /** First and last row of w_plus that it moves. */
  rows: [number, number];
  /** True if the rows of w_plus that it moves cannot be changed. */
  fixed: boolean;
  strength: number;
  /** What it changes most; empty if nothing reads attributes. */
  attribute: string;
  /** Change at strength 1, in standard deviations of the attribute. */
  change: number;
  /** Share of this attribute in all changes, 0 to 1. */
  share: number;
  learned: boolean;
  /** Of a learned direction: share of left-out marks that are right, its interval, number of marks, and whether these are few. */
  accuracy?: number;
  low?: number;
  high?: number;
  marks?: number;
  few?: boolean;
}

export interface FinderTraits extends TextTraits, DeliveryTraits, ReportTraits, CanvasTraits {
  methods: string[];
  parts: string[];
  row_count: number;
  strengths: number[];
  seed: number;
  /** Id of the direction that the picture shows; -1: none. */
  active: number;
  directions: Direction[];
  sheets: Record<string, Bytes>;
  kept: string[];
  samples: number[];
  sample_pictures: Bytes[];
  /** Seed -> 1 or -1. */
  marks: Record<string, number>;
}

/** What the modules of the finder's page share. */
export type FinderPage = import("../core/types").Page<FinderTraits> & { tell: import("../core/types").Tell<import("./messages").Message>; own: import("../core/types").MakeOwn };
