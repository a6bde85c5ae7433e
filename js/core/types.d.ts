// Types that the modules of every widget share.

/** A widget's model in the browser, as anywidget passes it to `render`. */
export interface Model<Traits extends object> {
  get<Name extends keyof Traits & string>(name: Name): Traits[Name];
  set<Name extends keyof Traits & string>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  send(content: object, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, callback: (...given: any[]) => unknown): void;
  off(event: string, callback: (...given: any[]) => unknown): void;
  /** ipywidgets' manager; its shape depends on the host. */
  widget_manager?: any;
}

/** Translate a text into the user's language; `{name}` in it is replaced by the value of that name. */
export type Translate = (text: string, values?: Record<string, unknown>) => string;

/** x and y in picture px, (0, 0) the top left corner of the picture. */
export type Point = [number, number];

/** Pixels from left and top to right and bottom (exclusive). */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The visible part of the picture: magnification, and box in px. */
export interface Seen {
  zoom: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A part's id, name and the id of the same part on the other side (its own id if there is none). */
export interface Part {
  id: number;
  name: string;
  other: number;
}

export interface Look {
  /** Relative line width. */
  weight?: number;
  dashed?: boolean;
  /** Colour of the inner line. */
  light?: string;
}

/** A path in picture px and how it is drawn. */
export type Outline = [Path2D, Look];

/** Zlib-packed or encoded bytes of a trait or message. */
export type Bytes = DataView<ArrayBuffer> | Uint8Array<ArrayBuffer> | ArrayBuffer;

/** Traits that every widget has. */
export interface TextTraits {
  language: string;
  strings: Record<string, string>;
}

/** Traits for the delivery of messages. */
export interface DeliveryTraits {
  ident: string;
  handled: Record<string, number>;
  revision: number;
}

/** Traits of the canvas that the kernel and the page share. */
export interface CanvasTraits {
  canvas: string;
  width: number;
  height: number;
  image: Bytes;
}

/** Further traits of a picture with a label map. */
export interface LabelMapTraits {
  labels: Part[];
  palettes: Record<string, string[]>;
  palette: string;
  before: Bytes;
  before_name: string;
  photo: Bytes;
  mask: Bytes;
  painted: Bytes;
  original: Bytes;
  region: Bytes;
  opacity: number;
  divider: number | null;
}

export type PictureTraits = CanvasTraits & LabelMapTraits;

/** State of a running computation. */
export interface Progress {
  step?: number;
  total?: number;
  figures?: Record<string, number>;
  eta?: number | null;
  /** At the end of an editor's run: whether it changed the picture. */
  kept?: boolean;
}

/** Traits of every widget with a worker: running computation, status and errors. */
export interface ReportTraits {
  running: boolean;
  job: number;
  progress: Progress;
  status: string;
  error: string;
  notice: string;
}

/** Further traits of a bar that starts an optimisation. */
export interface RunBarTraits {
  can_edit: boolean;
  auto: boolean;
  steps: number;
}

export type RunTraits = ReportTraits & RunBarTraits;

/** Traits of every widget on widgets/core. */
export type StatusTraits = TextTraits & DeliveryTraits & ReportTraits;

/** Traits of a widget on widgets/core that shows one picture. */
export type LiveTraits = StatusTraits & CanvasTraits;

export interface HistoryEntry {
  id: number;
  parent: number | null;
  name: string;
  /** Seconds since 1970. */
  at: number;
  present?: boolean;
}

export interface HistoryTraits {
  /** The history when the page was opened or requested it; `history` messages contain later changes. */
  history: HistoryEntry[];
  history_revision: number;
  before_name: string;
  running: boolean;
}

/** A message to the kernel: its kind and the values of that kind. A widget's own messages are a union of such types. */
export interface Message {
  kind: string;
  [name: string]: unknown;
}

/** Messages that every widget's kernel side handles (widgets/core/requests.py and commands.py). */
export type Request = { kind: "ack"; seq: number } | { kind: "dismiss" } | { kind: "stop" } | { kind: "state"; revision?: number };

/** Send a message; returns the id of one that must not get lost. */
export type Tell<Known extends { kind: string } = Message> = (message: Known, buffers?: ArrayBuffer[]) => string | undefined;

/** Messages of controls that the kernel has not handled yet; see own.js. */
export interface Own {
  tell(message: any, ...keys: string[]): string | undefined;
  waits(key?: string): boolean;
}
export type MakeOwn = (settled: () => unknown) => Own;

/** Functions that the modules of a page share; see page.js. */
export interface Page<Traits extends object> {
  model: Model<Traits>;
  root: HTMLElement;
  t: Translate;
  /** Set a trait and send it. */
  put<Name extends keyof Traits & string>(name: Name, value: Traits[Name]): void;
  /** Listen to the model until the page closes. */
  on(events: string | string[], callback: (...given: any[]) => unknown): void;
  /** Listen to an element until the page closes. */
  listen(target: EventTarget, event: string, callback: (event: any) => unknown, options?: AddEventListenerOptions | boolean): void;
  atEnd(ending: () => unknown): void;
  close(): void;
}
