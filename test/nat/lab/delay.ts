import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./namespace.ts";

const SCRIPT = fileURLToPath(new URL("./delay.py", import.meta.url));
const TABLE = "100";

/** Holds back, for a while each way, whatever a router passes on between `lan` and `wan`. */
export class Delay implements AsyncDisposable {
  readonly #router: Namespace;
  readonly #process: ChildProcess;

  private constructor(router: Namespace, child: ChildProcess) {
    this.#router = router;
    this.#process = child;
  }

  static async open(router: Namespace, delayMs: number): Promise<Delay> {
    const [command = "", ...args] = [...router.via, "python3", SCRIPT, "delay", String(delayMs)];
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    router.ip("link", "set", "delay", "up");
    // What comes back out of it has a source that is routed elsewhere.
    router.sysctl("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.delay.rp_filter=0");
    router.ip("route", "add", "default", "dev", "delay", "table", TABLE);
    for (const side of ["lan", "wan"]) router.ip("rule", "add", "iif", side, "lookup", TABLE);
    return new Delay(router, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const side of ["lan", "wan"]) this.#router.ip("rule", "del", "iif", side, "lookup", TABLE);
    this.#process.kill();
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
  }
}
