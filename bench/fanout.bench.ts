import type { Need } from "../scripts/debian.ts";
import { measure } from "./fanout/measure.ts";
import { type Outcome, report } from "./fanout/report.ts";
import { type Measurement, rotated } from "./measurement.ts";
import { openNodeSender, openPionSender } from "./peers/catalogue.ts";
import { PION_NEEDS } from "./peers/pion/build.ts";
import { present } from "./peers/present.ts";
import type { Stream } from "./peers/stream.ts";

/**
 * What does a further viewer cost? One sender process with its encoder, the viewers in another: real handshakes, then
 * raw datagrams and real SRTCP feedback. The sender's CPU is the kernel's account of all its threads. Compared with the
 * same connection with werift's own way of sending, and with pion behind the same encoder, which is a process of its own
 * there and counted with it.
 */
export const needs: Need[] = [];

const SENDERS = {
  sightline: { needs: [], open: openNodeSender("sightline") },
  werift: { needs: [], open: openNodeSender("werift") },
  "werift-keyobject": { needs: [], open: openNodeSender("werift-keyobject") },
  pion: { needs: PION_NEEDS, open: openPionSender(false) },
};
type Path = keyof typeof SENDERS;
/** One who costs more than this is not asked for crowds. */
const CROWD = 32;
const CROWD_PATHS: Path[] = ["sightline", "pion"];
const VIEWERS = [1, 4, 8, 16, 32, 64, 100];
const STREAM: Stream = { width: 1280, height: 720, fps: 30, bitrateBps: 2_500_000, filled: true };
/** Until congestion control trusts the network with the whole bitrate, and then. */
const FULL = { settleMs: 8_000, measureMs: 8_000 };
const ROUNDS = 1;
const QUICK = { paths: CROWD_PATHS, viewers: [1, 8], settleMs: 4_000, measureMs: 4_000 };

/** `--viewers 1,32` and `--paths sightline,werift` ask for less, `--rounds 3` for more, `--quick` for little */
export function read(measurement: Measurement) {
  const { quick } = measurement;
  const everyPath = Object.keys(SENDERS) as Path[];
  const paths = measurement.chosen("--paths", everyPath, quick ? QUICK.paths : everyPath);
  const counts = measurement
    .chosen("--viewers", VIEWERS.map(String), (quick ? QUICK.viewers : VIEWERS).map(String))
    .map(Number);
  const durations = quick ? QUICK : FULL;
  const rounds = measurement.count("--rounds", ROUNDS);
  return { paths, counts, durations, rounds };
}

export async function run(measurement: Measurement, asked: ReturnType<typeof read>): Promise<void> {
  const { counts, durations, rounds } = asked;
  const kinds = asked.paths.map((name) => ({ name, ...SENDERS[name] }));
  const paths = present(measurement, kinds).map(({ name }) => name);
  await measurement.quiet();
  const runs: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    // Interleaved and rotated, so that a slow moment of the machine is nobody's alone.
    for (const viewers of counts) {
      for (const path of rotated(paths, round).filter((name) => viewers <= CROWD || CROWD_PATHS.includes(name))) {
        try {
          const outcome = { path, round, ...(await measure(() => SENDERS[path].open(STREAM), viewers, durations)) };
          runs.push(outcome);
          if (!measurement.json) console.log(JSON.stringify(outcome));
        } catch (error) {
          measurement.failed(`${path} with ${viewers} viewers, round ${round}`, error);
        }
      }
    }
  }
  const { settleMs, measureMs } = durations;
  const stream = { ...STREAM, network: "loopback" };
  report(measurement, runs, STREAM.bitrateBps, { stream, rounds, settleMs, measureMs });
}
