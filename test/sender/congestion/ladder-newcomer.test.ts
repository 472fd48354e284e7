import { describe, expect, it } from "vitest";
import { PAYLOAD_SHARE } from "../../../src/sender/delivery/delivery-report.ts";
import { Freshness } from "../../../src/sender/delivery/freshness.ts";
import { simulate } from "../../support/network-sim/simulate.ts";
import { Climb, M, SOURCE, TICK_MS } from "../support/climb.ts";

const CAMERA_BPS = 8 * M;
const WIDE = 12 * M;
const NARROW = 0.3 * M;
const OTHERS = { ann: WIDE, bob: NARROW };

/** Two who watch, one by a narrow network: with a best rung like this, who comes begins on that one's. */
function watched(): Climb {
  const climb = new Climb();
  climb.ladder.configure({ ...SOURCE, maxBps: CAMERA_BPS });
  climb.run(5_000, OTHERS);
  expect(climb.given).toEqual({ ann: 8, bob: 0.28 });
  climb.run(800, { ...OTHERS, cem: M }, ["cem"]);
  expect(climb.given.cem).toBe(0.28);
  return climb;
}

describe("one who comes, where the best rung is more than an unknown network is trusted with", () => {
  it.each([
    ["has the best rung as soon as its network is known to carry it", WIDE, 8],
    ["stays where it began if its network carries no more", NARROW, 0.28],
    ["stays where it began if its network carries a little less, and takes that along", 0.27 * M, 0.25],
  ])("%s", (_, capacityBps, expected) => {
    const climb = watched();
    const { changes } = climb;
    climb.run(TICK_MS, { ...OTHERS, cem: capacityBps });
    expect(climb.given).toEqual({ ann: 8, bob: Math.min(expected, 0.28), cem: expected });
    expect(climb.changes - changes).toBe(capacityBps === WIDE ? 1 : 0);
  });

  it("is moved up like everybody, after four seconds, if its network turns out wide only then", () => {
    const climb = watched().run(1_000, { ...OTHERS, cem: NARROW });
    climb.run(3_900, { ...OTHERS, cem: WIDE });
    expect(climb.given.cem).toBe(0.28);
    climb.run(300, { ...OTHERS, cem: WIDE });
    expect(climb.given.cem).toBe(8);
  });

  it.each([1, 2, 3].flatMap((seed) => [20, 100, 250].map((rttMs) => ({ rttMs, seed }))))(
    "from $rttMs ms away has it within a second and three round trips (seed $seed)",
    ({ rttMs, seed }) => {
      const link = { rateBps: () => WIDE, queueBytes: (WIDE * 300) / 8_000, bucketBytes: 3_200 };
      const [camera] = simulate(
        {
          ...{ name: "one who comes", durationMs: 3_000, maxBps: 1.35 * CAMERA_BPS },
          // The rung that it begins on takes no more.
          cameras: [{ demandBps: () => 0.28 * M }],
          link: { ...link, propagationMs: rttMs / 2 },
        },
        seed,
      ).cameras;
      const freshness = new Freshness(M);
      freshness.begin(0);
      const climb = watched();
      const beganAtMs = climb.nowMs;
      while (climb.given.cem !== 8 && climb.nowMs - beganAtMs < 3_000) {
        const sinceMs = climb.nowMs - beganAtMs;
        // Cameras begin within the first picture's time.
        const decision = camera?.decisionAt(Math.max(sinceMs, 40));
        if (!decision) throw new Error("nothing was decided");
        const fresh = freshness.at(decision, sinceMs) ? ["cem"] : [];
        climb.run(TICK_MS, { ...OTHERS, cem: decision.estimateBps * PAYLOAD_SHARE }, fresh);
      }
      expect(climb.given).toEqual({ ann: 8, bob: 0.28, cem: 8 });
      expect(climb.nowMs - beganAtMs).toBeLessThanOrEqual(1_000 + 3 * rttMs);
    },
  );
});
