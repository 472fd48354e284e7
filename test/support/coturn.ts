import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { on, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Certificate } from "./certificate.ts";

const CONSOLE_PASSWORD = "console";
const CONSOLE_WAIT_MS = 10_000;

/** Debian's coturn on loopback, with a shared secret as an operator would run it. */
export class Coturn implements AsyncDisposable {
  static readonly secret = "a-shared-secret-of-the-tests";
  readonly url: string;
  readonly tlsUrl: string;
  readonly log: string[] = [];
  readonly #consolePort: number;
  readonly #dir: string;
  readonly #args: string[];
  readonly #env: Record<string, string> = {};
  readonly #ready: RegExp;
  #process: ChildProcess | undefined;
  /** When each allocation was first seen, by coturn's own number for it. */
  readonly #since = new Map<string, number>();

  private constructor(extra: string[], [port, consolePort, tlsPort]: number[], dir: string, tls?: Certificate) {
    this.#consolePort = consolePort ?? 0;
    this.#dir = dir;
    this.url = `turn:127.0.0.1:${port}`;
    this.tlsUrl = `turns:127.0.0.1:${tlsPort}`;
    const secure = tls
      ? [`--tls-listening-port=${tlsPort}`, `--cert=${tls.certificate}`, `--pkey=${tls.key}`]
      : ["--no-tls"];
    this.#ready = tls ? /IPv4. TLS\/TCP listener opened/ : /IPv4. TCP listener opened/;
    this.#args = [
      "-n",
      "--listening-ip=127.0.0.1",
      "--relay-ip=127.0.0.1",
      `--listening-port=${port}`,
      ...secure,
      "--no-dtls",
      "--allow-loopback-peers",
      "--use-auth-secret",
      `--static-auth-secret=${Coturn.secret}`,
      "--realm=test",
      "--fingerprint",
      "--cli-ip=127.0.0.1",
      `--cli-port=${consolePort}`,
      `--cli-password=${CONSOLE_PASSWORD}`,
      `--pidfile=${dir}/pid`,
      `--db=${dir}/db`,
      "--log-file=stdout",
      "--simple-log",
      "-v",
      ...extra,
    ];
  }

  /** @param tls with it TURN over TLS is served too, at {@link tlsUrl} */
  static async open(extra: string[] = [], tls?: Certificate, env: Record<string, string> = {}): Promise<Coturn> {
    const dir = mkdtempSync(join(tmpdir(), "sightline-turn-"));
    const turn = new Coturn(extra, [await freePort(), await freePort(), await freePort()], dir, tls);
    Object.assign(turn.#env, env);
    await turn.start();
    return turn;
  }

  /** Starts it again on the same ports, after {@link kill}. */
  async start(): Promise<void> {
    this.log.length = 0;
    this.#since.clear();
    const child = spawn("turnserver", this.#args, {
      env: { ...process.env, ...this.#env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#process = child;
    child.stdout.on("data", (chunk) => this.log.push(String(chunk)));
    for (let tries = 0; tries < 400; tries++) {
      if (this.#ready.test(this.log.join(""))) return;
      await sleep(50);
    }
    throw new Error(`coturn did not start: ${this.log.join("")}`);
  }

  /** Ends it as a crash does: it says good-bye to nobody, and forgets every allocation. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }

  /** A user name and password that are good for so long. */
  static credentials(ttlMs: number): { username: string; credential: string } {
    const username = `${Math.floor((Date.now() + ttlMs) / 1_000)}:test`;
    return { username, credential: createHmac("sha1", Coturn.secret).update(username).digest("base64") };
  }

  /** Numbers of the allocations that stand now. */
  async allocations(): Promise<string[]> {
    const shown = await this.#console("ps");
    const ids = [...shown.matchAll(/id=(\d+)/g)].map(([, id]) => String(id));
    for (const id of ids) if (!this.#since.has(id)) this.#since.set(id, Date.now());
    return ids;
  }

  /**
   * Ends every allocation that has stood for `ageMs`, as a provider does whose credentials have expired.
   * @returns how many
   */
  async cutOlderThan(ageMs: number): Promise<number> {
    const old = (await this.allocations()).filter((id) => Date.now() - (this.#since.get(id) ?? 0) >= ageMs);
    for (const id of old) await this.#console(`cs ${id}`);
    return old.length;
  }

  async #console(command: string): Promise<string> {
    // The console learns from other threads of it what was allocated.
    await sleep(200);
    const socket = createConnection(this.#consolePort, "127.0.0.1").setTimeout(CONSOLE_WAIT_MS, () => socket.destroy());
    try {
      await printedUntil(socket, /password: \r\n$/);
      socket.write(`${CONSOLE_PASSWORD}\r\n`);
      await printedUntil(socket, /^> $/);
      socket.write(`${command}\r\n`);
      return await printedUntil(socket, /(^|\n)> $/);
    } finally {
      socket.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGTERM");
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** What the console prints up to its prompt, with which it waits for the next line. */
async function printedUntil(socket: Socket, prompt: RegExp): Promise<string> {
  let printed = "";
  for await (const [chunk] of on(socket, "data", { close: ["close"] })) {
    printed += chunk;
    if (prompt.test(printed)) return printed;
  }
  throw new Error(`coturn's console gave no prompt, but ${JSON.stringify(printed)}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || !address) throw new Error("no port");
  return address.port;
}
