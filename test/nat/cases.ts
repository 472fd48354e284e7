import type { RouterRules } from "./lab/nat-rules.ts";
import { type Families, type Host, NOWHERE } from "./lab/topology.ts";

/** How the viewer's picture may come: what its ICE says of both ends. */
export type Path =
  | "direct"
  /** By the robot's TURN server, the viewer's, or both. */
  | "relay"
  /** By the viewer's, which it reaches so. */
  | "relay over tcp"
  | "relay over tls";

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
  /** What ICE may call the way to the camera, when it matters. */
  remote?: string[];
  /** From the page's opening to the first frame. Printed, and asserted with slack for slow machines. */
  targetMs: number;
}

const DIRECT_MS = 600;
const RELAY_MS = 1_300;
const TCP_MS = 2_000;
/** No target is set for a viewer without UDP. */
const VIEWER_TCP_MS = 2_500;
/** What a server that is dead may cost. */
const DEAD_MS = 500;

export const SECRET = { TURN_SHARED_SECRET: "a-shared-secret-of-the-laboratory" };
const STUN = { ICE_SERVERS: '[{"urls":"stun:turn.lab:3478"}]' };
const URLS = "turn:turn.lab:3478?transport=udp,turn:turn.lab:3478?transport=tcp,turns:turn.lab:443?transport=tcp";
/** As a deployment with its own coturn has them. */
export const SERVERS = { ...STUN, ...SECRET, TURN_URLS: URLS };

const OPEN: RouterRules = { mapping: "endpoint-independent", filtering: "endpoint-independent" };
const ADDRESS: RouterRules = { mapping: "endpoint-independent", filtering: "address" };
const PORT: RouterRules = { mapping: "endpoint-independent", filtering: "address-and-port" };
const SYMMETRIC: RouterRules = { mapping: "symmetric" };
const NO_UDP: RouterRules = { ...PORT, udp: false };
const WEB_ONLY: RouterRules = { ...NO_UDP, tcpPorts: [443, 8_787] };

export const CASES: Case[] = [
  { name: "endpoint-independent on both sides", robot: OPEN, viewer: OPEN, path: "direct", targetMs: DIRECT_MS },
  { name: "address-restricted on both sides", robot: ADDRESS, viewer: ADDRESS, path: "direct", targetMs: DIRECT_MS },
  { name: "port-restricted on both sides", robot: PORT, viewer: PORT, path: "direct", targetMs: DIRECT_MS },
  { name: "symmetric at the robot", robot: SYMMETRIC, viewer: ADDRESS, path: "direct", targetMs: DIRECT_MS },
  { name: "symmetric at the viewer", robot: ADDRESS, viewer: SYMMETRIC, path: "direct", targetMs: DIRECT_MS },
  { name: "symmetric on both sides", robot: SYMMETRIC, viewer: SYMMETRIC, path: "relay", targetMs: RELAY_MS },
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
  { name: "no UDP at either side", robot: NO_UDP, viewer: NO_UDP, path: "relay over tcp", targetMs: VIEWER_TCP_MS },
  {
    name: "two NATs in a row on both sides",
    robot: PORT,
    robotProvider: PORT,
    viewer: PORT,
    viewerProvider: PORT,
    path: "direct",
    targetMs: DIRECT_MS,
  },
  {
    name: "two NATs in a row, the provider's symmetric on both sides",
    robot: PORT,
    robotProvider: SYMMETRIC,
    viewer: PORT,
    viewerProvider: SYMMETRIC,
    path: "relay",
    targetMs: RELAY_MS,
  },
  {
    name: "IPv6 only",
    robot: PORT,
    viewer: PORT,
    families: { robot: "ip6", viewer: "ip6" },
    path: "direct",
    targetMs: DIRECT_MS,
  },
  {
    name: "IPv4 and IPv6, and IPv6 broken",
    robot: { ...PORT, ipv6: false },
    viewer: { ...PORT, ipv6: false },
    families: { robot: "both", viewer: "both" },
    path: "direct",
    targetMs: DIRECT_MS + DEAD_MS,
  },
  {
    name: "the TURN server down",
    robot: PORT,
    viewer: PORT,
    settings: { ...SERVERS, TURN_URLS: URLS.replaceAll("turn.lab", "nowhere.lab") },
    path: "direct",
    targetMs: DIRECT_MS + DEAD_MS,
  },
  {
    name: "STUN unreachable, and no TURN",
    robot: OPEN,
    viewer: OPEN,
    settings: { ...STUN_DEAD, TURN_URLS: "" },
    path: "none",
    says: /no relay/,
    targetMs: 8_000,
  },
  {
    name: "STUN unreachable, and TURN there",
    robot: PORT,
    viewer: PORT,
    settings: { ...SERVERS, ...STUN_DEAD },
    path: "any",
    targetMs: RELAY_MS + DEAD_MS,
  },
  {
    name: "the first of two STUN servers unreachable",
    robot: PORT,
    viewer: PORT,
    settings: { ...SERVERS, ICE_SERVERS: `[{"urls":["stun:${NOWHERE}:3478","stun:turn.lab:3478"]}]` },
    path: "direct",
    targetMs: DIRECT_MS + DEAD_MS,
  },
];
