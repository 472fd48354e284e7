import { syncBuiltinESMExports } from "node:module";
import os, { type NetworkInterfaceInfo } from "node:os";
import { afterEach, expect, it, vi } from "vitest";
import { lanAddresses } from "../../src/sender/addresses.ts";

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const at = (address: string, { internal = false, family = "IPv4" } = {}) =>
  ({ address, internal, family }) as NetworkInterfaceInfo;

it.each<[string, Record<string, NetworkInterfaceInfo[]>, string[]]>([
  [
    "the physical before a container's bridge",
    { docker0: [at("172.17.0.1")], eth0: [at("192.168.1.20")] },
    ["192.168.1.20", "172.17.0.1"],
  ],
  [
    "the physical before a container's end of a pair",
    { veth12ab: [at("10.1.0.1")], wlan0: [at("192.168.1.21")] },
    ["192.168.1.21", "10.1.0.1"],
  ],
  [
    "the physical before a tunnel",
    { tun0: [at("10.8.0.2")], enp3s0: [at("192.168.1.22")] },
    ["192.168.1.22", "10.8.0.2"],
  ],
  [
    "the physical before all that is virtual, each kind in the system's order",
    {
      "br-5f": [at("172.18.0.1")],
      eth0: [at("192.168.1.20")],
      wg0: [at("10.9.0.2")],
      wlan0: [at("192.168.1.21"), at("192.168.1.30")],
      tailscale0: [at("100.64.0.3")],
    },
    ["192.168.1.20", "192.168.1.21", "192.168.1.30", "172.18.0.1", "10.9.0.2", "100.64.0.3"],
  ],
  ["what is virtual, where nothing else is there", { virbr0: [at("192.168.122.1")] }, ["192.168.122.1"]],
  [
    "none that no phone reaches",
    {
      lo: [at("127.0.0.1", { internal: true })],
      eth0: [at("169.254.7.7"), at("fe80::1", { family: "IPv6" }), at("192.168.1.20")],
    },
    ["192.168.1.20"],
  ],
])("the addresses that --lan prints: %s", (_, interfaces, expected) => {
  vi.spyOn(os, "networkInterfaces").mockReturnValue(interfaces);
  syncBuiltinESMExports();
  expect(lanAddresses()).toEqual(expected);
});
