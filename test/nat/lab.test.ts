import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { RouterRules } from "./lab/nat-rules.ts";
import type { Seen } from "./lab/probe.ts";
import { it } from "./nat-test.ts";

const PROBE = fileURLToPath(new URL("./lab/probe.ts", import.meta.url));

const ROUTERS: [string, RouterRules, { mapped: string; heard: string[] }][] = [
  [
    "endpoint-independent",
    { mapping: "endpoint-independent", filtering: "endpoint-independent" },
    { mapped: "the same", heard: ["same", "otherPort", "otherAddress"] },
  ],
  [
    "address-restricted",
    { mapping: "endpoint-independent", filtering: "address" },
    { mapped: "the same", heard: ["same", "otherPort"] },
  ],
  [
    "port-restricted",
    { mapping: "endpoint-independent", filtering: "address-and-port" },
    { mapped: "the same", heard: ["same"] },
  ],
  ["symmetric", { mapping: "symmetric" }, { mapped: "different", heard: ["same"] }],
  ["without UDP", { mapping: "endpoint-independent", udp: false }, { mapped: "none", heard: [] }],
];

it("the laboratory's routers do what they are named for", { timeout: 60_000 }, async ({ lab }) => {
  const [command = "", ...args] = [...lab.internet.via, process.execPath, PROBE, "serve"];
  const server = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(server.stdout, "data");
    for (const [name, rules, expected] of ROUTERS) {
      lab.setRouters("robot", rules);
      const { ports, heard }: Seen = JSON.parse(lab.hosts.robot.run(process.execPath, [PROBE, "ask", "ip4"]));
      const mapped = ports.length === 0 ? "none" : new Set(ports).size === 1 ? "the same" : "different";
      const who = Object.entries(heard).flatMap(([each, got]) => (got ? [each] : []));
      expect({ name, mapped, heard: who }).toEqual({ name, ...expected });
    }
  } finally {
    server.kill();
  }
});
