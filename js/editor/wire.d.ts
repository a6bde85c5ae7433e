// What the editor's page and the kernel share: the traits of EditorView, and the messages (see its docstring).

import type { Bytes, CanvasTraits, DeliveryTraits, HistoryTraits, LabelMapTraits, ReportTraits, RunBarTraits, TextTraits } from "../core/types";

export interface Vector {
  name: string;
  scale: number;
  on: boolean;
  /** First row of the latent and one past the last; null: all. */
  layers: [number, number] | null;
  own: boolean;
}

export interface Clash {
  first: string;
  second: string;
  opposed: boolean;
}

export interface EmbeddingQuality {
  grade: "good" | "fair" | "poor";
  psnr?: number;
  identity?: number | null;
  landmarks?: number;
  parts?: number;
  vector: string;
  editability: number | null;
}

/** Left and upper edge before it is turned, side, px of the photo; roll, degrees. */
export type Square = [number, number, number, number];

/** The squares of an open photo; {} while they are not known. */
export interface Frame {
  size?: [number, number];
  crop?: Square;
  faces?: Square[];
}

export interface EditQuality {
  reached: "well" | "partly" | "hardly";
  kept: "as before" | "nearly" | "changed";
  agreement: number;
  outside: number;
}

export interface Settings {
  preset: string;
  terms?: string;
  prime: boolean;
  [name: string]: any;
}

export interface EditorTraits extends TextTraits, DeliveryTraits, CanvasTraits, LabelMapTraits, ReportTraits, RunBarTraits, HistoryTraits {
  part_tools: string[];
  can_undo: boolean;
  can_redo: boolean;
  pending: number | null;
  settings: Settings;
  vectors: Vector[];
  vector_pictures: Record<string, Bytes>;
  vector_clashes: Clash[];
  vector_rows: number;
  quality: { embedding?: EmbeddingQuality | null; edit?: EditQuality | null };
  whole: Bytes;
  frame: Frame;
  tool: string;
  label: number;
  size: number;
  shape: "round" | "square";
  show_whole: boolean;
  locked: number[];
  over: number[];
  mirror: boolean;
  pressure: boolean;
  hidden: number[];
  mask_style: "areas" | "borders" | "both";
}

/** The choices that go with each change of the mask. */
export interface Asked {
  label: number;
  auto: boolean;
  steps: number;
  locked: number[];
  over: number[];
  mirror: boolean;
}
