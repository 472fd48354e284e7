/**
 * Stands for Cloudflare's rate limiting binding on one's own machine: one process, so counting in memory is exact,
 * where a counter on disk would cost every join a write.
 */
interface Settings {
  /** How often in a period; null for any number. From the environment it comes as text. */
  limit: number | string | null;
  periodMs: number;
}

/** Keys within one period; beyond them the count starts over, so that a flood of addresses fills no memory. */
const KEYS_MAX = 100_000;

export default function makeRateLimit({ limit, periodMs }: Settings): RateLimit {
  const most = limit === null ? Number.POSITIVE_INFINITY : Number(limit);
  let counts = new Map<string, number>();
  let startedMs = 0;
  return {
    async limit({ key }) {
      const nowMs = Date.now();
      // Not within the period also when the clock was set back.
      if (Math.abs(nowMs - startedMs) >= periodMs || counts.size >= KEYS_MAX) {
        counts = new Map();
        startedMs = nowMs;
      }
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= most };
    },
  };
}
