import { setTimeout as sleep } from "node:timers/promises";
import { randomToken } from "../src/protocol/bytes.ts";
import { startTurnApi, TURN_API_TOKEN } from "../test/support/turn-api.ts";
import { join, renew } from "./cost/acts.ts";
import { plus, times, type Usage, usageOf } from "./cost/bill.ts";
import { MeteredEdge } from "./cost/edge.ts";
import { Camera, request, type Socket, Viewer } from "./cost/ends.ts";
import { differencesOf } from "./cost/model.ts";
import { observe } from "./cost/observe.ts";
import { type Row, report } from "./cost/report.ts";
import { JOINS, type JoinScenario, RENEWALS_PER_HOUR } from "./cost/scenarios.ts";
import type { Measurement } from "./measurement.ts";

/**
 * What does a join, an hour of watching and an idle day cost on Cloudflare? The built Worker runs in workerd with a
 * meter around it; requests, messages and rows are counted, never estimated, and then priced. TURN credentials come
 * from a stand-in for Cloudflare's API, so that what they cost is counted too; TURN traffic itself is not.
 */
export const needs = [
  { package: "chromium", file: "/usr/bin/chromium" },
  { package: "coturn", file: "/usr/bin/turnserver" },
];

const ROUNDS = 5;
const QUICK_ROUNDS = 1;
/** The scenario that a real join is counted beside. */
const OBSERVED = "page";
/** Longer than an object stays in memory, and than a sender counts as present without having answered a ping. */
const SILENCE_MS = 25_000;
const HOUR_MS = 3_600_000;

/** With `--quick` one round, and no silence: what follows from that is left out. */
export function read({ quick }: Measurement) {
  return { rounds: quick ? QUICK_ROUNDS : ROUNDS };
}

export async function run(measurement: Measurement, { rounds }: ReturnType<typeof read>): Promise<void> {
  await measurement.quiet();
  const real = await observe();
  const differences = JOINS.filter(({ name }) => name === OBSERVED).flatMap((scenario) => {
    return differencesOf(scenario, real.join, real.leave);
  });
  if (differences.length > 0) measurement.failed("the real join is not the one that is played", differences.join("; "));
  const leaving = usageOf(real.leave);
  const rows: Row[] = [
    { name: "camera comes online", per: "start", usage: usageOf(real.start) },
    { name: "page, Chromium here", per: "join", usage: plus(usageOf(real.join), leaving) },
  ];

  const publishKey = randomToken(32);
  const turnApi = await startTurnApi();
  await using edge = await MeteredEdge.open({
    PUBLISH_KEY: publishKey,
    TURN_KEY_ID: "cost",
    TURN_KEY_API_TOKEN: TURN_API_TOKEN,
    TURN_API_BASE: turnApi.url,
  });
  const camera = await Camera.open(edge.url, publishKey);
  for (const scenario of JOINS) {
    await edge.during(async () => camera.standby(scenario.standby ?? false));
    rows.push({ name: scenario.name, per: "join", usage: await joinOf(edge, camera, scenario, rounds) });
  }

  if (!measurement.quick) rows.push(...(await silences(edge, camera)));
  await camera.socket.close();
  await turnApi.close();
  report(measurement, rows, {
    joins: JOINS,
    differences,
    observed: { requests: real.join.requests, join: real.join.messages, leave: real.leave.messages },
    rounds,
    silenceMs: SILENCE_MS,
  });
}

/** An hour of watching, and a day without. */
async function silences(edge: MeteredEdge, camera: Camera): Promise<Row[]> {
  const alone = await silence(edge, camera, [camera.socket]);
  const viewer = new Viewer(camera);
  await viewer.socket.receive("welcome");
  viewer.offer(0);
  await viewer.socket.receive("answer");
  const watched = await silence(edge, camera, [camera.socket, viewer.socket]);
  const onSocket = JOINS.find(({ offer }) => offer === "socket");
  if (!onSocket) throw new Error("no scenario");
  const renewal = usageOf(await edge.during(() => renew(camera, viewer, 1, onSocket)));
  const hour = times(watched.usage, HOUR_MS / SILENCE_MS);
  await viewer.socket.close();
  return [
    { name: "viewer-hour", per: "viewer-hour", usage: hour },
    { name: "viewer-hour by TURN", per: "viewer-hour", usage: plus(hour, times(renewal, RENEWALS_PER_HOUR)) },
    { name: "idle day, camera alone", per: "idle day", ...perDay(alone) },
    { name: "idle day, silent viewer", per: "idle day", ...perDay(watched) },
  ];
}

/** Joining and leaving, as when an hour lies between them. */
async function joinOf(edge: MeteredEdge, camera: Camera, scenario: JoinScenario, rounds: number): Promise<Usage> {
  let sum: Usage | undefined;
  for (let round = 0; round < rounds; round++) {
    let leave = async () => {};
    const joining = await edge.during(async () => {
      leave = await join(camera, scenario);
    });
    const leaving = await edge.during(() => leave());
    const both = plus(usageOf(joining), usageOf(leaving));
    sum = sum ? plus(sum, both) : both;
  }
  if (!sum) throw new Error("no rounds");
  return times(sum, 1 / rounds);
}

interface Silence {
  usage: Usage;
  /** The object left memory, and its sender still counts as here: its pings were answered in its sleep. */
  slept: boolean;
}

async function silence(edge: MeteredEdge, camera: Camera, sockets: Socket[]): Promise<Silence> {
  const pongs = sockets.map((socket) => socket.pongs);
  const counts = await edge.during(() => sleep(SILENCE_MS));
  const answered = sockets.every((socket, i) => socket.pongs >= (pongs[i] ?? 0) + 2);
  if (!answered) throw new Error("the edge did not answer pings");
  let present = false;
  const look = await edge.during(async () => {
    const { text } = await request(camera.path, { method: "GET", token: camera.senderToken });
    present = JSON.parse(text).sender !== null;
  });
  return { usage: usageOf(counts), slept: present && look.objects.Session?.wakes === 1 };
}

function perDay({ usage, slept }: Silence) {
  return { usage: times(usage, (24 * HOUR_MS) / SILENCE_MS), slept };
}
