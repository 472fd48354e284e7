import { describe, expect, it } from "vitest";
import { Unanswered } from "../../src/sender/delivery/unanswered.ts";
import { PathWatch, type SeenPath } from "../../src/sender/path-watch.ts";

/** A viewer as the sender sees it, looked at four times a second. */
class Scenario {
  readonly watch = new PathWatch();
  readonly said: string[] = [];
  nowMs = 0;
  path: SeenPath = { viewer: "ann", connection: 0, lastHeardAtMs: 0, unansweredSinceMs: undefined, sendErrors: 0 };
  readonly #unanswered = new Unanswered();
  /** Whether pictures are sent, thirty a second. */
  flowing = true;

  /** @param heard whether the viewer's RTCP comes, ten times a second */
  pass(ms: number, heard: boolean): this {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += 250;
      if (heard) this.path = { ...this.path, lastHeardAtMs: this.nowMs - 50 };
      if (this.flowing) this.#unanswered.sent(this.nowMs - 20, this.path.lastHeardAtMs);
      this.path = { ...this.path, unansweredSinceMs: this.#unanswered.sinceMs(this.path.lastHeardAtMs) };
      const { probe, renew } = this.watch.look([this.path], this.nowMs);
      if (probe) this.said.push(`${this.nowMs} probe`);
      for (const { viewer, connection } of renew) this.said.push(`${this.nowMs} renew ${viewer} ${connection}`);
    }
    return this;
  }
}

const live = () => new Scenario().pass(10_000, true);

describe("the sender's view of a path", () => {
  it("is content while the viewer is heard", () => expect(live().said).toEqual([]));

  it("asks the edge, then for a fresh connection, then again ever more rarely", () => {
    expect(live().pass(15_000, false).said).toEqual([
      "10750 probe",
      "11250 renew ann 0",
      "13250 renew ann 0",
      "17250 renew ann 0",
    ]);
  });

  it("asks at once when viewers can be reached again", () => {
    const s = live().pass(5_000, false);
    s.said.length = 0;
    s.watch.reachable();
    expect(s.pass(2_000, false).said).toEqual(["15250 renew ann 0"]);
  });

  it.each([
    ["the machine's network changed", (s: Scenario) => s.watch.networkChanged()],
    [
      "the machine refuses to send",
      (s: Scenario) => {
        s.path = { ...s.path, sendErrors: 1 };
      },
    ],
  ])("bears less silence once %s", (_name, happen) => {
    const s = live();
    happen(s);
    expect(s.pass(1_000, false).said).toEqual(["10250 probe", "10500 renew ann 0"]);
  });

  it("bears the usual again when the viewer is heard after all", () => {
    const s = live();
    s.watch.networkChanged();
    expect(s.pass(250, true).pass(1_000, false).said).toEqual(["11000 probe"]);
  });

  it("bears five seconds where nothing flows", () => {
    const s = new Scenario();
    s.flowing = false;
    expect(s.pass(4_750, false).said).toEqual([]);
    expect(s.pass(250, false).said).toEqual(["5000 probe", "5000 renew ann 0"]);
  });

  it("does not take for idle what stopped because nobody acknowledged it", () => {
    const s = live().pass(250, false);
    s.flowing = false;
    expect(s.pass(1_250, false).said).toEqual(["10750 probe", "11250 renew ann 0"]);
  });

  it("bears five seconds as soon as all that was sent was answered, as when the camera is paused", () => {
    const s = live();
    s.flowing = false;
    s.pass(250, true);
    expect(s.pass(4_750, false).said).toEqual([]);
    expect(s.pass(250, false).said).toEqual(["15250 probe", "15250 renew ann 0"]);
  });

  it("waits for an answer to the first picture after a pause for as long as to any other", () => {
    const s = live();
    s.flowing = false;
    s.pass(250, true).pass(3_000, false);
    s.flowing = true;
    expect(s.pass(1_250, false).said).toEqual(["14250 probe"]);
    expect(s.pass(250, false).said).toEqual(["14250 probe", "14750 renew ann 0"]);
  });

  it("forgets a connection that is gone", () => {
    const watch = new PathWatch();
    const path = { viewer: "ann", connection: 0, lastHeardAtMs: 0, unansweredSinceMs: 10, sendErrors: 0 };
    expect(watch.look([path], 2_000).renew).toHaveLength(1);
    expect(watch.look([], 2_100).renew).toHaveLength(0);
    expect(watch.look([{ ...path, connection: 1, lastHeardAtMs: 2_000, unansweredSinceMs: undefined }], 2_200)).toEqual(
      { probe: false, renew: [] },
    );
  });
});
