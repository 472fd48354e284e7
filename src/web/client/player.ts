/** How the browser came by a frame, `performance.now()` each; what it does not tell is absent. */
export interface Presented {
  /** The frame's last packet was here. */
  keyframe?: number;
  /** The decoded frame went to the compositor. */
  decoded?: number;
  /** The page heard of it. */
  firstFrame?: number;
}

/**
 * Puts one connection's track at a time into one MediaStream. The stream object never changes, for giving a video
 * element another one blanks it, while exchanging the track keeps the last picture until the next is there.
 */
export class Player {
  readonly stream = new MediaStream();
  /** Told whether the browser wants a click before it plays. */
  onBlocked: (blocked: boolean) => void = () => undefined;
  readonly #video: HTMLVideoElement | undefined;
  readonly #nowMs: () => number;
  #presented: Presented | undefined;

  constructor(video: HTMLVideoElement | undefined, nowMs: () => number) {
    this.#video = video;
    this.#nowMs = nowMs;
  }

  /** False where nobody can see the page, or shows the stream: a browser may then spare itself the decoding. */
  get isInView(): boolean {
    return this.#video?.ownerDocument?.hidden === false;
  }

  show(track: MediaStreamTrack): void {
    const tracks = this.stream.getTracks();
    if (!tracks.includes(track)) this.#presented = undefined;
    const old = tracks.filter((other) => other.kind === track.kind && other !== track);
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
      () => this.onBlocked(false),
      (error: DOMException) => {
        if (error.name === "NotAllowedError") this.onBlocked(true);
      },
    );
  }

  /**
   * Calls back once, when the element presents a frame of the track on show; at once when that is known already.
   * @returns a function that stops waiting
   */
  whenPresented(callback: (presented: Presented) => void): () => void {
    const video = this.#video;
    if (this.#presented) callback(this.#presented);
    if (!video || this.#presented) return () => undefined;
    const stop = new AbortController();
    const done = (presented: Presented = {}) => {
      if (stop.signal.aborted) return;
      stop.abort();
      this.#presented = { ...presented, firstFrame: this.#nowMs() };
      callback(this.#presented);
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
