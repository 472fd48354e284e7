import { Browser } from "../test/support/browser.ts";
import { spread } from "./figures.ts";
import { FORMATS, type Format } from "./glass/formats.ts";
import { report, type Watched } from "./glass/report.ts";
import { SCREEN_NEEDS, Screen } from "./glass/screen.ts";
import { type Ages, type Durations, type Place, watchPeer, watchSightline } from "./glass/turns.ts";
import { type Measurement, rotated } from "./measurement.ts";
import { CHROMIUM, PEERS } from "./peers/catalogue.ts";
import { SHOW_ADDRESSES } from "./peers/chromium/sender.ts";
import type { PeerKind } from "./peers/peer.ts";
import { present } from "./peers/present.ts";
import { Signaling } from "./peers/signaling.ts";
import type { Stream } from "./peers/stream.ts";

/**
 * How old is a picture when it is seen? From the time stamped into the pixels to that stamp on the screen (the
 * framebuffer of a virtual one, looked at every 2 ms), and to the page's `requestVideoFrameCallback`; all clocks are
 * this machine's one. Sightline whole, beside every peer, in turns.
 */
export const needs = [CHROMIUM, ...SCREEN_NEEDS];

const FULL = { rounds: 2, settleMs: 2_000, measureMs: 3_000 };
const QUICK = { rounds: 1, settleMs: 1_000, measureMs: 1_500 };
const QUICK_PEERS = ["pion-playout", "gstreamer", "chromium"];
const KIOSK = ["--kiosk", "--window-position=0,0", "--test-type", "--hide-scrollbars"];

/** `--formats 720p30`, `--peers pion,gstreamer` and `--rounds 1` ask for less, `--quick` for little */
export function read(measurement: Measurement) {
  const { quick } = measurement;
  const { rounds: usual, ...durations } = quick ? QUICK : FULL;
  const rounds = measurement.count("--rounds", usual);
  const everyPeer = PEERS.map(({ name }) => name);
  const everyFormat = FORMATS.map(({ name }) => name);
  const peers = measurement.chosen("--peers", everyPeer, quick ? QUICK_PEERS : everyPeer);
  const formats = measurement.chosen("--formats", everyFormat, quick ? ["720p30"] : everyFormat);
  return {
    ...{ rounds, durations },
    peers: PEERS.filter(({ name }) => peers.includes(name)),
    formats: FORMATS.filter(({ name }) => formats.includes(name)),
  };
}

export async function run(measurement: Measurement, asked: ReturnType<typeof read>): Promise<void> {
  const { rounds, durations, formats } = asked;
  const peers = present(measurement, asked.peers);
  await measurement.quiet();
  const watched: Watched[] = [];
  for (const format of formats) {
    watched.push(...(await watchFormat(measurement, format, peers, rounds, durations)));
  }
  report(measurement, watched, durations, rounds);
}

async function watchFormat(
  measurement: Measurement,
  format: Format,
  peers: PeerKind[],
  rounds: number,
  durations: Durations,
): Promise<Watched[]> {
  const { width, height } = format;
  await using screen = await Screen.open(width, height);
  // A pixel more, for of a window that just fills the screen Chromium takes one away.
  const flags = [...KIOSK, `--window-size=${width + 1},${height + 1}`];
  await using browser = await Browser.open({ display: screen.display, disabledFeatures: SHOW_ADDRESSES, flags });
  await using signaling = await Signaling.open();
  const place: Place = { browser, screen, signaling };
  const stream: Stream = { ...format, keepSize: true };
  const kinds = peers.filter(({ name }) => !(name in format.unfair));
  const turns = new Map<string, () => Promise<Ages>>([
    ["sightline", () => watchSightline(place, stream, durations)],
    ...kinds.map((kind) => [kind.name, () => watchPeer(kind, place, stream, durations)] as const),
  ]);
  const watched: Watched[] = Array.from(turns.keys(), (name) => ({ format, name, rounds: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { name, rounds: kept } of rotated(watched, round)) {
      try {
        const ages = await turns.get(name)?.();
        if (!ages) continue;
        kept.push({ round, ...ages });
        console.log(format.name, name, JSON.stringify(spread(ages.onScreen)), JSON.stringify(spread(ages.inPage)));
      } catch (error) {
        measurement.failed(`${format.name} ${name}`, error);
      }
    }
  }
  return watched.filter(({ rounds: kept }) => kept.length > 0);
}
