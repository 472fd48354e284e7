import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Certificate } from "../../support/certificate.ts";
import type { Namespace } from "./namespace.ts";
import { TURN } from "./topology.ts";

export const TURN_SECRET = "a-shared-secret-of-the-laboratory";

/** Who must never be relayed to, as docs/deploy.md has it, without the ranges that play the internet here. */
const PRIVATE = [
  "0.0.0.0-0.255.255.255",
  "10.0.0.0-10.255.255.255",
  "100.64.0.0-100.127.255.255",
  "127.0.0.0-127.255.255.255",
  "169.254.0.0-169.254.255.255",
  "172.16.0.0-172.31.255.255",
  "192.168.0.0-192.168.255.255",
  "::1",
  "fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/** Debian's coturn on the laboratory's internet: STUN and TURN on 3478 by UDP and TCP, TURN over TLS on 443. */
export class LabTurn implements AsyncDisposable {
  readonly log: string[] = [];
  readonly #process: ChildProcess;
  readonly #dir: string;

  private constructor(child: ChildProcess, dir: string) {
    this.#process = child;
    this.#dir = dir;
    child.stdout?.on("data", (chunk) => this.log.push(String(chunk)));
  }

  static async open(internet: Namespace, certificate: Certificate, secret = TURN_SECRET): Promise<LabTurn> {
    const dir = mkdtempSync(join(tmpdir(), "sightline-turn-"));
    const [command = "", ...args] = [
      ...internet.via,
      "turnserver",
      "-n",
      ...[TURN.ip4, TURN.ip6].flatMap((address) => [`--listening-ip=${address}`, `--relay-ip=${address}`]),
      "--listening-port=3478",
      "--tls-listening-port=443",
      `--cert=${certificate.certificate}`,
      `--pkey=${certificate.key}`,
      "--use-auth-secret",
      `--static-auth-secret=${secret}`,
      "--realm=lab",
      "--fingerprint",
      "--no-cli",
      "--no-multicast-peers",
      ...PRIVATE.map((range) => `--denied-peer-ip=${range}`),
      `--pidfile=${dir}/pid`,
      `--db=${dir}/db`,
      "--log-file=stdout",
      "--simple-log",
      "-v",
    ];
    const turn = new LabTurn(spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] }), dir);
    for (let tries = 0; tries < 400; tries++) {
      if (/IPv6. TLS\/TCP listener opened/.test(turn.log.join(""))) return turn;
      await sleep(50);
    }
    throw new Error(`coturn did not start: ${turn.log.join("")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
