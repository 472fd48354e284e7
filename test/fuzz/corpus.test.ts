import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../support/random.ts";
import { attempt } from "./engine/campaign.ts";
import { readCorpus, targetNames } from "./engine/corpus.ts";
import { Mutator } from "./engine/mutator.ts";
import type { FuzzTarget } from "./engine/target.ts";

// What `npm run fuzz` found once stays tried, and a little of what it would try.

const SEED = Number(process.env.FUZZ_SEED ?? 5);

describe.each(targetNames())("%s", (name) => {
  let target: FuzzTarget;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);

  beforeAll(async () => {
    target = ((await import(`./targets/${name}.ts`)) as { default: FuzzTarget }).default;
    process.on("unhandledRejection", note);
    await target.open?.();
  });

  afterAll(async () => {
    await target.close?.();
    process.off("unhandledRejection", note);
  });

  it("stands every input that was kept", async () => {
    const corpus = readCorpus(name);
    expect(corpus.length).toBeGreaterThan(0);
    for (const { name: file, input } of corpus) expect((await attempt(target, input))?.error, file).toBeUndefined();
    expect(unhandled).toEqual([]);
  });

  it(`stands what comes of them by chance (seed ${SEED})`, { timeout: 60_000 }, async () => {
    const corpus = readCorpus(name).map(({ input }) => input);
    const mutator = new Mutator(new Random(SEED), target.words ?? [], target.maxBytes);
    for (let i = 0; i < target.quickInputs; i++) {
      const input = mutator.next(corpus);
      const finding = await attempt(target, input);
      expect(finding?.error, `input ${i}, base64: ${input.toString("base64").slice(0, 2_000)}`).toBeUndefined();
    }
    expect(unhandled).toEqual([]);
  });
});
