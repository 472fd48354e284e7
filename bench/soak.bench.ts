import { setTimeout as sleep } from "node:timers/promises";
import { comeAndGo, ShowProcess } from "../test/support/coming-and-going.ts";
import { table } from "./figures.ts";
import type { Measurement } from "./measurement.ts";
import { growthOf } from "./soak/growth.ts";

/** Does the sender's memory stay flat while viewers come and go for half an hour? */
export const needs: { package: string; file: string }[] = [];

const MINUTES = 30;
const WARM_ROUNDS = 10;
/** The camera, too, comes and goes: it closes five seconds after the last viewer left. */
const CLOSES_EVERY_ROUNDS = 10;
const CLOSED_AFTER_MS = 5_500;
const MIB = 1024 * 1024;

interface Sample {
  minute: number;
  viewersSoFar: number;
  heapMiB: number;
  heapPagesMiB: number;
  buffersMiB: number;
  allocatedMiB: number;
  residentMiB: number;
  sockets: number;
  timers: number;
}

/** `--minutes 5` asks for less, `--quick` for one */
export function read(measurement: Measurement) {
  return { minutes: measurement.count("--minutes", measurement.quick ? 1 : MINUTES) };
}

export async function run(measurement: Measurement, { minutes }: ReturnType<typeof read>): Promise<void> {
  await measurement.quiet();
  using show = new ShowProcess();
  let rounds = 0;
  for (; rounds < WARM_ROUNDS; rounds++) await comeAndGo(show, rounds);
  const startMs = performance.now();
  const samples: Sample[] = [];
  for (let minute = 0; minute <= minutes; minute++) {
    while (performance.now() - startMs < minute * 60_000) {
      await comeAndGo(show, rounds++);
      if (rounds % CLOSES_EVERY_ROUNDS === 0) await sleep(CLOSED_AFTER_MS);
    }
    const { heapBytes, heapPagesBytes, bufferBytes, allocatedBytes, residentBytes, resources } = await show.held();
    const sample = {
      minute,
      viewersSoFar: rounds * 4,
      heapMiB: heapBytes / MIB,
      heapPagesMiB: heapPagesBytes / MIB,
      buffersMiB: bufferBytes / MIB,
      allocatedMiB: allocatedBytes / MIB,
      residentMiB: residentBytes / MIB,
      sockets: resources.UDPWrap ?? 0,
      timers: resources.Timeout ?? 0,
    };
    samples.push(sample);
    if (!measurement.json) console.log(JSON.stringify(sample));
  }
  const rows = samples.map((s) => [
    s.minute,
    s.viewersSoFar,
    s.heapMiB.toFixed(1),
    Math.round(s.heapPagesMiB),
    s.buffersMiB.toFixed(1),
    s.allocatedMiB.toFixed(1),
    Math.round(s.residentMiB),
    s.sockets,
    s.timers,
  ]);
  const text = table(
    [
      "minute",
      "viewers so far",
      "heap MiB",
      "its pages",
      "buffers MiB",
      "allocated MiB",
      "resident MiB",
      "sockets",
      "timers",
    ],
    rows,
  );
  const heap = growthOf(samples.map(({ minute, heapMiB }) => ({ minute, mib: heapMiB })));
  const allocated = growthOf(samples.map(({ minute, allocatedMiB }) => ({ minute, mib: allocatedMiB })));
  const resident = growthOf(samples.map(({ minute, residentMiB }) => ({ minute, mib: residentMiB })));
  const grown = Object.entries({ heap, allocated, resident }).map(([name, { mibPerHour, atMostMibPerHour }]) => [
    name,
    mibPerHour.toFixed(2),
    atMostMibPerHour.toFixed(2),
  ]);
  const growth = table(["grows", "MiB an hour", "at most"], grown);
  measurement.publish(`${text}\n\n${growth}`, { minutes, growth: { heap, allocated, resident }, samples });
}
