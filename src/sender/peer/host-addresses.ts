import { promises as dns } from "node:dns";
import { isIP } from "node:net";
import { outwardAddresses } from "../addresses.ts";

export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/** How long an answer is used; a server that moves is found again within this time. */
const KEPT_MS = 60_000;
/** How long a name that nobody knew is not asked for again. */
const FAILED_KEPT_MS = 5_000;

const known = new Map<string, { untilMs: number; addresses: Promise<HostAddress[]> }>();

/**
 * The addresses behind a name, IPv4 first. Each name is asked for once at a time: where DNS is dead every question blocks
 * one of the few threads that Node has for such things, and for encoding, for many seconds.
 * @throws when the name means nothing
 */
export function addressesOf(host: string): Promise<HostAddress[]> {
  const family = isIP(host);
  if (family === 4 || family === 6) return Promise.resolve([{ address: host, family }]);
  const before = known.get(host);
  if (before && before.untilMs > performance.now()) return before.addresses;
  const addresses = dns
    .lookup(host, { all: true, order: "ipv4first" })
    .then((found) =>
      found.map(({ address, family }) => ({ address, family: family === 6 ? (6 as const) : (4 as const) })),
    );
  // Until it is answered there is nothing newer to be had.
  const entry = { untilMs: Number.POSITIVE_INFINITY, addresses };
  known.set(host, entry);
  const keepFor = (keptMs: number) => {
    entry.untilMs = performance.now() + keptMs;
  };
  addresses.then(
    () => keepFor(KEPT_MS),
    () => keepFor(FAILED_KEPT_MS),
  );
  return addresses;
}

/** The families of which this machine has an address that reaches further than itself and its cable. */
export function localFamilies(): (4 | 6)[] {
  const outward = outwardAddresses();
  const families = ([4, 6] as const).filter((family) => outward.some((address) => isIP(address) === family));
  return families.length > 0 ? families : [4, 6];
}
