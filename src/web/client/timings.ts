/** The stages of the first frame, in the order they happen; an offer by HTTP does not wait for the socket. */
export type Stage =
  | "start"
  | "socketOpen"
  | "welcome"
  | "offerSent"
  /** What the sender has ready was here, so that a path was looked for before its answer came; where it had anything. */
  | "standby"
  | "answer"
  | "iceConnected"
  | "dtlsConnected"
  /** The last packet of the first picture came; where the browser tells. */
  | "keyframe"
  /** The first picture was decoded and went to the compositor; where the browser tells. */
  | "decoded"
  /** The page heard that the first picture is on show. */
  | "firstFrame";

/** When each stage was reached, in milliseconds of `performance.now()`, so that the page's own load is 0. */
export type Timings = Partial<Record<Stage, number>>;
