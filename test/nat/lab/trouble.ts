import type { Lab, Side } from "./topology.ts";

/** What a network does to those who are on it; each takes effect at once. `restore` puts the laboratory right again. */
export interface Trouble {
  begin(lab: Lab): void;
  /** For what passes by itself. */
  end?(lab: Lab): void;
  restore?(lab: Lab): void;
}

/** The third number of a side's private network, and its public address. */
const PLACES: Record<Side, { net: number; outside: string }> = {
  robot: { net: 10, outside: "198.51.100.10" },
  viewer: { net: 20, outside: "198.18.20.10" },
};
/** The last number of an address that nobody had before. */
const NEW_HOST = 77;

/** The cable at the machine itself, which sees it. */
export function cablePulled(side: Side): Trouble {
  return { begin: (lab) => setCable(lab, side, false), end: (lab) => setCable(lab, side, true) };
}

function setCable(lab: Lab, side: Side, up: boolean): void {
  const host = lab.hosts[side];
  host.ip("link", "set", "eth0", up ? "up" : "down");
  // The kernel drops the routes of an interface that goes down.
  if (up) host.ip("route", "replace", "default", "via", `192.168.${PLACES[side].net}.1`);
}

/** The cable behind the home router, which no machine inside sees. */
export function uplinkLost(side: Side): Trouble {
  return {
    begin(lab) {
      // Else an interface that goes down loses its IPv6 addresses for good.
      lab.router(side).sysctl("net.ipv6.conf.wan.keep_addr_on_down=1");
      lab.setUplink(side, false);
    },
    end: (lab) => lab.setUplink(side, true),
  };
}

/** Several at once. */
export function together(...troubles: Trouble[]): Trouble {
  return {
    begin: (lab) => troubles.forEach((each) => void each.begin(lab)),
    end: (lab) => troubles.forEach((each) => void each.end?.(lab)),
    restore: (lab) => troubles.forEach((each) => void each.restore?.(lab)),
  };
}

/** The machine gets another address on its own network, as when it joins another Wi-Fi. */
export function privateAddressChanged(side: Side): Trouble {
  const { net } = PLACES[side];
  return {
    begin(lab) {
      const host = lab.hosts[side];
      host.ip("addr", "flush", "dev", "eth0", "scope", "global");
      host.ip("addr", "add", `192.168.${net}.${NEW_HOST}/24`, "dev", "eth0");
      host.ip("route", "replace", "default", "via", `192.168.${net}.1`);
      rewriteRules(lab, side, `192.168.${net}.2`, `192.168.${net}.${NEW_HOST}`);
    },
  };
}

/** The provider gives the router another address, and the router forgets every mapping. */
export function publicAddressChanged(side: Side): Trouble {
  const { outside } = PLACES[side];
  const fresh = outside.replace(/\d+$/, String(NEW_HOST));
  const setOutside = (lab: Lab, from: string, to: string) => {
    const router = lab.router(side);
    router.ip("addr", "del", `${from}/24`, "dev", "wan");
    router.ip("addr", "add", `${to}/24`, "dev", "wan");
    router.ip("route", "replace", "default", "via", outside.replace(/\d+$/, "1"));
  };
  return {
    begin(lab) {
      setOutside(lab, outside, fresh);
      rewriteRules(lab, side, outside, fresh);
      forgetMappings(lab, side);
    },
    restore: (lab) => setOutside(lab, fresh, outside),
  };
}

/** The router restarts its firewall: all it knew of what passes is gone. */
export function mappingsFlushed(side: Side): Trouble {
  return { begin: (lab) => forgetMappings(lab, side) };
}

/** The machine leaves for a network with another address and a rate that the picture has to be made smaller for. */
export function slowerNetwork(side: Side, rate: string): Trouble {
  const moved = privateAddressChanged(side);
  const queue = ["dev", side, "root", "tbf", "rate", rate, "burst", "16kb", "latency", "300ms"];
  return {
    begin(lab) {
      moved.begin(lab);
      lab.router(side).run("tc", ["qdisc", "add", ...queue]);
    },
    restore: (lab) => void lab.router(side).run("tc", ["qdisc", "del", "dev", side, "root"]),
  };
}

function forgetMappings(lab: Lab, side: Side): void {
  lab.router(side).run("conntrack", ["-F"]);
}

function rewriteRules(lab: Lab, side: Side, from: string, to: string): void {
  const router = lab.router(side);
  const rules = router.run("nft", ["list", "ruleset"]).replaceAll(from, to);
  router.run("nft", ["-f", "-"], `flush ruleset\n${rules}`);
}
