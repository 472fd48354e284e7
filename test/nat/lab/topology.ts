import { existsSync } from "node:fs";
import { Delay } from "./delay.ts";
import { cable, Namespace, sweep } from "./namespace.ts";
import { type RouterPlace, type RouterRules, ruleset } from "./nat-rules.ts";

/**
 *   robot 192.168.10.2 ---.
 *   neighbour .10.3 ------ home router --- provider's router ---.
 *                                                                internet: .1 edge, .2 coturn
 *   viewer 192.168.20.2 -- home router --- provider's router ---'
 */
export const EDGE = { ip4: "203.0.113.1", ip6: "2001:db8::1" };
export const TURN = { ip4: "203.0.113.2", ip6: "2001:db8::2" };
/** Nobody is there, and nothing says so. */
export const NOWHERE = "203.0.113.66";

export type Side = "robot" | "viewer";
export type Host = Side | "neighbour";
export type Families = "ip4" | "ip6" | "both";

interface SideAddresses {
  /** The third number of the private network. */
  net: number;
  /** Between home router and provider, and between provider and internet; routed unless a rule hides them. */
  home: string;
  provider: string;
  letter: "a" | "b";
}

const SIDES: Record<Side, SideAddresses> = {
  robot: { net: 10, home: "198.51.100", provider: "192.0.2", letter: "a" },
  viewer: { net: 20, home: "198.18.20", provider: "198.18.21", letter: "b" },
};

/** Each machine sends UDP from ports of its own, so that one rule of a router finds it. */
const PORTS: Record<Host, [number, number]> = {
  robot: [20_000, 29_999],
  viewer: [30_000, 39_999],
  neighbour: [40_000, 49_999],
};
const ADDRESSES: Record<Host, { ip4: string; ip6: string; side: Side }> = {
  robot: { ip4: "192.168.10.2", ip6: "2001:db8:a0::2", side: "robot" },
  neighbour: { ip4: "192.168.10.3", ip6: "2001:db8:a0::3", side: "robot" },
  viewer: { ip4: "192.168.20.2", ip6: "2001:db8:b0::2", side: "viewer" },
};
const NOT_NATTED: RouterRules = { mapping: "none" };

/** The whole of it; made once, its routers' rules changed from case to case. */
export class Lab implements Disposable {
  readonly internet: Namespace;
  readonly hosts: Record<Host, Namespace>;
  readonly #homes: Record<Side, Namespace>;
  readonly #providers: Record<Side, Namespace>;
  readonly #made: Namespace[] = [];

  constructor() {
    sweep();
    const make = (role: string) => {
      const made = new Namespace(role);
      this.#made.push(made);
      return made;
    };
    this.internet = make("net");
    this.#homes = { robot: make("home-a"), viewer: make("home-b") };
    this.#providers = { robot: make("isp-a"), viewer: make("isp-b") };
    this.hosts = { robot: make("robot"), viewer: make("viewer"), neighbour: make("next") };
    for (const server of [EDGE, TURN]) {
      this.internet.ip("addr", "add", `${server.ip4}/32`, "dev", "lo");
      this.internet.ip("addr", "add", `${server.ip6}/128`, "dev", "lo");
    }
    forward(this.internet);
    layTheRest(this.internet);
    for (const side of ["robot", "viewer"] as const) this.#laySide(side);
    for (const host of ["robot", "viewer", "neighbour"] as const) {
      const [first, last] = PORTS[host];
      this.hosts[host].sysctl(`net.ipv4.ip_local_port_range=${first} ${last}`);
      this.setFamilies(host, "ip4");
    }
  }

  #laySide(side: Side): void {
    const { net, home: homeNet, provider: providerNet, letter } = SIDES[side];
    const [home, provider] = [this.#homes[side], this.#providers[side]];
    for (const router of [home, provider]) forward(router);
    cable(this.internet, `to-${letter}`, provider, "wan");
    cable(provider, "lan", home, "wan");
    address(this.internet, `to-${letter}`, `${providerNet}.1/24`, `2001:db8:${letter}2::1/64`);
    address(provider, "wan", `${providerNet}.10/24`, `2001:db8:${letter}2::10/64`);
    address(provider, "lan", `${homeNet}.1/24`, `2001:db8:${letter}1::1/64`);
    address(home, "wan", `${homeNet}.10/24`, `2001:db8:${letter}1::10/64`);
    defaultRoute(provider, `${providerNet}.1`, `2001:db8:${letter}2::1`);
    defaultRoute(home, `${homeNet}.1`, `2001:db8:${letter}1::1`);
    home.ip("link", "add", "lan", "type", "bridge");
    home.ip("link", "set", "lan", "up");
    address(home, "lan", `192.168.${net}.1/24`, `2001:db8:${letter}0::1/64`);
    for (const host of hostsOf(side)) {
      cable(home, host, this.hosts[host], "eth0");
      home.ip("link", "set", host, "master", "lan");
    }
    this.internet.ip("route", "add", `${homeNet}.0/24`, "via", `${providerNet}.10`);
    this.internet.ip("-6", "route", "add", `2001:db8:${letter}0::/62`, "via", `2001:db8:${letter}2::10`);
    provider.ip("-6", "route", "add", `2001:db8:${letter}0::/64`, "via", `2001:db8:${letter}1::10`);
  }

