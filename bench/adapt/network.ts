import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { rateAt, type Scenario } from "./scenarios.ts";

export const ROUTER_ADDRESS = "10.213.1.1";
export const SENDER_ADDRESS = "10.213.1.2";
const VIEWER_GATEWAY = "10.213.2.1";
const VIEWER_ADDRESS = "10.213.2.2";
/** Two packets: a bucket that holds more would let bursts pass as if there were no bottleneck. */
const BUCKET_BYTES = 3_200;
const RATE_LOOK_MS = 10;
const SEED = 7;

const PLACES = ["sender", "router", "viewer"] as const;
type Place = (typeof PLACES)[number];

let networks = 0;

/** How many bytes the sender's side put on the path since the time before. */
export interface Sent {
  atMs: number;
  bytes: number;
}

/** How many bytes waited before the bottleneck at that moment. */
export interface Queued {
  atMs: number;
  bytes: number;
}

/** What passed, milliseconds since the Unix epoch. */
export interface Passed {
  readonly sent: Sent[];
  readonly queued: Queued[];
}

/**
 * Three network namespaces in a row: sender, router, viewer. Between sender and router a path of the scenario's length
 * and faults, between router and viewer the bottleneck, the kernel's own token bucket with its queue. All of it goes with
 * the bench, whatever happens to that.
 */
export class Network implements AsyncDisposable, Passed {
  readonly sent: Sent[] = [];
  readonly queued: Queued[] = [];
  readonly #name = `sb${process.pid}n${networks++}`;
  readonly #scenario: Scenario;
  readonly #queueBytes: number;
  readonly #scripts: ChildProcess[] = [];
  #changing: NodeJS.Timeout | undefined;
  readonly #onExit = () => this.#remove();

  private constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#queueBytes = Math.round((rateAt(scenario, 0) * scenario.queueMs) / 8_000);
  }

  static async open(scenario: Scenario): Promise<Network> {
    removeStale();
    const network = new Network(scenario);
    process.on("exit", network.#onExit);
    try {
      await network.#build();
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  /** A command's beginning that puts the rest of it there. */
  at(place: Place): string[] {
    return ["ip", "netns", "exec", this.#namespace(place)];
  }

  /** The scenario's clock starts now: the rate changes as it says. */
  start(): void {
    const startMs = performance.now();
    let bps = rateAt(this.#scenario, 0);
    this.#changing = setInterval(() => {
      const wanted = rateAt(this.#scenario, performance.now() - startMs);
      if (wanted === bps) return;
      bps = wanted;
      this.#limit(bps);
    }, RATE_LOOK_MS);
  }

  #namespace(place: Place): string {
    return `${this.#name}-${place}`;
  }

  async #build(): Promise<void> {
    for (const place of PLACES) {
      ip("netns", "add", this.#namespace(place));
      this.#in(place, "ip", "link", "set", "lo", "up");
      this.#in(place, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv4.ip_forward=1");
    }
    await this.#openPath();
    const [sender, router, viewer] = PLACES.map((place) => this.#namespace(place));
    ip("-n", `${router}`, "link", "set", "far", "netns", `${sender}`);
    this.#address("router", "near", ROUTER_ADDRESS);
    this.#address("sender", "far", SENDER_ADDRESS);
    ip("-n", `${router}`, "link", "add", "bottleneck", "type", "veth", "peer", "name", "eth0", "netns", `${viewer}`);
    this.#address("router", "bottleneck", VIEWER_GATEWAY);
    this.#address("viewer", "eth0", VIEWER_ADDRESS);
    // A namespace's own setting may name fewer kinds than the kernel has.
    const { tcp } = this.#scenario;
    const congestion = tcp ? ["congctl", tcp.control] : [];
    ip("-n", `${sender}`, "route", "add", "default", "via", ROUTER_ADDRESS, "dev", "far", ...congestion);
    ip("-n", `${viewer}`, "route", "add", "default", "via", VIEWER_GATEWAY, "dev", "eth0");
    this.#limit(rateAt(this.#scenario, 0));
    await this.#watchQueue();
  }

  async #openPath(): Promise<void> {
    const { delayMs, path } = this.#scenario;
    const settings = JSON.stringify({ delayMs, ...path, seed: SEED });
    const lines = await this.#script("path.py", "near", "far", settings);
    if (!lines) throw new Error("The path cannot be opened: does this machine have /dev/net/tun?");
    lines.on("line", (line) => this.sent.push(JSON.parse(line)));
  }

  async #watchQueue(): Promise<void> {
    const lines = await this.#script("queue.py", "bottleneck");
    if (!lines) throw new Error("The kernel does not tell how much waits before the bottleneck.");
    lines.on("line", (line) => {
      for (const [atMs, bytes] of JSON.parse(line)) this.queued.push({ atMs, bytes });
    });
  }

  /** @returns what it prints after "ready"; nothing when it ended before that */
  async #script(name: string, ...words: string[]): Promise<Interface | undefined> {
    const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
    const [command = "", ...args] = [...this.at("router"), "/usr/bin/python3", script, ...words];
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#scripts.push(child);
    const lines = createInterface(child.stdout);
    const [ready] = await Promise.race([once(lines, "line"), once(child, "exit").then(() => [])]);
    return ready === "ready" ? lines : undefined;
  }

  #address(place: Place, device: string, address: string): void {
    ip("-n", this.#namespace(place), "address", "add", `${address}/24`, "dev", device);
    ip("-n", this.#namespace(place), "link", "set", device, "up");
  }

  #limit(bps: number): void {
    const rate = ["rate", `${Math.round(bps)}bit`, "burst", String(BUCKET_BYTES), "limit", String(this.#queueBytes)];
    this.#in("router", "tc", "qdisc", "replace", "dev", "bottleneck", "root", "tbf", ...rate);
  }

  #in(place: Place, ...command: string[]): void {
    ip("netns", "exec", this.#namespace(place), ...command);
  }

  #remove(): void {
    clearInterval(this.#changing);
    for (const script of this.#scripts) script.kill("SIGKILL");
    for (const place of PLACES) removeNamespace(this.#namespace(place));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#remove();
    process.off("exit", this.#onExit);
  }
}

/** What a bench left behind that was killed on the spot; its process id is in the names. */
function removeStale(): void {
  const { stdout } = spawnSync("ip", ["netns", "list"], { encoding: "utf8" });
  for (const [name, pid] of stdout.matchAll(/^sb(\d+)n\d+-\w+/gm)) {
    if (!existsSync(`/proc/${pid}`)) removeNamespace(name);
  }
}

function removeNamespace(name: string): void {
  const { stdout } = spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" });
  // All of them were started in here by a bench, and would keep the namespace alive.
  for (const pid of stdout.split("\n").filter(Boolean)) signalIfThere(Number(pid));
  spawnSync("ip", ["netns", "del", name]);
}

function signalIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr.trim() || "failed"}`);
}
