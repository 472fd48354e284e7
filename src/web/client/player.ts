/** How the browser came by a frame, `performance.now()` each; what it does not tell is absent. */
export interface Presented {
  /** The frame's last packet was here. */
  keyframe?: number;
  /** The decoded frame went to the compositor. */
  decoded?: number;
}

/**
 * Puts one connection's track at a time into one MediaStream. The stream object never changes, for giving a video
 * element another one blanks it, while exchanging the track keeps the last picture until the next is there.
 */
export class Player {
  readonly stream = new MediaStream();
  readonly #video: HTMLVideoElement | undefined;
  readonly #onBlocked: (blocked: boolean) => void;

  constructor(video: HTMLVideoElement | undefined, onBlocked: (blocked: boolean) => void) {
    this.#video = video;
    this.#onBlocked = onBlocked;
  }

  show(track: MediaStreamTrack): void {
    const old = this.stream.getTracks().filter((other) => other.kind === track.kind && other !== track);
    // In this order: Firefox shows a track that is added when it shows none, and stays with the first one otherwise.
    for (const other of old) this.stream.removeTrack(other);
    this.stream.addTrack(track);
    if (!this.#video) return;
    if (this.#video.srcObject !== this.stream) this.#video.srcObject = this.stream;
    this.play();
  }

  /** Starts playing; called again from a click when the browser had blocked it. */
  play(): void {
    this.#video?.play().then(
      () => this.#onBlocked(false),
      (error: DOMException) => {
        if (error.name === "NotAllowedError") this.#onBlocked(true);
      },
    );
  }

  /**
   * Calls back once, when the element presents a frame.
   * @returns a function that stops waiting
   */
  whenPresented(callback: (presented: Presented) => void): () => void {
    const video = this.#video;
    if (!video) return () => undefined;
    const stop = new AbortController();
    const done = (presented: Presented = {}) => {
      if (stop.signal.aborted) return;
      stop.abort();
      callback(presented);
    };
    if ("requestVideoFrameCallback" in video) {
      const handle = video.requestVideoFrameCallback((_now, { receiveTime, presentationTime }) =>
        done({ keyframe: receiveTime, decoded: presentationTime }),
      );
      stop.signal.addEventListener("abort", () => video.cancelVideoFrameCallback(handle));
    } else {
      const element = video as HTMLVideoElement;
      element.addEventListener("loadeddata", () => done(), { signal: stop.signal });
      element.addEventListener("timeupdate", () => done(), { signal: stop.signal });
    }
    return () => stop.abort();
  }
}
