import { createHmac } from "node:crypto";
import type { RouterRules } from "./lab/nat-rules.ts";
import { type Families, type Host, NOWHERE } from "./lab/topology.ts";
import { TURN_SECRET } from "./lab/turn.ts";

/** How the viewer's picture comes: what its ICE says of both ends. */
export type Path =
  | "direct"
  /** Whichever of the two: that there is a picture, and soon, is what matters. */
  | "direct or relay"
  /** By the robot's TURN server, the viewer's, or both. */
  | "relay"
  /** By the viewer's, which it reaches so. */
  | "relay over tcp"
  | "relay over tls"
  /** There is none, and the page says why. */
  | "none";

export interface Case {
  name: string;
  robot: RouterRules;
  viewer: RouterRules;
  robotProvider?: RouterRules;
  viewerProvider?: RouterRules;
  families?: Partial<Record<Host, Families>>;
  /** The edge's settings; {@link SERVERS} by default. */
  settings?: Record<string, string>;
  path: Path;
  /** Whose browser it is that watches; the viewer's by default. */
  watches?: Host;
  /** The machines behind the robot's router see only the router. */
  isolated?: boolean;
  /** Where there is no path: what the page says. */
  says?: RegExp;
  /** From the page's opening to the first frame, or to the words. Printed, and asserted with slack for slow machines. */
  targetMs: number;
}

const DIRECT_MS = 600;
const RELAY_MS = 1_300;
const TCP_MS = 2_000;
/** No target is set for a viewer without UDP. */
const VIEWER_TCP_MS = 2_500;
/** What a server that is dead may cost. */
const DEAD_MS = 500;
/** Until somebody who cannot be connected is told so. */
const WORDS_MS = 8_000;

const STUN = { ICE_SERVERS: '[{"urls":"stun:turn.lab:3478"}]' };
const STUN_DEAD = { ICE_SERVERS: `[{"urls":"stun:${NOWHERE}:3478"}]` };
const URLS = "turn:turn.lab:3478?transport=udp,turn:turn.lab:3478?transport=tcp,turns:turn.lab:443?transport=tcp";
/** As a deployment with its own coturn has them. */
export const SERVERS = { ...STUN, TURN_SHARED_SECRET: TURN_SECRET, TURN_URLS: URLS };
const REFUSED = { ...SERVERS, TURN_SHARED_SECRET: "not-the-one-of-the-server" };
const TURN_DOWN = { ...SERVERS, TURN_URLS: URLS.replaceAll("turn.lab", "nowhere.lab") };
/** Made as coturn's shared secret has it, for a moment long ago. */
const EXPIRED = { ICE_SERVERS: JSON.stringify([{ urls: URLS.split(","), ...credentialUntil(1_000_000) }]) };

function credentialUntil(epochSeconds: number) {
  const username = `${epochSeconds}:laboratory`;
  return { username, credential: createHmac("sha1", TURN_SECRET).update(username).digest("base64") };
}

const OPEN: RouterRules = { mapping: "endpoint-independent", filtering: "endpoint-independent" };
const ADDRESS: RouterRules = { mapping: "endpoint-independent", filtering: "address" };
const PORT: RouterRules = { mapping: "endpoint-independent", filtering: "address-and-port" };
const SYMMETRIC: RouterRules = { mapping: "symmetric" };
const NO_UDP: RouterRules = { ...PORT, udp: false };
const WEB_ONLY: RouterRules = { ...NO_UDP, tcpPorts: [443, 8_787] };

const bothSides = (name: string, rules: RouterRules, path: Path, targetMs: number, more: Partial<Case> = {}): Case => ({
  name,
  robot: rules,
  viewer: rules,
  path,
  targetMs,
  ...more,
});

const RELAYED = { path: "relay", targetMs: RELAY_MS } as const;

