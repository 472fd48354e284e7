import { homedir } from "node:os";
import { join } from "node:path";
import { isSessionId } from "../../protocol/ids.ts";
import { SESSION_TTL_MAX_MS, SESSION_TTL_MIN_MS, VIEWERS_HARD_MAX } from "../../protocol/limits.ts";
import { FPS_MAX, FPS_MIN, parseBitrateBps, parseDurationMs, parseSize } from "../../protocol/units.ts";
import type { EdgeConfig, MetricsConfig } from "../config.ts";
import { PLAYOUT_MAX_MS } from "../congestion/playout.ts";
import { BAD_PORTS } from "../edge/bad-ports.ts";
import { usageError } from "../errors.ts";

/** Each reads one flag's text, or throws a sentence that names the flag and what it takes. */

export type Environment = Record<string, string | undefined>;

const DEFAULT_PORT = 8787;

export function readFlags<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // The parser's own sentence names the flag; what follows it is advice for programmers.
    const sentence = error instanceof Error ? error.message.split(". ")[0] : "The flags cannot be read";
    // An address without its flag may have a password in it.
    if (sentence?.includes("://"))
      throw usageError("An address needs its flag before it: --camera or --edge. Try --help.");
    throw usageError(`${sentence}. Try --help.`);
  }
}

export function readStateDir(state: string | undefined, env: Environment): string {
  if (state === "") throw usageError('--state takes a folder, not "".');
  return state ?? join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "sightline");
}

export function readEdgeConfig(
  values: { host?: string; port?: string; lan?: boolean; "trust-proxy"?: boolean; state?: string },
  env: Environment,
): EdgeConfig {
  // An empty one would be every interface, where somebody's variable was not set.
  if (values.host === "") throw usageError('--host takes an address of this machine, not "".');
  if (values.lan && values.host) throw usageError("--lan listens on every interface, --host on one. Leave one out.");
  return {
    host: values.lan ? "0.0.0.0" : (values.host ?? "127.0.0.1"),
    port: values.port === undefined ? DEFAULT_PORT : readPort(values.port),
    lan: values.lan ?? false,
    trustProxy: values["trust-proxy"] ?? false,
    stateDir: readStateDir(values.state, env),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || text === "") {
    throw usageError(`--port takes a number from 0 to 65535, not "${text}".`);
  }
  if (!BAD_PORTS.has(port)) return port;
  throw usageError(`Browsers open no page on port ${port}, which is another protocol's. Choose another with --port.`);
}

export function readEdgeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usageError(`--edge takes an address such as https://sightline.example.workers.dev, not "${text}".`);
  }
  if (url.username || url.password) {
    throw usageError("--edge takes no user name or password; use SIGHTLINE_PUBLISH_KEY.");
  }
  return url.origin;
}

export function readSessionId(text: string): string {
  if (isSessionId(text)) return text;
  throw usageError(`--session takes 3 to 64 characters out of A-Z a-z 0-9 _ -, not "${text}".`);
}

/** Where somebody's variable was not set, an empty one would be this folder. */
export function readCameras(sources: string[]): string[] {
  if (!sources.includes("")) return sources;
  throw usageError('--camera takes pattern, /dev/video0, a file, or an rtsp:// or http:// address, not "".');
}

export function readSize(text: string): { width: number; height: number } {
  const size = parseSize(text);
  if (size) return size;
  throw usageError(`--size takes an even width and height such as 1280x720, not "${text}".`);
}

export function readFps(text: string): number {
  const fps = Number(text);
  if (text !== "" && fps >= FPS_MIN && fps <= FPS_MAX) return fps;
  throw usageError(`--fps takes a number from ${FPS_MIN} to ${FPS_MAX}, not "${text}".`);
}

export function readBitrate(text: string): number {
  const bitrateBps = parseBitrateBps(text);
  if (bitrateBps) return bitrateBps;
  throw usageError(`--bitrate takes 50k to 100M, such as 800k or 2.5M, not "${text}".`);
}

const ENCODERS = ["auto", "x264", "nvenc", "qsv", "amf", "v4l2m2m"];

export function readEncoder(text: string): string {
  if (ENCODERS.includes(text)) return text;
  throw usageError(`--encoder takes ${ENCODERS.slice(0, -1).join(", ")} or ${ENCODERS.at(-1)}, not "${text}".`);
}

export function readExpires(text: string): number {
  const ms = parseDurationMs(text);
  if (ms && ms >= SESSION_TTL_MIN_MS && ms <= SESSION_TTL_MAX_MS) return ms;
  throw usageError(`--expires takes 1s to 366d, such as 30m or 2h, not "${text}".`);
}

export function readMaxViewers(text: string): number {
  const count = Number(text);
  if (text !== "" && Number.isInteger(count) && count >= 1 && count <= VIEWERS_HARD_MAX) return count;
  throw usageError(`--max-viewers takes a number from 1 to ${VIEWERS_HARD_MAX}, not "${text}".`);
}

/** Nothing for `auto`: each viewer's then follows its network. */
export function readPlayout(text: string): { playoutMs?: number } {
  if (text === "auto") return {};
  const playoutMs = Number(text);
  if (/^\d+$/.test(text) && playoutMs <= PLAYOUT_MAX_MS) return { playoutMs };
  throw usageError(`--playout takes auto, or 0 to ${PLAYOUT_MAX_MS} milliseconds, not "${text}".`);
}

export function readStatsEvery(text: string): number {
  const seconds = Number(text);
  if (text !== "" && seconds >= 1 && seconds <= 3_600) return seconds * 1_000;
  throw usageError(`--stats takes 1 to 3600 seconds, not "${text}".`);
}

/** `9464`, `0.0.0.0:9464` or `[::1]:9464`. */
export function readMetrics(text: string): MetricsConfig {
  const [, bracketed, plain, digits] = /^(?:(?:\[([\da-fA-F:.]+)\]|([^\s:[\]/]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits !== undefined && port <= 65_535) return { host: bracketed ?? plain ?? "127.0.0.1", port };
  throw usageError(`--metrics takes a port, or an address and a port such as 0.0.0.0:9464, not "${text}".`);
}
