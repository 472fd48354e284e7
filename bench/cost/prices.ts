/**
 * Cloudflare's published prices in US dollars, Workers Paid plan ($5 a month, whose included amounts come first).
 * Read in a stored copy of the pages below, not on the live site: look again before relying on a figure.
 * Everything that is priced here is priced beyond those amounts, as for one camera more in a large fleet.
 */
export const PRICES = {
  readOn: "2026-11-21",
  sources: [
    "https://developers.cloudflare.com/workers/platform/pricing/",
    "https://developers.cloudflare.com/durable-objects/platform/pricing/",
  ],
  workerRequests: { usdPerMillion: 0.3, includedPerMonth: 10_000_000 },
  /** Milliseconds. Waiting costs nothing. */
  workerCpuMs: { usdPerMillion: 0.02, includedPerMonth: 30_000_000 },
  /** HTTP requests, RPC calls, WebSocket upgrades, alarms. */
  objectRequests: { usdPerMillion: 0.15, includedPerMonth: 1_000_000 },
  /** An object has 128 MB, whatever it uses. */
  objectGbS: { usdPerMillion: 12.5, includedPerMonth: 400_000 },
  rowsWritten: { usdPerMillion: 1, includedPerMonth: 50_000_000 },
  rowsRead: { usdPerMillion: 0.001, includedPerMonth: 25_000_000_000 },
} as const;

/** Incoming WebSocket messages that make one request; outgoing ones and auto-responses are free. */
export const MESSAGES_PER_REQUEST = 20;
export const OBJECT_GB = 0.128;
/** How long an idle object stays in memory. The price list does not charge for it; it is counted apart. */
export const HIBERNATION_MS = 10_000;
