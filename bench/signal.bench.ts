import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Need } from "../scripts/debian.ts";
import { median, quantile, table } from "./figures.ts";
import { type Measurement, rotated } from "./measurement.ts";
import { present } from "./peers/present.ts";
import { BARE_WS, type End, RELAY_KINDS, type Relay } from "./peers/relays.ts";
import { within } from "./within.ts";

/**
 * How fast do two ends meet? A join is a viewer's WebSocket, its 5 kB offer, and the sender's answer back; by POST, as the
 * page joins, the offer goes beside the socket's opening, and a join is over when both are through. A relay is one candidate
 * from viewer to sender. The bare relays check, store and remember nothing: they are the floor, not a rival.
 */
export const needs: Need[] = [];

const FULL = { sessions: [1, 50, 500], rounds: 3 };
const QUICK = { sessions: [1, 50], rounds: 1 };
const JOINS = 400;
const JOINS_AT_ONCE = 16;
/** No viewer sends more candidates than the edge lets through for one offer. */
const CANDIDATES_EACH = 100;
const RELAYS = 1_500;
/** Amply: a join takes some milliseconds, and a candidate one. */
const JOINED_WITHIN_MS = 10_000;
const RELAYED_WITHIN_MS = 5_000;

interface Outcome {
  joinsPerS: number;
  lostJoins: number;
  relayP50Ms: number;
  relayP99Ms: number;
}

export function read({ quick }: Measurement) {
  return quick ? QUICK : FULL;
}

export async function run(measurement: Measurement, asked: ReturnType<typeof read>): Promise<void> {
  const { sessions: counts, rounds } = asked;
  const relays = present(measurement, RELAY_KINDS);
  await measurement.quiet();
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const outcomes = new Map<string, Outcome[]>();
  for (let round = 0; round < rounds; round++) {
    for (const sessions of counts) {
      // Interleaved and rotated, so that a slow moment of the machine is nobody's alone.
      for (const [i, { name, open }] of rotated(relays, round).entries()) {
        const what = `${name}, ${sessions} sessions, round ${round}`;
        try {
          await using relay = await open(join(dir, `${round}-${sessions}-${i}`));
          const key = `${name}|${sessions}`;
          const outcome = await measure(relay, sessions);
          outcomes.set(key, [...(outcomes.get(key) ?? []), outcome]);
          if (!measurement.json) console.log(key, JSON.stringify(outcome));
          if (outcome.lostJoins > 0) measurement.failed(what, `${outcome.lostJoins} joins were lost`);
        } catch (error) {
          measurement.failed(what, error);
        }
      }
    }
  }
  report(measurement, outcomes, rounds);
}

async function measure(relay: Relay, sessions: number): Promise<Outcome> {
  const ends: End[] = [];
  try {
    return await measureWith(relay, sessions, ends);
  } finally {
    for (const end of ends) end.close();
  }
}

/** @param ends filled with those that are to be closed in the end */
async function measureWith(relay: Relay, sessions: number, ends: End[]): Promise<Outcome> {
  const arrived = new Map<number, (atMs: number) => void>();
  for (let session = 0; session < sessions; session++) {
    const late = `no sender got in within ${JOINED_WITHIN_MS / 1_000} s`;
    const sender = await within(JOINED_WITHIN_MS, late, relay.openSender(session));
    sender.onMessage((text) => {
      const atMs = performance.now();
      if (text.includes('"offer"')) sender.send(relay.answerTo(text));
      else if (text.includes('"candidate"')) arrived.get(Number(JSON.parse(text).candidate))?.(atMs);
    });
    ends.push(sender);
  }

  let next = 0;
  let lostJoins = 0;
  const startedAtMs = performance.now();
  const viewers: End[] = [];
  const worker = async () => {
    for (let join = next++; join < JOINS; join = next++) {
      const viewer = await joinOnce(relay, join % sessions);
      if (!viewer) lostJoins++;
      // One viewer of each session stays for the relays.
      else if (join < sessions) viewers.push(viewer);
      else viewer.close();
    }
  };
  // A bare relay knows one viewer a session.
  await Promise.all(Array.from({ length: Math.min(sessions, JOINS_AT_ONCE) }, worker));
  const joinsPerS = (JOINS - lostJoins) / ((performance.now() - startedAtMs) / 1_000);
  // Sessions beyond the joins get their viewer untimed, so that every session is busy below.
  for (let session = JOINS; session < sessions; session++) {
    const viewer = await joinOnce(relay, session);
    if (viewer) viewers.push(viewer);
    else lostJoins++;
  }
  ends.push(...viewers);

  const delays: number[] = [];
  const total = Math.min(RELAYS, viewers.length * CANDIDATES_EACH);
  for (let i = 0; i < total; i++) {
    const { promise, resolve } = Promise.withResolvers<number>();
    arrived.set(i, resolve);
    const sentAtMs = performance.now();
    viewers[i % viewers.length]?.send(relay.candidate(i));
    const late = `a candidate did not come through within ${RELAYED_WITHIN_MS / 1_000} s`;
    delays.push((await within(RELAYED_WITHIN_MS, late, promise)) - sentAtMs);
    arrived.delete(i);
  }
  return { joinsPerS, lostJoins, relayP50Ms: quantile(delays, 0.5), relayP99Ms: quantile(delays, 0.99) };
}

/** @returns nothing where it was lost, or took too long */
async function joinOnce(relay: Relay, session: number): Promise<End | undefined> {
  try {
    return await within(JOINED_WITHIN_MS, "no answer", enter(relay, session));
  } catch {
    return undefined;
  }
}

async function enter(relay: Relay, session: number): Promise<End> {
  if (relay.joinByPost) return relay.joinByPost(session);
  const viewer = await relay.openViewer(session);
  const { promise, resolve } = Promise.withResolvers<void>();
  viewer.onMessage((text) => {
    if (text.includes('"answer"')) resolve();
  });
  viewer.send(relay.offer());
  await promise;
  return viewer;
}

function report(measurement: Measurement, outcomes: Map<string, Outcome[]>, rounds: number): void {
  const middle = (key: string, figure: keyof Outcome) =>
    median((outcomes.get(key) ?? []).map((outcome) => outcome[figure]));
  const figures = [...outcomes.keys()].map((key) => {
    const [name = "", sessions = ""] = key.split("|");
    const floor = `${BARE_WS}|${sessions}`;
    return {
      name,
      sessions: Number(sessions),
      joinsPerS: Math.round(middle(key, "joinsPerS")),
      lostJoins: Math.max(...(outcomes.get(key) ?? []).map(({ lostJoins }) => lostJoins)),
      relayP50Ms: round(middle(key, "relayP50Ms")),
      relayP99Ms: round(middle(key, "relayP99Ms")),
      p99OverWs: round(middle(key, "relayP99Ms") / middle(floor, "relayP99Ms")),
    };
  });
  figures.sort((a, b) => a.sessions - b.sessions || a.name.localeCompare(b.name));
  const rows = figures.map((f) => [
    `${f.name}, ${f.sessions} session${f.sessions > 1 ? "s" : ""}`,
    f.joinsPerS,
    f.lostJoins,
    f.relayP50Ms,
    f.relayP99Ms,
    f.p99OverWs,
  ]);
  const header = [`median of ${rounds}`, "joins/s", "lost", "relay p50 ms", "relay p99 ms", "p99 / bare ws"];
  measurement.publish(table(header, rows), { rounds, joins: JOINS, joinsAtOnce: JOINS_AT_ONCE, figures });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
