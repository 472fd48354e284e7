import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { leashed } from "./leash.ts";
import { Sayings } from "./sayings.ts";

/** It listens within a tenth of a second here; a slow machine may take many times as long. */
const START_TIMEOUT_MS = 30_000;
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
  /** Resolves when it is no more: to the signal that ended it, or its exit code. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ended: Promise<string>, port: number) {
    this.#child = child;
    this.ended = ended;
    this.port = port;
  }

  /**
   * @param signal gives it up while it starts
   * @throws Error in workerd's own words when it does not listen
   */
  static async start(options: RuntimeOptions, signal?: AbortSignal): Promise<Runtime> {
    const [file = "", ...args] = leashed([options.binary ?? packagedBinary(), ...argumentsOf(options)]);
    const child = spawn(file, args, {
      // A terminal's Ctrl-C is this process's to act on.
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: options.env,
    });
    const end = () => void child.kill("SIGKILL");
    // Before the folder goes that it works in.
    process.prependOnceListener("exit", end);
    signal?.addEventListener("abort", end, { once: true });
    const said = new Sayings(options.log);
    // Not before all that it said has been read.
    const ended = once(child, "close")
      .then(([code, signal]) => String(signal ?? `exit code ${code}`))
      .catch((error: Error) => {
        said.hear(error.message);
        return error.message;
      })
      .finally(() => process.removeListener("exit", end));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => said.hear(line));
    }
    const isOver = ended.then(() => undefined);
    const port = await Promise.race([portOf(child), isOver, sleep(START_TIMEOUT_MS, undefined, { ref: false })]);
    signal?.removeEventListener("abort", end);
    if (port !== undefined) {
      said.tell();
      return new Runtime(child, ended, port);
    }
    end();
    await ended;
    throw new Error(said.summary);
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
async function portOf({ stdio }: ChildProcess): Promise<number | undefined> {
  // None where there is no such program.
  const control = stdio?.[3];
  if (!(control instanceof Readable)) return undefined;
  for await (const line of createInterface(control)) {
    const { event, socket, port } = JSON.parse(line) as { event: string; socket: string; port: number };
    if (event === "listen" && socket === SOCKET) return port;
  }
  return undefined;
}
