import { setTimeout as sleep } from "node:timers/promises";
import { Browser } from "../test/support/browser.ts";
import { type Spread, spread, table } from "./figures.ts";
import { type Measurement, rotated } from "./measurement.ts";
import { CHROMIUM, ENGINE, PEERS, WERIFT_SERVER } from "./peers/catalogue.ts";
import { SHOW_ADDRESSES } from "./peers/chromium/sender.ts";
import type { PeerKind } from "./peers/peer.ts";
import { present } from "./peers/present.ts";
import { Signaling } from "./peers/signaling.ts";
import type { Stream } from "./peers/stream.ts";
import { type FirstPicture, look } from "./peers/viewer-page.ts";
import { throughRelay } from "./relay/sdp-path.ts";
import { UdpRelay } from "./relay/udp-relay.ts";
import { leastDisturbed, type Stolen, stolenSince } from "./stolen.ts";

/**
 * How soon is the first picture there, beside peers under the same signaling? From the offer's leaving, with all its
 * candidates in it, to the frame on show; the sender has had a viewer before. With a round trip the media passes a relay
 * of the bench's; the signaling does not. The tab is open before, and nothing else happens meanwhile: whoever was there
 * before has left, and the sender knows it. A join during which the host let other machines have processors is made again,
 * twice at most.
 */
export const needs = [CHROMIUM];

const STREAM: Stream = { width: 1280, height: 720, fps: 30, bitrateBps: 2_500_000, keepSize: true };
const RTTS_MS = [0, 60];
const FULL = { rounds: 3, joins: 4 };
const QUICK = { rounds: 1, joins: 1 };
/** With the tab open and nobody watching, whoever sends. */
const SETTLE_MS = 1_500;
/** From a page's good-bye until it is at the sender, beside the way's own time. */
const GOODBYE_MS = 100;
/** Playout delay changes nothing before the first picture. */
const LEFT_OUT = ["pion-playout", "chromium-playout"];
const OTHERS = [...PEERS.filter(({ name }) => !LEFT_OUT.includes(name)), WERIFT_SERVER];

type Joined = FirstPicture & Stolen;

interface Figure {
  name: string;
  rttMs: number;
  answer: Spread;
  connected: Spread;
  shown: Spread;
  shownMostMs: number;
  stolenPercent: Spread;
}

/** `--peers pion,aiortc` and `--rounds 1` ask for less, `--quick` for little */
export function read(measurement: Measurement) {
  const { rounds: usual, joins } = measurement.quick ? QUICK : FULL;
  const rounds = measurement.count("--rounds", usual);
  const every = OTHERS.map(({ name }) => name);
  const names = measurement.chosen("--peers", every);
  return { rounds, joins, peers: OTHERS.filter(({ name }) => names.includes(name)) };
}

export async function run(measurement: Measurement, asked: ReturnType<typeof read>): Promise<void> {
  const { rounds, joins } = asked;
  const kinds = [ENGINE, ...present(measurement, asked.peers)];
  await measurement.quiet();
  const kept = new Map<string, Joined[]>();
  await using signaling = await Signaling.open();
  await using browser = await Browser.open({ disabledFeatures: SHOW_ADDRESSES });
  for (let round = 0; round < rounds; round++) {
    for (const kind of rotated(kinds, round)) {
      try {
        await visit(kind);
      } catch (error) {
        measurement.failed(kind.name, error);
      }
    }
  }
  report(measurement, kinds, kept, { rounds, joins, settleMs: SETTLE_MS });

  async function visit(kind: PeerKind): Promise<void> {
    await using peer = await kind.open(STREAM);
    signaling.peer = peer;
    await join(0);
    for (let i = 0; i < joins; i++) {
      for (const rttMs of i % 2 === 0 ? RTTS_MS : RTTS_MS.toReversed()) {
        const key = `${kind.name} ${rttMs}`;
        kept.set(key, [...(kept.get(key) ?? []), await leastDisturbed(() => join(rttMs))]);
      }
    }
  }

  async function join(rttMs: number): Promise<Joined> {
    using relay = rttMs > 0 ? await UdpRelay.open(rttMs) : undefined;
    signaling.between = relay ? throughRelay(relay) : (sdp) => sdp;
    await using page = await browser.page();
    await page.goto(signaling.url);
    await sleep(SETTLE_MS);
    const stolen = stolenSince();
    const first = { ...(await look(page)), stolenPercent: stolen() };
    await page.evaluate("connection.close()");
    // The relay stays as long as something may be on its way.
    await sleep(rttMs + GOODBYE_MS);
    signaling.peer?.viewerLeft?.();
    return first;
  }
}

function report(measurement: Measurement, kinds: PeerKind[], kept: Map<string, Joined[]>, conditions: object): void {
  const figures: Figure[] = kinds.flatMap(({ name }) =>
    RTTS_MS.flatMap((rttMs) => {
      const firsts = kept.get(`${name} ${rttMs}`) ?? [];
      if (firsts.length === 0) return [];
      const since = (atMs: (first: FirstPicture) => number) => spread(firsts.map((f) => atMs(f) - f.offerSentMs));
      const [answer, connected] = [since((f) => f.answerMs), since((f) => f.connectedMs)];
      const shownMostMs = Math.round(10 * Math.max(...firsts.map((f) => f.shownMs - f.offerSentMs))) / 10;
      const stolenPercent = spread(firsts.flatMap((first) => first.stolenPercent ?? []));
      return { name, rttMs, answer, connected, shown: since((f) => f.shownMs), shownMostMs, stolenPercent };
    }),
  );
  const of = (name: string, rttMs: number) => figures.find((f) => f.name === name && f.rttMs === rttMs);
  const verdicts = RTTS_MS.map((rttMs) => {
    const others = figures.filter((f) => f.rttMs === rttMs && f.name !== ENGINE.name);
    const [best] = others.sort((a, b) => a.shown.p50 - b.shown.p50);
    const ownMs = of(ENGINE.name, rttMs)?.shown.p50 ?? Number.NaN;
    return { rttMs, best: best?.name, ownMs, bestMs: best?.shown.p50, ratio: ownMs / (best?.shown.p50 ?? Number.NaN) };
  });
  const header = [
    "ms from the offer's leaving",
    ...RTTS_MS.flatMap((rtt) => [`answer, ${rtt} RTT`, "up", "shown", "most"]),
  ];
  const rows = kinds.map(({ name }) => {
    const cells = RTTS_MS.flatMap((rttMs) => {
      const figure = of(name, rttMs);
      return [figure?.answer.p50, figure?.connected.p50, figure?.shown.p50, figure?.shownMostMs];
    });
    return [name, ...cells];
  });
  const said = verdicts.map((v) => [`${v.rttMs} ms`, v.ownMs, v.best ?? "", v.bestMs ?? "", v.ratio.toFixed(2)]);
  const text = `${table(header, rows)}\n\n${table(["round trip", "Sightline", "best peer", "ms", "ratio"], said)}`;
  const setups = kinds.map(({ name, setup }) => ({ name, setup }));
  measurement.publish(text, { ...conditions, stream: STREAM, setups, figures, verdicts });
}
