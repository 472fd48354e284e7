import type { Ahead } from "./ahead.ts";
import type { ViewerState } from "./state.ts";

export interface ViewerEvents {
  state: ViewerState;
  /**
   * With the first picture; the object then stays the same across reconnects. After the viewer stopped and was tried again,
   * the same one once more: who emptied an element gives it back.
   */
  stream: MediaStream;
  /** True when the browser wants a click before it plays; call `Viewer.play` from that click. */
  "autoplay-blocked": boolean;
}

export interface ViewerOptions {
  /** Plays here; `null`, as of a query that found nothing, is as good as none. */
  video?: HTMLVideoElement | null;
  /** Closes the viewer for good when aborted. */
  signal?: AbortSignal;
  /** Told each state; the first as soon as `connect` has returned. */
  onState?: (state: ViewerState) => void;
  /** When the page began, by `performance.now()`, for the timings; at the call otherwise. */
  startedAtMs?: number;
  /**
   * The edge's STUN servers, where they are known: the first offer then leaves at once by HTTP, and does not wait for
   * the socket, which says them otherwise. `[]` for none.
   */
  stunUrls?: string[];
  /** @internal An offer for this very link that left already. */
  ahead?: Ahead;
}
