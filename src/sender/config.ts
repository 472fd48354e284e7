/** What the command line comes to, for those who act on it. */

export interface EdgeConfig {
  host: string;
  port: number;
  /** Bind every interface and print links that other machines on this network can open. */
  lan: boolean;
  /** A reverse proxy stands before the edge, and says where its clients are. */
  trustProxy: boolean;
  stateDir: string;
}

export interface ServeConfig extends EdgeConfig {
  json: boolean;
}

/** Where Prometheus reads. */
export interface MetricsConfig {
  host: string;
  /** 0 for any free one. */
  port: number;
}

export interface SendConfig extends EdgeConfig {
  /** Another edge's origin; without one the edge runs here. */
  edge?: string;
  publishKey?: string;
  /** A name of the owner's choice, whose links outlive the process. */
  session?: string;
  cameras: string[];
  width?: number;
  height?: number;
  fps?: number;
  bitrateBps: number;
  /** One of `RECIPES`, or `auto`. */
  encoder: string;
  /** The session ends this long after its creation. */
  expiresMs?: number;
  maxViewers?: number;
  /** Let standard WHEP players in, which cannot prove anything: for them the edge is trusted. */
  whep: boolean;
  /** Send through TURN only. */
  relayOnly: boolean;
  /** The user's own choice of playout delay, 0 to 500; by default it follows each viewer's network. */
  playoutMs?: number;
  /** How often `--json` tells how it goes. */
  statsEveryMs?: number;
  metrics?: MetricsConfig;
  json: boolean;
}

/** A command to a session that runs, from the machine that keeps its identity. */
export interface OwnerConfig {
  action: "status" | "rotate" | "kick" | "end";
  stateDir: string;
  /** May be left out when one session alone is kept here. */
  session?: string;
  edge?: string;
  /** For `rotate`: which links. */
  roles: ("viewer" | "operator")[];
  /** For `kick`. */
  viewer?: string;
  json: boolean;
}

export type Command =
  | { kind: "text"; text: string }
  | { kind: "send"; config: SendConfig }
  | { kind: "serve"; config: ServeConfig }
  | { kind: "owner"; config: OwnerConfig };
