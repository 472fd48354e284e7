import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import type { Sightline } from "../support/processes.ts";
import { movingStamps, type SeenStamp, stamps } from "../support/stamps.ts";
import { SERVERS } from "./cases.ts";
import type { RouterRules } from "./lab/nat-rules.ts";
import { openLink, pathInUse } from "./lab/page.ts";
import { Scene } from "./lab/scene.ts";
import {
  cablePulled,
  mappingsFlushed,
  privateAddressChanged,
  publicAddressChanged,
  slowerNetwork,
  type Trouble,
  together,
  uplinkLost,
} from "./lab/trouble.ts";
import { it } from "./nat-test.ts";

/** Machines that run tests are slow and busy; the figure itself is printed. */
const SLACK = 3;
/** From the network's return to the picture's. */
const BACK_MS = 2_000;
/** A pause between frames that a person would call a standstill. */
const STANDSTILL_MS = 400;

interface Case {
  name: string;
  trouble: Trouble;
  /** How long it lasts; what does not pass leaves another network at once. */
  lastsS?: number;
  rules?: RouterRules;
}

const PORT: RouterRules = { mapping: "endpoint-independent", filtering: "address-and-port" };
const SYMMETRIC: RouterRules = { mapping: "symmetric" };

const CASES: Case[] = [
  { name: "the viewer's cable pulled for 2 s", trouble: cablePulled("viewer"), lastsS: 2 },
  { name: "the robot's cable pulled for 2 s", trouble: cablePulled("robot"), lastsS: 2 },
  { name: "the viewer's uplink lost for 8 s", trouble: uplinkLost("viewer"), lastsS: 8 },
  { name: "the robot's uplink lost for 8 s", trouble: uplinkLost("robot"), lastsS: 8 },
  {
    name: "the viewer's uplink lost and the robot's cable pulled for 40 s",
    trouble: together(uplinkLost("viewer"), cablePulled("robot")),
    lastsS: 40,
  },
  { name: "another private address for the viewer", trouble: privateAddressChanged("viewer") },
  { name: "another private address for the robot", trouble: privateAddressChanged("robot") },
  { name: "another public address for the viewer", trouble: publicAddressChanged("viewer") },
  { name: "another public address for the robot", trouble: publicAddressChanged("robot") },
  { name: "the viewer's mappings flushed, relayed", trouble: mappingsFlushed("viewer"), rules: SYMMETRIC },
  { name: "the robot's mappings flushed, relayed", trouble: mappingsFlushed("robot"), rules: SYMMETRIC },
  { name: "a slower network for the viewer", trouble: slowerNetwork("viewer", "900kbit") },
  { name: "a slower network for the robot", trouble: slowerNetwork("robot", "900kbit") },
];

/** One camera for all cases: what one leaves behind must not trouble the next. */
let scene: Scene | undefined;
afterAll(() => scene?.[Symbol.asyncDispose]());

it.for(CASES)("$name", { timeout: 120_000 }, async (each, { lab, turn: _, browserOn, certificate }) => {
  const { name, trouble, lastsS = 0, rules = PORT } = each;
  for (const side of ["robot", "viewer"] as const) lab.setRouters(side, rules);
  scene ??= await Scene.open(lab, SERVERS, certificate.authority);
  const { sender } = scene;
  const eventsBefore = sender.events.length;
  const page = await openLink(await browserOn("viewer"), await sender.link());
  try {
    await movingStamps(page, 30);
    const opened = await page.evaluate(() => performance.timeOrigin);
    const beganAtMs = Date.now();
    trouble.begin(lab);
    await sleep(lastsS * 1_000);
    trouble.end?.(lab);
    const returnedAtMs = Date.now();
    await untilSteady(page, returnedAtMs);
    const backMs = Math.round(lastStandstill(await stamps(page), beganAtMs) - returnedAtMs);
    const { local, remote } = await pathInUse(page);
    const made = await page.evaluate(() => globalThis.laboratoryConnections?.length);
    const said = `back ${Math.max(0, backMs)} ms after the network (target ${BACK_MS})`;
    console.log(`${name}: ${said}, ${local} to ${remote}, connection ${made}`);
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(opened);
    expect(viewersSince(sender, eventsBefore)).toHaveLength(1);
    expect(backMs).toBeLessThan(BACK_MS * SLACK);
  } finally {
    await page.close();
    trouble.restore?.(lab);
  }
});

/** Waits until the picture has moved without a standstill for longer than any fault takes to be noticed. */
async function untilSteady(page: Page, sinceMs: number): Promise<void> {
  for (;;) {
    const seen = await stamps(page);
    const atMs = Date.now();
    const steadySinceMs = lastStandstill([...seen, { seenAtMs: atMs } as SeenStamp], sinceMs);
    if (atMs - Math.max(steadySinceMs, sinceMs) > 3_000) return;
    if (atMs - sinceMs > 60_000) throw new Error("the picture stands still");
    await sleep(100);
  }
}

/** When the last standstill after that moment ended; the moment itself when there was none. */
function lastStandstill(seen: readonly SeenStamp[], sinceMs: number): number {
  const ends = seen.flatMap(({ seenAtMs }, i) => {
    const before = seen[i - 1]?.seenAtMs ?? seenAtMs;
    return seenAtMs > sinceMs && seenAtMs - before > STANDSTILL_MS ? [seenAtMs] : [];
  });
  return ends.at(-1) ?? sinceMs;
}

/** Whoever was connected to the camera from then on. */
function viewersSince({ events }: Sightline, from: number): unknown[] {
  const connected = events.slice(from).filter(({ event, state }) => event === "viewer" && state === "connected");
  return [...new Set(connected.map(({ id }) => id))];
}
