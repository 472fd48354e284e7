import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Random } from "../support/random.ts";
import { changingStamps } from "../support/stamps.ts";
import { FAULTS } from "./faults/faults.ts";
import { Growth } from "./faults/growth.ts";
import { World } from "./faults/world.ts";

const MINUTES = Number(process.env.SIGHTLINE_SOAK_MINUTES ?? 60);
const SEED = Number(process.env.SIGHTLINE_SOAK_SEED ?? 1);
/** Until the picture is back, on a slow machine. */
const BACK_MAX_MS = 40_000;

it(`whatever fails, for ${MINUTES} minutes from seed ${SEED}: the picture returns, and nothing grows`, {
  timeout: (MINUTES + 3) * 60_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), "sightline-soak-"));
  try {
    await using world = await World.open(dir);
    await changingStamps(world.page);
    const random = new Random(SEED);
    const growth = new Growth();
    const names = Object.keys(FAULTS);
    let rounds = 0;
    for (const endMs = performance.now() + MINUTES * 60_000; performance.now() < endMs; rounds++) {
      const name = random.pick(names);
      await FAULTS[name]?.(world, random);
      const brokeAtMs = performance.now();
      await changingStamps(world.page, 30, BACK_MAX_MS).catch((cause) => {
        throw new Error(`round ${rounds}: ${name}, and the picture did not return`, { cause });
      });
      const backMs = Math.round(performance.now() - brokeAtMs);
      const standing = await growth.check(world).catch((cause) => {
        throw new Error(`round ${rounds}: after this something stays: ${name}`, { cause });
      });
      console.log(`round ${rounds}: ${name}; 30 pictures in ${backMs} ms; ${standing}`);
    }
    expect(rounds).toBeGreaterThan(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
