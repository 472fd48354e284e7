import { loadavg } from "node:os";
import { Browser } from "../test/support/browser.ts";
import { isQuick, listed } from "./args.ts";
import { quantile, spread, table } from "./figures.ts";
import { SCREEN_NEEDS, Screen } from "./glass/screen.ts";
import { type Ages, type Durations, type Place, watchPeer, watchSightline } from "./glass/turns.ts";
import { CHROMIUM, PEERS } from "./peers/catalogue.ts";
import { SHOW_ADDRESSES } from "./peers/chromium/sender.ts";
import type { PeerKind } from "./peers/peer.ts";
import { Signaling } from "./peers/signaling.ts";
import type { Stream } from "./peers/stream.ts";
import { publish } from "./results.ts";

/**
 * How old is a picture when it is seen? From the time stamped into the pixels to that stamp on the screen (the
 * framebuffer of a virtual one, looked at every 2 ms), and to the page's `requestVideoFrameCallback`; all clocks are
 * this machine's one. Sightline whole, beside every peer, in turns.
 */
export const needs = [CHROMIUM, ...SCREEN_NEEDS, ...PEERS.flatMap((peer) => peer.needs)];

interface Format extends Stream {
  name: string;
  /** Why a peer is not compared at this format. */
  unfair: Record<string, string>;
}

const AIORTC_LIMITS = "its H.264 encoder is fixed at 30 fps and level 3.1, which ends at 1280x720";
const BEYOND_AIORTC = { aiortc: AIORTC_LIMITS, "aiortc-ultrafast": AIORTC_LIMITS };
const FORMATS: Format[] = [
  { name: "720p30", width: 1280, height: 720, fps: 30, bitrateBps: 2_500_000, unfair: {} },
  { name: "720p60", width: 1280, height: 720, fps: 60, bitrateBps: 4_000_000, unfair: BEYOND_AIORTC },
  { name: "1080p30", width: 1920, height: 1080, fps: 30, bitrateBps: 5_000_000, unfair: BEYOND_AIORTC },
];
const FULL = { rounds: 2, settleMs: 2_000, measureMs: 3_000 };
const QUICK = { rounds: 1, settleMs: 1_000, measureMs: 1_500 };
const QUICK_PEERS = ["pion-playout", "gstreamer", "chromium"];
const KIOSK = ["--kiosk", "--window-position=0,0", "--test-type", "--hide-scrollbars"];

/** @param args `--formats 720p30`, `--peers pion,gstreamer` and `--rounds 1` ask for less, `--quick` for little */
export async function run(args: string[]): Promise<void> {
  const quick = isQuick(args);
  const durations = quick ? QUICK : FULL;
  const rounds = Number(listed(args, "--rounds")?.[0] ?? durations.rounds);
  const names = listed(args, "--peers") ?? (quick ? QUICK_PEERS : PEERS.map(({ name }) => name));
  const formats = listed(args, "--formats") ?? (quick ? ["720p30"] : FORMATS.map(({ name }) => name));
  const loadBefore = loadavg();
  const ages = new Map<string, Ages>();
  for (const format of FORMATS.filter(({ name }) => formats.includes(name))) {
    const peers = PEERS.filter(({ name }) => names.includes(name) && !(name in format.unfair));
    await watchFormat(format, peers, rounds, durations, ages);
  }
  report(ages, { loadBefore, loadAfter: loadavg(), ...durations, rounds }, args);
}

async function watchFormat(
  format: Format,
  peers: PeerKind[],
  rounds: number,
  durations: Durations,
  kept: Map<string, Ages>,
) {
  const { width, height } = format;
  await using screen = await Screen.open(width, height);
  // A pixel more, for of a window that just fills the screen Chromium takes one away.
  const flags = [...KIOSK, SHOW_ADDRESSES, `--window-size=${width + 1},${height + 1}`];
  await using browser = await Browser.open({ display: screen.display, flags });
  await using signaling = await Signaling.open();
  const place: Place = { browser, screen, signaling };
  const stream: Stream = { ...format, keepSize: true };
  for (let round = 0; round < rounds; round++) {
    keep("sightline", await watchSightline(place, stream, durations));
    for (const peer of peers) {
      try {
        keep(peer.name, await watchPeer(peer, place, stream, durations));
      } catch (error) {
        // One that does not start is named, and spoils nobody else's figures.
        console.error(`${format.name} ${peer.name}: ${error}`);
      }
    }
  }

  function keep(name: string, { onScreen, inPage }: Ages): void {
    const key = `${format.name} ${name}`;
    const before = kept.get(key);
    kept.set(key, {
      onScreen: [...(before?.onScreen ?? []), ...onScreen],
      inPage: [...(before?.inPage ?? []), ...inPage],
    });
    console.log(key, JSON.stringify(spread(onScreen)), JSON.stringify(spread(inPage)));
  }
}

function report(ages: Map<string, Ages>, conditions: object, args: string[]): void {
  const figures = Array.from(ages, ([key, { onScreen, inPage }]) => {
    const [format = "", name = ""] = key.split(" ");
    const own = ages.get(`${format} sightline`);
    return {
      format,
      name,
      setup: PEERS.find((peer) => peer.name === name)?.setup ?? "the whole of it",
      zeroPlayout: PEERS.find((peer) => peer.name === name)?.zeroPlayout ?? true,
      onScreen: spread(onScreen),
      inPage: spread(inPage),
      /** Sightline's median on the screen, of this one's. */
      ratio: Math.round((100 * quantile(own?.onScreen ?? [], 0.5)) / quantile(onScreen, 0.5)) / 100,
    };
  });
  const verdicts = [...new Set(figures.map(({ format }) => format))].map((format) => {
    const of = figures.filter((figure) => figure.format === format);
    const best = (zeroPlayout: boolean) =>
      of
        .filter((figure) => figure.name !== "sightline" && figure.zeroPlayout === zeroPlayout)
        .sort((a, b) => a.onScreen.p50 - b.onScreen.p50)[0];
    const [own, tuned] = [of.find(({ name }) => name === "sightline"), best(true)];
    const aheadOfTunedMs = tuned && own ? Math.round(10 * (tuned.onScreen.p50 - own.onScreen.p50)) / 10 : undefined;
    return {
      format,
      bestDefault: best(false)?.name,
      ofBestDefault: best(false)?.ratio,
      bestTuned: tuned?.name,
      aheadOfTunedMs,
    };
  });
  const rows = figures.map(({ format, name, onScreen, inPage, ratio }) => [
    `${format} ${name}`,
    ...[onScreen.count, onScreen.p50, onScreen.p95, onScreen.p99, inPage.p50, inPage.p95, ratio],
  ]);
  const header = ["ms", "n", "screen p50", "p95", "p99", "page p50", "p95", "Sightline's of it"];
  const notCompared = FORMATS.flatMap(({ name, unfair }) =>
    Object.entries(unfair).map(([peer, why]) => ({ format: name, peer, why })),
  );
  const said = verdicts.map((v) => [
    v.format,
    v.bestDefault ?? "",
    v.ofBestDefault ?? "",
    v.bestTuned ?? "",
    v.aheadOfTunedMs ?? "",
  ]);
  const ratios = table(["Sightline", "best by default", "of it", "best tuned alike", "ms ahead of it"], said);
  publish("glass", `${table(header, rows)}\n\n${ratios}`, { ...conditions, figures, verdicts, notCompared }, args);
}
