import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
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

/** NAL unit type 12, which decoders skip (H.264 section 7.4.2.7). */
const FILLER = 0x0c;

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

/** The project's own pattern and encoder, for senders of this process. */
export function openPattern(stream: Stream, onUnit: (unit: EncodedUnit) => void): CameraStream {
  Log.setLevel(AV_LOG_QUIET);
  const { bitrateBps, fps, filled } = stream;
  const pictureBytes = filled ? bitrateBps / 8 / fps : 0;
  const camera = new CameraStream(patternCamera(stream), {
    settings: { bitrateBps },
    onUnit: (unit) => onUnit({ ...unit, nals: filledUp(unit.nals, pictureBytes) }),
    onFailure: (error) => {
      throw error;
    },
  });
  camera.start();
  return camera;
}

function filledUp(nals: Buffer[], bytes: number): Buffer[] {
  const missing = Math.round(bytes - nals.reduce((sum, { length }) => sum + length, 0));
  if (missing <= 2) return nals;
  const filler = Buffer.alloc(missing, 0xff);
  filler[0] = FILLER;
  filler[missing - 1] = 0x80;
  return [...nals, filler];
}
