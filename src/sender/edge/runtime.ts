import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { leashed } from "./leash.ts";

/** It listens within a tenth of a second here; a slow machine may take many times as long. */
const START_TIMEOUT_MS = 30_000;
/** Characters of its own words, of which the first say what happened. */
const SAID_MAX = 200;

/** What workerd calls the socket, in edge.capnp. */
const SOCKET = "door";

export interface RuntimeOptions {
  /** workerd, where it is not the one that comes with the package. */
  binary?: string | undefined;
  /** The file that says what to run, after the flags that it takes. */
  config: readonly string[];
  /** `HOST:PORT`, an IPv6 address in brackets; port 0 for any free one. */
  address: string;
  /** By the names that they have in `config`. */
  folders: Record<string, string>;
  env: NodeJS.ProcessEnv;
  /** What the Worker, or workerd itself, says. */
  log(line: string): void;
}

/** workerd with the edge in it. */
export class Runtime {
  readonly port: number;
  /** Settles when it is no more, however it came to that. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ended: Promise<void>, port: number) {
    this.#child = child;
    this.ended = ended;
    this.port = port;
  }

  /** @throws Error in workerd's own words when it does not listen */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const [file = "", ...args] = leashed([options.binary ?? packagedBinary(), ...argumentsOf(options)]);
    const child = spawn(file, args, {
      // A terminal's Ctrl-C is this process's to act on.
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: options.env,
    });
    const end = () => void child.kill("SIGKILL");
    process.once("exit", end);
    let said = "";
    const ended = once(child, "exit")
      .catch((error: Error) => (said += error.message))
      .then(() => void process.removeListener("exit", end));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => (said += ` ${hear(line, options.log)}`));
    }
    const port = await Promise.race([portOf(child), ended, sleep(START_TIMEOUT_MS, undefined, { ref: false })]);
    if (port !== undefined) return new Runtime(child, ended, port);
    end();
    await ended;
    throw new Error(said.replace(/\s+/g, " ").trim().slice(0, SAID_MAX) || "it said nothing");
  }

  async end(): Promise<void> {
    // Sessions are on disk as soon as somebody is told of them: it has nothing to finish.
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

function packagedBinary(): string {
  return createRequire(import.meta.url)("workerd").default;
}

function argumentsOf({ config, address, folders }: RuntimeOptions): string[] {
  const places = Object.entries(folders).map(([name, path]) => `--directory-path=${name}=${path}`);
  return ["serve", ...config, `--socket-addr=${SOCKET}=${address}`, "--control-fd=3", ...places];
}

/** Where it listens, once it does. */
async function portOf({ stdio: [, , , control] }: ChildProcess): Promise<number | undefined> {
  if (!(control instanceof Readable)) return undefined;
  for await (const line of createInterface(control)) {
    const { event, socket, port } = JSON.parse(line) as { event: string; socket: string; port: number };
    if (event === "listen" && socket === SOCKET) return port;
  }
  return undefined;
}

/** @returns what is no line of its log */
function hear(line: string, log: (line: string) => void): string {
  const { level, message } = parsed(line);
  if (typeof level !== "string" || typeof message !== "string") return line;
  // Of its own stack: nobody can read that here.
  if (!message.includes("LLVM_SYMBOLIZER")) log(`edge ${level}: ${message}`);
  return message;
}

function parsed(line: string): { level?: unknown; message?: unknown } {
  try {
    return JSON.parse(line) ?? {};
  } catch {
    return {};
  }
}
