/** The stages of the first frame, in the order they happen. */
export type Stage =
  | "start"
  | "socketOpen"
  | "welcome"
  | "offerSent"
  | "answer"
  | "iceConnected"
  | "dtlsConnected"
  | "firstFrame";

/** When each stage was reached, in milliseconds of `performance.now()`, so that the page's own load is 0. */
export type Timings = Partial<Record<Stage, number>>;
