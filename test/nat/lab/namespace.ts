import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

/** Names of two test runs at once must not meet. */
const PREFIX = `sightline-${process.pid}`;
const LISTED = "/run/netns";

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** One machine of the laboratory: a Linux network namespace with an /etc/hosts of its own. */
export class Namespace implements Disposable {
  readonly name: string;

  constructor(role: string) {
    this.name = `${PREFIX}-${role}`;
    ip("netns", "add", this.name);
    // `ip netns exec` puts the files of this folder over those in /etc.
    mkdirSync(`/etc/netns/${this.name}`, { recursive: true });
    this.setHosts({});
    writeFileSync(`/etc/netns/${this.name}/resolv.conf`, "");
    this.ip("link", "set", "lo", "up");
    // A fresh IPv6 address is used at once, and a router's word changes nothing.
    this.sysctl("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0");
    this.sysctl("net.ipv6.conf.all.accept_ra=0", "net.ipv6.conf.default.accept_ra=0");
  }

  /** What goes before a command to run it here. */
  get via(): string[] {
    return ["ip", "netns", "exec", this.name];
  }

  run(command: string, args: string[], input?: string): string {
    const [first = "", ...rest] = [...this.via, command, ...args];
    return execFileSync(first, rest, { input, stdio: ["pipe", "pipe", "pipe"], encoding: "utf8" });
  }

  ip(...args: string[]): void {
    ip("-n", this.name, ...args);
  }

  sysctl(...settings: string[]): void {
    this.run("sysctl", ["-qw", ...settings]);
  }

  /** All that names mean here, for there is no DNS. Chromium's WebRTC asks for names with a dot at their end. */
  setHosts(addresses: Record<string, string[]>): void {
    const lines = Object.entries(addresses).flatMap(([name, list]) =>
      list.map((address) => `${address} ${name} ${name}.`),
    );
    writeFileSync(`/etc/netns/${this.name}/hosts`, `127.0.0.1 localhost\n::1 localhost\n${lines.join("\n")}\n`);
  }

  [Symbol.dispose](): void {
    remove(this.name);
  }
}

function remove(name: string): void {
  ip("netns", "del", name);
  rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
}

/** Takes away what a test run that was killed left standing, with the processes in it. */
export function sweep(): void {
  for (const name of existsSync(LISTED) ? readdirSync(LISTED) : []) {
    const [, pid] = /^sightline-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const left = execFileSync("ip", ["netns", "pids", name], { encoding: "utf8" }).split("\n").filter(Boolean);
    for (const each of left) process.kill(Number(each), "SIGKILL");
    remove(name);
  }
}

/** Lays a cable between two machines, with an interface of the given name at each end. */
export function cable(a: Namespace, aName: string, b: Namespace, bName: string): void {
  ip("link", "add", aName, "netns", a.name, "type", "veth", "peer", "name", bName, "netns", b.name);
  a.ip("link", "set", aName, "up");
  b.ip("link", "set", bName, "up");
}

/** Why no namespace can be made here; `undefined` when one can. */
export function whyNot(): string | undefined {
  try {
    using probe = new Namespace("probe");
    probe.run("nft", ["add", "table", "ip", "probe"]);
    return undefined;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    return said || (error instanceof Error ? error.message : String(error));
  }
}
