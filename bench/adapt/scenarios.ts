/** A network that changes, as data: what `bench adapt` makes of the kernel's own queue and a path with a length. */
export interface Scenario {
  name: string;
  durationMs: number;
  /** The bottleneck's rate: stairs between these points, one step where two share a moment. */
  rate: { atMs: number; bps: number }[];
  /** How much waits before the bottleneck drops, in time at its first rate. */
  queueMs: number;
  /** One way; the round trip is twice that. */
  delayMs: number;
  path?: PathFaults;
  /** When each camera's viewer comes; each has a camera and a connection of its own. */
  flowsAtMs: number[];
  /** A download by TCP, through the same queue, begins then; with this congestion control, whatever the machine's own is. */
  tcp?: { atMs: number; control: "cubic" | "bbr" };
  /** The picture has no detail, and so needs next to no bitrate, until then. */
  plainUntilMs?: number;
}

/** What the path does to packets towards the viewer; in order, whatever happens. */
export interface PathFaults {
  /** Share of packets, 0..1, each by itself. */
  loss?: number;
  /** Everything is lost this long, this often. */
  burst?: { everyMs: number; lastingMs: number };
  /** Up to so much more delay, evenly spread. */
  jitterMs?: number;
}

const MBPS = 1_000_000;
const steady = (bps: number) => [{ atMs: 0, bps }];

const base = { durationMs: 13_000, rate: steady(3 * MBPS), queueMs: 300, delayMs: 20, flowsAtMs: [0] };

const againstTcp = { ...base, durationMs: 18_000, queueMs: 150 };

/** At each change the kernel gives its bucket away anew: at 3,200 bytes each half second that is 0.05 Mbps. */
export const RATE_STEP_MS = 500;
/** From the first detail in the picture until the encoder has made more of it than of the plain one, whosever it is. */
const DETAIL_AFTER_MS = 1_000;

/** When the link of the scenario that changes falls, and heals. */
export const FALLS_AT_MS = 8_000;
export const HEALS_AT_MS = 18_000;

export const SCENARIOS: Scenario[] = [
  { ...base, name: "steady" },
  { ...base, name: "wide", rate: steady(10 * MBPS) },
  {
    ...base,
    name: "drop",
    durationMs: 28_000,
    rate: [
      { atMs: 0, bps: 3 * MBPS },
      { atMs: FALLS_AT_MS, bps: 3 * MBPS },
      { atMs: FALLS_AT_MS, bps: 0.5 * MBPS },
      { atMs: HEALS_AT_MS, bps: 0.5 * MBPS },
      { atMs: HEALS_AT_MS, bps: 3 * MBPS },
    ],
  },
  {
    ...base,
    name: "ramp",
    durationMs: 22_000,
    rate: [
      { atMs: 4_000, bps: 3 * MBPS },
      { atMs: 12_000, bps: MBPS },
      { atMs: 20_000, bps: 3 * MBPS },
    ],
  },
  { ...base, name: "deep buffer", queueMs: 1_500 },
  { ...base, name: "shallow buffer", queueMs: 40 },
  { ...base, name: "random loss", path: { loss: 0.03 } },
  { ...base, name: "burst loss", path: { burst: { everyMs: 2_000, lastingMs: 40 } } },
  { ...base, name: "long way", durationMs: 16_000, delayMs: 100 },
  { ...base, name: "jitter", path: { jitterMs: 20 } },
  { ...base, name: "two flows", durationMs: 22_000, flowsAtMs: [0, 6_000] },
  { ...againstTcp, name: "against TCP", tcp: { atMs: 6_000, control: "cubic" } },
  { ...againstTcp, name: "against BBR", tcp: { atMs: 6_000, control: "bbr" } },
  { ...base, name: "application-limited", plainUntilMs: 6_000 },
];

/** The bottleneck's rate at a moment of the scenario; on its way from one point to another it changes each half second. */
export function rateAt({ rate }: Pick<Scenario, "rate">, atMs: number): number {
  let before = rate[0];
  for (const point of rate) {
    if (point.atMs > atMs) {
      if (!before || before === point) return point.bps;
      const stepAtMs = Math.floor((atMs - before.atMs) / RATE_STEP_MS) * RATE_STEP_MS;
      const along = stepAtMs / (point.atMs - before.atMs);
      return before.bps + along * (point.bps - before.bps);
    }
    before = point;
  }
  return before?.bps ?? 0;
}

/** From when on rates count: what is sent of a plain picture tells what the encoder spends, not what the network carries. */
export function rateCountsFromMs({ plainUntilMs }: Pick<Scenario, "plainUntilMs">): number {
  return plainUntilMs === undefined ? 0 : plainUntilMs + DETAIL_AFTER_MS;
}

/** How deep its queue is: bytes are what the kernel is told, so that a slower link takes longer to empty it. */
export function queueText({ rate, queueMs }: Pick<Scenario, "rate" | "queueMs">): string {
  const firstBps = rate[0]?.bps ?? 0;
  const leastBps = Math.min(...rate.map(({ bps }) => bps));
  return `queue ${queueMs} ms at ${firstBps / MBPS} Mbps, ${(queueMs * firstBps) / leastBps} ms at ${leastBps / MBPS}`;
}
