/**
 * The pattern encoded by the project's own encoder, for a sender that has none: on stdout a float64 (milliseconds of
 * the monotonic clock at RTP time 0), then units, each a uint32 of length, a uint32 of RTP time and that much H.264 in
 * Annex B form, all little-endian. Any byte on stdin asks for a keyframe; its end ends this.
 */
import { openPattern, streamOf } from "./stream.ts";

const START_CODE = Buffer.from([0, 0, 0, 1]);
const RTP_PER_MS = 90;

const epoch = Buffer.alloc(8);
epoch.writeDoubleLE(Number(process.hrtime.bigint()) / 1e6 - performance.now());
process.stdout.write(epoch);

const stream = openPattern(streamOf(process.argv), ({ nals, encodedAtMs }) => {
  const unit = Buffer.concat(nals.flatMap((nal) => [START_CODE, nal]));
  const header = Buffer.alloc(8);
  header.writeUInt32LE(unit.length);
  header.writeUInt32LE(Math.round(encodedAtMs * RTP_PER_MS) >>> 0, 4);
  process.stdout.write(Buffer.concat([header, unit]));
});

process.stdin.on("data", () => stream.requestKeyframe(0, "unseen"));
process.stdin.on("end", () => process.exit());
process.stdout.on("error", () => process.exit());
