import { parseArgs } from "node:util";
import * as v from "valibot";
import { ViewerId } from "../../protocol/ids.ts";
import type { Command, OwnerConfig, SendConfig } from "../config.ts";
import { usageError } from "../errors.ts";
import { readPublishKey } from "../publish-key.ts";
import { HELP } from "./help.ts";
import {
  type Environment,
  readBitrate,
  readCameras,
  readEdgeConfig,
  readEdgeUrl,
  readEncoder,
  readExpires,
  readFlags,
  readFps,
  readMaxViewers,
  readMetrics,
  readPlayout,
  readSessionId,
  readSize,
  readStateDir,
  readStatsEvery,
} from "./readers.ts";
import { versionLine } from "./version.ts";

const COMMON = {
  state: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

const SERVE = {
  ...COMMON,
  host: { type: "string" },
  port: { type: "string" },
  lan: { type: "boolean" },
  "trust-proxy": { type: "boolean" },
} as const;

const SEND = {
  ...SERVE,
  edge: { type: "string" },
  session: { type: "string" },
  camera: { type: "string", multiple: true },
  size: { type: "string" },
  fps: { type: "string" },
  bitrate: { type: "string" },
  encoder: { type: "string" },
  expires: { type: "string" },
  "max-viewers": { type: "string" },
  whep: { type: "boolean" },
  "relay-only": { type: "boolean" },
  playout: { type: "string" },
  stats: { type: "string" },
  metrics: { type: "string" },
} as const;

const OWNER = {
  ...COMMON,
  edge: { type: "string" },
  session: { type: "string" },
  role: { type: "string" },
} as const;

const DEFAULT_BITRATE_BPS = 2_500_000;

/**
 * Reads the command line.
 * @throws SenderError of reason `usage` that names the flag and what it takes
 */
export function parseCommand(argv: string[], env: Environment): Command {
  const [command, ...rest] = argv;
  switch (command) {
    case undefined:
    case "help":
    case "--help":
    case "-h":
      return { kind: "text", text: HELP };
    case "--version":
      return { kind: "text", text: versionLine() };
    case "send":
      return parseSend(rest, env);
    case "serve":
      return parseServe(rest, env);
    case "status":
    case "rotate":
    case "kick":
    case "end":
      return parseOwner(command, rest, env);
    default:
      throw usageError(`"${command}" is no command. There are: send, serve, status, rotate, kick, end. Try --help.`);
  }
}

function parseSend(args: string[], env: Environment): Command {
  const values = readFlags(() => parseArgs({ args, options: SEND, strict: true, allowPositionals: false }).values);
  if (values.help) return { kind: "text", text: HELP };
  if (values.version) return { kind: "text", text: versionLine() };
  if (values.edge !== undefined && (values.lan || values.port || values.host || values["trust-proxy"])) {
    const message =
      "--host, --port, --lan and --trust-proxy are for the edge on this machine; with --edge there is none.";
    throw usageError(`${message} Leave one out.`);
  }
  // Whoever says how the edge here is to be wants it.
  const here = values.lan || values.port !== undefined || values.host !== undefined || values["trust-proxy"];
  const edge = values.edge ?? (here ? undefined : env.SIGHTLINE_EDGE || undefined);
  const publishKey = readPublishKey("SIGHTLINE_PUBLISH_KEY", env.SIGHTLINE_PUBLISH_KEY);
  const config: SendConfig = {
    ...readEdgeConfig(values, env),
    ...(edge !== undefined ? { edge: readEdgeUrl(edge) } : {}),
    ...(publishKey !== undefined ? { publishKey } : {}),
    ...(values.session !== undefined ? { session: readSessionId(values.session) } : {}),
    cameras: readCameras(values.camera ?? ["pattern"]),
    ...(values.size !== undefined ? readSize(values.size) : {}),
    ...(values.fps !== undefined ? { fps: readFps(values.fps) } : {}),
    bitrateBps: values.bitrate === undefined ? DEFAULT_BITRATE_BPS : readBitrate(values.bitrate),
    encoder: values.encoder === undefined ? "x264" : readEncoder(values.encoder),
    ...(values.expires !== undefined ? { expiresMs: readExpires(values.expires) } : {}),
    ...(values["max-viewers"] !== undefined ? { maxViewers: readMaxViewers(values["max-viewers"]) } : {}),
    whep: values.whep ?? false,
    relayOnly: values["relay-only"] ?? false,
    ...(values.playout !== undefined ? readPlayout(values.playout) : {}),
    ...(values.stats !== undefined ? { statsEveryMs: readStatsEvery(values.stats) } : {}),
    ...(values.metrics !== undefined ? { metrics: readMetrics(values.metrics) } : {}),
    json: values.json ?? false,
  };
  if (config.statsEveryMs && !config.json) {
    throw usageError("--stats is for programs: give --json with it. On a terminal a live line says the same.");
  }
  if (config.cameras.length > 1) {
    throw usageError(
      "This version streams one camera in a session. Give --camera once. Start one `sightline send --session NAME` for each camera, all on one edge: docs/deploy.md, Several cameras.",
    );
  }
  return { kind: "send", config };
}

function parseServe(args: string[], env: Environment): Command {
  const values = readFlags(() => parseArgs({ args, options: SERVE, strict: true, allowPositionals: false }).values);
  if (values.help) return { kind: "text", text: HELP };
  if (values.version) return { kind: "text", text: versionLine() };
  return { kind: "serve", config: { ...readEdgeConfig(values, env), json: values.json ?? false } };
}

function parseOwner(action: OwnerConfig["action"], args: string[], env: Environment): Command {
  // One viewer's id in sixty-four begins as a flag does.
  const ids = action === "kick" ? args.filter((arg) => arg.startsWith("-") && v.is(ViewerId, arg)) : [];
  const others = args.filter((arg) => !ids.includes(arg));
  const { values, positionals } = readFlags(() =>
    parseArgs({ args: others, options: OWNER, strict: true, allowPositionals: action === "kick" }),
  );
  if (values.help) return { kind: "text", text: HELP };
  if (values.version) return { kind: "text", text: versionLine() };
  const [viewer, ...more] = [...ids, ...positionals];
  if (action === "kick" && (viewer === undefined || more.length > 0)) {
    throw usageError("sightline kick takes one viewer's id, as the sender prints it when the viewer joins.");
  }
  const config: OwnerConfig = {
    action,
    stateDir: readStateDir(values.state, env),
    ...(values.session !== undefined ? { session: readSessionId(values.session) } : {}),
    ...(values.edge !== undefined ? { edge: readEdgeUrl(values.edge) } : {}),
    roles: readRoles(values.role),
    ...(viewer !== undefined ? { viewer } : {}),
    json: values.json ?? false,
  };
  return { kind: "owner", config };
}

function readRoles(text: string | undefined): OwnerConfig["roles"] {
  if (text === undefined || text === "both") return ["viewer", "operator"];
  if (text === "viewer" || text === "operator") return [text];
  throw usageError(`--role takes viewer, operator or both, not "${text}".`);
}
