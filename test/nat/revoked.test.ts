import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { movingStamps, stamps } from "../support/stamps.ts";
import { SERVERS } from "./cases.ts";
import { openLink, pathInUse, words } from "./lab/page.ts";
import { Scene } from "./lab/scene.ts";
import { LabTurn, TURN_SECRET } from "./lab/turn.ts";
import { it } from "./nat-test.ts";

/** ICE notices by itself that a path is gone; then a fresh connection is tried, and found wanting. */
const TOLD_WITHIN_MS = 30_000;
const BACK_WITHIN_MS = 20_000;

it("credentials revoked under a relayed picture: the page says why it stopped, and goes on when they are good again", {
  timeout: 120_000,
}, async ({ lab, certificate, browserOn }) => {
  lab.setRouters("robot", { mapping: "symmetric" });
  lab.setRouters("viewer", { mapping: "symmetric" });
  const turn = await LabTurn.open(lab.internet, certificate);
  await using scene = await Scene.open(lab, SERVERS, certificate.authority);
  const page = await openLink(await browserOn("viewer"), await scene.sender.link());
  try {
    await movingStamps(page);
    const { local, remote } = await pathInUse(page);
    expect([local, remote]).toContain("relay");

    // As a provider does it: what stands on them ends, and they are refused from now on.
    await turn[Symbol.asyncDispose]();
    {
      await using _other = await LabTurn.open(lab.internet, certificate, "another-secret");
      const { said } = await words(page, /refuses the credentials/, TOLD_WITHIN_MS);
      expect(said).toMatch(/No way to the camera yet/);
    }
    await using _turn = await LabTurn.open(lab.internet, certificate, TURN_SECRET);
    const before = (await stamps(page)).length;
    for (const giveUpMs = Date.now() + BACK_WITHIN_MS; Date.now() < giveUpMs; await sleep(200)) {
      if ((await stamps(page)).length > before + 15) break;
    }
    await movingStamps(page);
  } finally {
    await page.close();
  }
});
