import { expect } from "vitest";
import { Sightline } from "../support/processes.ts";
import { movingStamps } from "../support/stamps.ts";
import { firstFrameMs, openLink, pathInUse } from "./lab/page.ts";
import { it, SLACK } from "./nat-test.ts";

const TARGET_MS = 600;
/** On the robot's network, and never there. */
const DEAD_NAME_SERVER = "192.168.10.66";

it.for([
  ["none", {}],
  [
    "some that have names",
    {
      ICE_SERVERS: '[{"urls":["stun:stun.example:3478","stun:stun.example.com"]}]',
      TURN_URLS: "turn:turn.example:3478,turns:turn.example:443",
      TURN_SHARED_SECRET: "nobody-hears-it",
    },
  ],
] as const)(
  "a LAN without internet, its DNS dead, STUN and TURN servers: %s",
  async ([servers, settings], { lab, dir, browserOn }) => {
    lab.setRouters("robot", { mapping: "endpoint-independent" });
    lab.setUplink("robot", false);
    for (const host of ["robot", "neighbour"] as const) lab.hosts[host].setNameServer(DEAD_NAME_SERVER);
    await using sender = new Sightline(
      ["send", "--lan", "--port", "8787", "--state", `${dir}/lan`],
      { ...settings },
      lab.hosts.robot.via,
    );
    const link = (await sender.link()).replace("127.0.0.1", "192.168.10.2");
    const page = await openLink(await browserOn("neighbour", true), link);
    await movingStamps(page);
    const { local, remote } = await pathInUse(page);
    const tookMs = await firstFrameMs(page);
    console.log(`LAN, servers ${servers}: ${local} to ${remote}, first frame after ${tookMs} ms (target ${TARGET_MS})`);
    await page.close();
    expect([local, remote]).not.toContain("relay");
    expect(tookMs).toBeLessThan(TARGET_MS * SLACK);
  },
);
