import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isSessionId } from "../protocol/ids.ts";
import { parseBitrateBps, parseSize } from "../protocol/units.ts";
import { usageError } from "./errors.ts";

export interface EdgeConfig {
  host: string;
  port: number;
  /** Bind every interface and print links that other machines on this network can open. */
  lan: boolean;
  /** A reverse proxy stands before the edge, and says where its clients are. */
  trustProxy: boolean;
  stateDir: string;
}

export interface SendConfig extends EdgeConfig {
  /** Another edge's origin; without one the edge runs here. */
  edge?: string;
  publishKey?: string;
  session?: string;
  cameras: string[];
  width?: number;
  height?: number;
  fps?: number;
  bitrateBps: number;
  json: boolean;
}

export type Command =
  | { kind: "help"; text: string }
  | { kind: "send"; config: SendConfig }
  | { kind: "serve"; config: ServeConfig };

export interface ServeConfig extends EdgeConfig {
  json: boolean;
}

const DEFAULT_BITRATE_BPS = 2_500_000;
const DEFAULT_PORT = 8787;

const HELP = `Sightline shares a camera with a link.

  sightline send [options]     capture a camera and print its link
  sightline serve [options]    run the edge alone, for senders elsewhere

send
  --camera SRC       pattern (default), /dev/video0, a file, or an rtsp:// or http:// address
  --size 1280x720    greatest picture size      --fps 30         greatest frame rate
  --bitrate 2.5M     target, per viewer         --session ID     keep this id, and its links, across restarts
  --edge URL         use this edge instead of one on this machine (or SIGHTLINE_EDGE);
                     creating sessions there takes SIGHTLINE_PUBLISH_KEY

both
  --host 127.0.0.1   address to listen on       --port 8787      0 takes any free one
  --lan              listen on every interface, print a link and a QR code for this network
  --trust-proxy      a reverse proxy is in front, and nobody else reaches this port: believe its X-Forwarded-For
  --state DIR        where ids and keys are kept (default ~/.local/state/sightline)
  --json             one JSON object a line on stdout, for programs

Exit codes: 0 ended as asked, 1 failed while running, 2 wrong usage, 3 edge unreachable or refused,
4 camera or encoder unusable.
`;

const COMMON = {
  host: { type: "string" },
  port: { type: "string" },
  lan: { type: "boolean" },
  "trust-proxy": { type: "boolean" },
  state: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const SEND = {
  ...COMMON,
  edge: { type: "string" },
  session: { type: "string" },
  camera: { type: "string", multiple: true },
  size: { type: "string" },
  fps: { type: "string" },
  bitrate: { type: "string" },
} as const;

type Environment = Record<string, string | undefined>;

/**
 * Reads the command line.
 * @throws SenderError of reason `usage` that names the flag and what it takes
 */
export function parseCommand(argv: string[], env: Environment): Command {
  const [command, ...rest] = argv;
  if (command === undefined || command === "help" || command === "--help" || command === "-h") {
    return { kind: "help", text: HELP };
  }
  if (command === "send") return parseSend(rest, env);
  if (command === "serve") return parseServe(rest, env);
  throw usageError(`"${command}" is no command. There are: sightline send, sightline serve. Try sightline --help.`);
}

function parseSend(args: string[], env: Environment): Command {
  const values = readFlags(() => parseArgs({ args, options: SEND, strict: true, allowPositionals: false }).values);
  if (values.help) return { kind: "help", text: HELP };
  const edge = values.edge ?? env.SIGHTLINE_EDGE;
  const config: SendConfig = {
    ...readEdgeConfig(values, env),
    ...(edge ? { edge: readEdgeUrl(edge) } : {}),
    ...(env.SIGHTLINE_PUBLISH_KEY ? { publishKey: env.SIGHTLINE_PUBLISH_KEY } : {}),
    ...(values.session !== undefined ? { session: readSessionId(values.session) } : {}),
    cameras: values.camera ?? ["pattern"],
    ...(values.size !== undefined ? readSize(values.size) : {}),
    ...(values.fps !== undefined ? { fps: readFps(values.fps) } : {}),
    bitrateBps: values.bitrate === undefined ? DEFAULT_BITRATE_BPS : readBitrate(values.bitrate),
    json: values.json ?? false,
  };
  if (edge && (values.lan || values.port || values.host || values["trust-proxy"])) {
    throw usageError(
      "--host, --port, --lan and --trust-proxy are for the edge on this machine; with --edge there is none. Leave one out.",
    );
  }
  if (config.cameras.length > 1) throw usageError("This version streams one camera in a session. Give --camera once.");
  return { kind: "send", config };
}

function parseServe(args: string[], env: Environment): Command {
  const values = readFlags(() => parseArgs({ args, options: COMMON, strict: true, allowPositionals: false }).values);
  if (values.help) return { kind: "help", text: HELP };
  return { kind: "serve", config: { ...readEdgeConfig(values, env), json: values.json ?? false } };
}

function readFlags<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // The parser's own sentence names the flag; what follows it is advice for programmers.
    const sentence = error instanceof Error ? error.message.split(". ")[0] : "The flags cannot be read";
    throw usageError(`${sentence}. Try sightline --help.`);
  }
}

function readEdgeConfig(
  values: { host?: string; port?: string; lan?: boolean; "trust-proxy"?: boolean; state?: string },
  env: Environment,
): EdgeConfig {
  if (values.lan && values.host) throw usageError("--lan listens on every interface, --host on one. Leave one out.");
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || values.port === "") {
    throw usageError(`--port takes a number from 0 to 65535, not "${values.port}".`);
  }
  return {
    host: values.lan ? "0.0.0.0" : (values.host ?? "127.0.0.1"),
    port,
    lan: values.lan ?? false,
    trustProxy: values["trust-proxy"] ?? false,
    stateDir: values.state ?? join(env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "sightline"),
  };
}

function readEdgeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usageError(`--edge takes an address such as https://sightline.example.workers.dev, not "${text}".`);
  }
  if (url.username || url.password)
    throw usageError("--edge takes no user name or password; use SIGHTLINE_PUBLISH_KEY.");
  return url.origin;
}

function readSessionId(text: string): string {
  if (isSessionId(text)) return text;
  throw usageError(`--session takes 3 to 64 characters out of A-Z a-z 0-9 _ -, not "${text}".`);
}

function readSize(text: string): { width: number; height: number } {
  const size = parseSize(text);
  if (size) return size;
  throw usageError(`--size takes an even width and height such as 1280x720, not "${text}".`);
}

function readFps(text: string): number {
  const fps = Number(text);
  if (text !== "" && fps >= 1 && fps <= 240) return fps;
  throw usageError(`--fps takes a number from 1 to 240, not "${text}".`);
}

function readBitrate(text: string): number {
  const bitrateBps = parseBitrateBps(text);
  if (bitrateBps) return bitrateBps;
  throw usageError(`--bitrate takes 50k to 100M, such as 800k or 2.5M, not "${text}".`);
}