  /** What the home router of a side does, and its provider's: nothing unless said. */
  setRouters(side: Side, home: RouterRules, provider: RouterRules = NOT_NATTED): void {
    const { home: homeNet, provider: providerNet } = SIDES[side];
    const inside = hostsOf(side).map((host) => ({ address: ADDRESSES[host].ip4, ports: PORTS[host] }));
    apply(this.#homes[side], home, { outside: `${homeNet}.10`, inside });
    const homeAlone = [{ address: `${homeNet}.10`, ports: [1_024, 65_535] as [number, number] }];
    apply(this.#providers[side], provider, { outside: `${providerNet}.10`, inside: homeAlone });
  }

  /** Which addresses a host has, and so what it can reach. */
  setFamilies(host: Host, families: Families): void {
    const { ip4, ip6, side } = ADDRESSES[host];
    const { net, letter } = SIDES[side];
    const machine = this.hosts[host];
    machine.ip("addr", "flush", "dev", "eth0", "scope", "global");
    if (families !== "ip6") {
      machine.ip("addr", "add", `${ip4}/24`, "dev", "eth0");
      machine.ip("route", "replace", "default", "via", `192.168.${net}.1`);
    }
    if (families !== "ip4") {
      machine.ip("addr", "add", `${ip6}/64`, "dev", "eth0", "nodad");
      machine.ip("-6", "route", "replace", "default", "via", `2001:db8:${letter}0::1`);
    }
    const of = (server: { ip4: string; ip6: string }) => [
      ...(families === "ip4" ? [] : [server.ip6]),
      ...(families === "ip6" ? [] : [server.ip4]),
    ];
    machine.setHosts({ "edge.lab": of(EDGE), "turn.lab": of(TURN), "nowhere.lab": [NOWHERE] });
  }

  /** Keeps the hosts behind one router apart, as a guest network does. */
  setIsolated(isolated: boolean): void {
    for (const host of hostsOf("robot")) {
      this.#homes.robot.run("bridge", ["link", "set", "dev", host, "isolated", isolated ? "on" : "off"]);
    }
  }

  /** Makes a side so much further from everything, there and back. */
  delay(side: Side, roundTripMs: number): Promise<Delay> {
    return Delay.open(this.#providers[side], roundTripMs / 2);
  }

  /** The home router of a side, whose interfaces are `lan`, `wan` and one for each host. */
  router(side: Side): Namespace {
    return this.#homes[side];
  }

  /** Pulls the cable between a home and its provider, or puts it back. */
  setUplink(side: Side, up: boolean): void {
    const { home, letter } = SIDES[side];
    const router = this.#homes[side];
    router.ip("link", "set", "wan", up ? "up" : "down");
    if (!up) return;
    // IPv6 addresses go with the cable.
    router.ip("addr", "replace", `2001:db8:${letter}1::10/64`, "dev", "wan", "nodad");
    defaultRoute(router, `${home}.1`, `2001:db8:${letter}1::1`);
  }

  [Symbol.dispose](): void {
    for (const made of this.#made) made[Symbol.dispose]();
  }
}

function hostsOf(side: Side): Host[] {
  return side === "robot" ? ["robot", "neighbour"] : ["viewer"];
}

/** A default route that loses what it takes: without one, a send to a stranger fails at once, as on no real host. */
function layTheRest(internet: Namespace): void {
  internet.ip("link", "add", "rest", "type", "bridge");
  internet.ip("link", "set", "rest", "up");
  address(internet, "rest", "100.64.0.1/24", "2001:db8:fff::1/64");
  for (const next of ["100.64.0.2", "2001:db8:fff::2"]) {
    internet.ip("neigh", "add", next, "lladdr", "02:00:00:00:00:01", "dev", "rest");
  }
  defaultRoute(internet, "100.64.0.2", "2001:db8:fff::2");
}

function forward(router: Namespace): void {
  router.sysctl("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  // Where a kernel has it, what a router sends back in would be bridged, and guests are kept apart.
  if (existsSync("/proc/sys/net/bridge")) router.sysctl("net.bridge.bridge-nf-call-iptables=0");
}

function address(machine: Namespace, device: string, ip4: string, ip6: string): void {
  machine.ip("addr", "add", ip4, "dev", device);
  machine.ip("addr", "add", ip6, "dev", device, "nodad");
}

function defaultRoute(machine: Namespace, ip4: string, ip6: string): void {
  machine.ip("route", "replace", "default", "via", ip4);
  machine.ip("-6", "route", "replace", "default", "via", ip6);
}

function apply(router: Namespace, rules: RouterRules, place: RouterPlace): void {
  router.run("nft", ["-f", "-"], ruleset(rules, place));
}