/** What routers do to packets. */
export const ROUTERS: Case[] = [
  bothSides("endpoint-independent on both sides", OPEN, "direct", DIRECT_MS),
  bothSides("address-restricted on both sides", ADDRESS, "direct", DIRECT_MS),
  bothSides("port-restricted on both sides", PORT, "direct", DIRECT_MS),
  { name: "symmetric at the robot", robot: SYMMETRIC, viewer: ADDRESS, path: "direct", targetMs: DIRECT_MS },
  { name: "symmetric at the viewer", robot: ADDRESS, viewer: SYMMETRIC, path: "direct", targetMs: DIRECT_MS },
  { name: "symmetric at the robot, port-restricted at the viewer", robot: SYMMETRIC, viewer: PORT, ...RELAYED },
  { name: "symmetric at the viewer, port-restricted at the robot", robot: PORT, viewer: SYMMETRIC, ...RELAYED },
  bothSides("symmetric on both sides", SYMMETRIC, "relay", RELAY_MS),
  bothSides("two NATs in a row on both sides", PORT, "direct", DIRECT_MS, {
    robotProvider: PORT,
    viewerProvider: PORT,
  }),
  bothSides("two NATs in a row, the provider's symmetric, on both sides", PORT, "relay", RELAY_MS, {
    robotProvider: SYMMETRIC,
    viewerProvider: SYMMETRIC,
  }),
];

/** What else may be closed: UDP, or all but the web. */
export const FIREWALLS: Case[] = [
  { name: "no UDP at the viewer", robot: PORT, viewer: NO_UDP, path: "relay over tcp", targetMs: VIEWER_TCP_MS },
  {
    name: "only the web at the viewer",
    robot: PORT,
    viewer: WEB_ONLY,
    path: "relay over tls",
    targetMs: VIEWER_TCP_MS,
  },
  { name: "no UDP at the robot", robot: NO_UDP, viewer: PORT, path: "relay", targetMs: TCP_MS },
  { name: "only the web at the robot", robot: WEB_ONLY, viewer: PORT, path: "relay", targetMs: TCP_MS },
  bothSides("no UDP at either side", NO_UDP, "relay over tcp", VIEWER_TCP_MS),
];

/** What else may be there: address families, neighbours. */
export const SURROUNDINGS: Case[] = [
  bothSides("IPv6 only", PORT, "direct", DIRECT_MS, { families: { robot: "ip6", viewer: "ip6" } }),
  {
    ...bothSides("IPv6 only, and no UDP at the robot", PORT, "relay", TCP_MS),
    robot: NO_UDP,
    families: { robot: "ip6", viewer: "ip6" },
  },
  bothSides("IPv4 and IPv6, and IPv6 broken", { ...PORT, ipv6: false }, "direct", DIRECT_MS + DEAD_MS, {
    families: { robot: "both", viewer: "both" },
  }),
  {
    ...bothSides("guests of one router, which sends them back in (hairpin)", OPEN, "direct", DIRECT_MS),
    robot: { ...OPEN, hairpinning: true },
    watches: "neighbour",
    isolated: true,
  },
  bothSides("guests of one router, which does not", PORT, "relay", RELAY_MS, { watches: "neighbour", isolated: true }),
  bothSides("neighbours on one network", SYMMETRIC, "direct", DIRECT_MS, { watches: "neighbour" }),
];

/** STUN and TURN servers that are missing, or refuse. */
export const SERVERS_AWAY: Case[] = [
  bothSides("the TURN server down", PORT, "direct", DIRECT_MS + DEAD_MS, { settings: TURN_DOWN }),
  bothSides("STUN unreachable, and TURN there", PORT, "direct or relay", RELAY_MS + DEAD_MS, {
    settings: { ...SERVERS, ...STUN_DEAD },
  }),
  bothSides("the first of two STUN servers unreachable", PORT, "direct", DIRECT_MS + DEAD_MS, {
    settings: { ...SERVERS, ICE_SERVERS: `[{"urls":["stun:${NOWHERE}:3478","stun:turn.lab:3478"]}]` },
  }),
  bothSides("TURN credentials refused, and not needed", PORT, "direct", DIRECT_MS, { settings: REFUSED }),
  bothSides("TURN credentials refused", SYMMETRIC, "none", WORDS_MS, { settings: REFUSED, says: /refuses the cred/ }),
  bothSides("TURN credentials expired", SYMMETRIC, "none", WORDS_MS, { settings: EXPIRED, says: /refuses the cred/ }),
  bothSides("the TURN server down, and needed", SYMMETRIC, "none", WORDS_MS, {
    settings: TURN_DOWN,
    says: /relay \(TURN server\) does not answer/,
  }),
  bothSides("no TURN server, and one needed", SYMMETRIC, "none", WORDS_MS, { settings: STUN, says: /no relay/ }),
];
