import type { Frame } from "node-av";

/** A picture and when it was taken. The frame is the source's own: take a reference (`ref`) to keep it past the next one. */
export interface CapturedFrame {
  frame: Frame;
  /** `performance.now()` when the picture was taken, or when it came out of the decoder for foreign streams. */
  capturedAtMs: number;
}

/** What a camera turned out to be when it was opened. */
export interface SourceFormat {
  /** As the picture is shown, where pixels are square. */
  width: number;
  height: number;
  fps: number;
}

/** An open camera. Disposing of it releases the device, file or connection. */
export interface Source extends AsyncDisposable {
  readonly format: SourceFormat;
  /** True for a recording, whose pictures are there as soon as they are asked for. */
  readonly finite?: boolean;
  /**
   * Pictures at the camera's own pace, until it ends or `signal` aborts.
   * @throws SenderError `camera-unusable` when the camera fails
   */
  frames(signal: AbortSignal): AsyncIterable<CapturedFrame>;
}

/** A camera as the command line names it, not yet opened. */
export interface Camera {
  /** For people: `test pattern`, `/dev/video0`, or an address without its credentials. */
  readonly name: string;
  /** @throws SenderError `camera-unusable` with a sentence that says what to do */
  open(signal: AbortSignal): Promise<Source>;
}

/** What the person asked for; a source that cannot choose keeps its own. */
export interface CaptureOptions {
  width?: number;
  height?: number;
  fps?: number;
}
