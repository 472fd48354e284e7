import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import type { Rung } from "../../src/sender/congestion/ladder.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import type { EncodedUnit } from "../../src/sender/encode/unit.ts";
import { CameraStream } from "../../src/sender/stream.ts";

/** What every peer is to send. */
export interface Stream {
  width: number;
  height: number;
  fps: number;
  bitrateBps: number;
  /** Make every picture as large as the bitrate allows, for the pattern is so plain that it leaves bits over. */
  filled?: boolean;
  /** Drop pictures, never their size, where a sender would choose. */
  keepSize?: boolean;
}

/** NAL unit and payload type of a user's own data, which decoders skip (SEI; H.264 sections 7.3.2.3 and D.1.6). */
const SEI = [0x06, 0x05];

const SEI_MIN_BYTES = 40;

export function streamArgs({ width, height, fps, bitrateBps, filled }: Stream): string[] {
  return [
    ...["--width", String(width), "--height", String(height), "--fps", String(fps), "--bitrate", String(bitrateBps)],
    ...(filled ? ["--filled"] : []),
  ];
}

export function streamOf(args: string[]): Stream {
  const number = (flag: string) => Number(args[args.indexOf(flag) + 1]);
  const [width, height, fps] = [number("--width"), number("--height"), number("--fps")];
  return { width, height, fps, bitrateBps: number("--bitrate"), filled: args.includes("--filled") };
}

/** The project's own pattern and encoder, for senders of this process; its rung has the id 0 until others are set. */
export function openPattern(stream: Stream, onUnit: (unit: EncodedUnit, rung: number) => void): Pattern {
  Log.setLevel(AV_LOG_QUIET);
  const { bitrateBps, fps, filled } = stream;
  const rung: Rung = { id: 0, width: stream.width, height: stream.height, fps, bitrateBps };
  const pattern = new Pattern(patternCamera(stream), {
    encoder: X264,
    onUnit: (unit, id) => {
      const pictureBytes = filled ? pattern.bitrateBps(id) / 8 / fps : 0;
      onUnit({ ...unit, nals: filledUp(unit.nals, pictureBytes) }, id);
    },
    onFailure: (error) => {
      throw error;
    },
  });
  pattern.setRungs([rung]);
  pattern.start();
  return pattern;
}

/** A stream that knows what its rungs are to have. */
class Pattern extends CameraStream {
  #rungs: readonly Rung[] = [];

  override setRungs(rungs: readonly Rung[]): void {
    this.#rungs = rungs;
    super.setRungs(rungs);
  }

  bitrateBps(id: number): number {
    return this.#rungs.find((rung) => rung.id === id)?.bitrateBps ?? 0;
  }
}

function filledUp(nals: Buffer[], bytes: number): Buffer[] {
  const missing = Math.round(bytes - nals.reduce((sum, { length }) => sum + length, 0));
  if (missing < SEI_MIN_BYTES) return nals;
  // Not the filler data made for this: pion leaves that out.
  const sei = Buffer.alloc(missing, 0xff);
  const sizeBytes = Math.ceil((missing - SEI.length - 1) / 256);
  const size = missing - SEI.length - sizeBytes - 1;
  sei.set(SEI);
  sei[SEI.length + sizeBytes - 1] = size - 255 * (sizeBytes - 1);
  sei[missing - 1] = 0x80;
  return [sei, ...nals];
}
