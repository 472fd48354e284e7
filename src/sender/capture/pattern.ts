import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { Frame } from "node-av";
import { AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG, AVCOL_SPC_SMPTE170M } from "node-av/constants";
import { drawBackground, drawMoving, movingTop } from "./pattern-picture.ts";
import type { Picture } from "./picture.ts";
import type { Camera, CapturedFrame, CaptureOptions, Source, SourceFormat } from "./source.ts";

/** The encoder may still read a picture while the next two are drawn; where it is slower, there are more. */
const CANVASES = 3;

/** A test pattern that draws its own clock, counter and stamp, so that a frozen or late picture shows. */
export function patternCamera(options: CaptureOptions): Camera {
  const format = { width: options.width ?? 1280, height: options.height ?? 720, fps: options.fps ?? 30 };
  let blank: Blank | undefined;
  const keep = (drawn: Blank) => {
    blank?.canvas.frame.free();
    blank = drawn;
  };
  return {
    name: "test pattern",
    open: async () => {
      const taken = blank ?? drawBlank(format);
      blank = undefined;
      return new PatternSource(format, taken, keep);
    },
  };
}

/** What is drawn once: kept while nobody looks, for whoever comes next waits for it. */
interface Blank {
  canvas: Canvas;
  /** Of what moves. */
  background: Uint8Array[];
}

function drawBlank(format: SourceFormat): Blank {
  const canvas = makeCanvas(format);
  drawBackground(canvas.picture);
  return { canvas, background: canvas.moving.map((plane) => Uint8Array.from(plane)) };
}

class PatternSource implements Source {
  readonly format: SourceFormat;
  /** The one that was drawn last stands last. All but the first are made when they are drawn: somebody waits for that. */
  readonly #canvases: Canvas[];
  readonly #blank: Blank;
  readonly #keep: (blank: Blank) => void;
  #counter = 0;

  /** @param keep takes the blank back */
  constructor(format: SourceFormat, blank: Blank, keep: (blank: Blank) => void) {
    this.format = format;
    this.#canvases = [blank.canvas];
    this.#blank = blank;
    this.#keep = keep;
  }

  async *frames(signal: AbortSignal): AsyncIterable<CapturedFrame> {
    const intervalMs = 1_000 / this.format.fps;
    let dueAtMs = performance.now();
    while (!signal.aborted) {
      yield this.#draw();
      // A late tick is dropped, not made up for: a burst of frames would only be queued.
      const nowMs = performance.now();
      dueAtMs = Math.max(dueAtMs + intervalMs, nowMs - intervalMs);
      const waitMs = dueAtMs - nowMs;
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {});
      // On a machine that is too slow for this rate the others get their turn all the same.
      else await turn();
    }
  }

  #draw(): CapturedFrame {
    const { frame, picture, moving } = this.#unread();
    this.#blank.background.forEach((plane, i) => {
      moving[i]?.set(plane);
    });
    const capturedAtMs = performance.now();
    drawMoving(picture, { drawnAtMs: Date.now(), counter: this.#counter++ }, this.format.fps);
    return { frame, capturedAtMs };
  }

  /** The oldest that nobody reads any more. */
  #unread(): Canvas {
    const wanted = Math.min(this.#counter + 1, CANVASES);
    const at = this.#canvases.length >= wanted ? this.#canvases.findIndex(({ frame }) => frame.isWritable) : -1;
    const [canvas = this.#another()] = at < 0 ? [] : this.#canvases.splice(at, 1);
    this.#canvases.push(canvas);
    return canvas;
  }

  #another(): Canvas {
    const canvas = makeCanvas(this.format);
    copyPlanes(this.#blank.canvas.picture, canvas.picture);
    return canvas;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const canvas of this.#canvases) if (canvas !== this.#blank.canvas) canvas.frame.free();
    this.#keep(this.#blank);
  }
}

function copyPlanes(from: Picture, to: Picture): void {
  for (const [i, plane] of from.planes.entries()) to.planes[i]?.set(plane);
}

interface Canvas {
  frame: Frame;
  picture: Picture;
  /** The parts of its planes that are drawn anew for each frame. */
  moving: readonly Uint8Array[];
}

function makeCanvas(format: SourceFormat): Canvas {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = format.width;
  frame.height = format.height;
  frame.colorSpace = AVCOL_SPC_SMPTE170M;
  frame.colorRange = AVCOL_RANGE_MPEG;
  frame.getBuffer();
  const [y, u, v] = frame.data ?? [];
  const [yStride = 0, uStride = 0, vStride = 0] = frame.linesize;
  if (!y || !u || !v) throw new Error("a frame just allocated has no planes");
  const picture: Picture = { ...format, planes: [y, u, v], strides: [yStride, uStride, vStride] };
  const top = movingTop(format.height);
  const moving = [y.subarray(top * yStride), u.subarray((top / 2) * uStride), v.subarray((top / 2) * vStride)];
  return { frame, picture, moving };
}
