import { describe, expect, test } from "vitest";
import type { ViewerState } from "../../src/web/client/index.ts";
import { figuresOf } from "../../src/web/page/figures.ts";
import { wordsFor } from "../../src/web/page/words.ts";

describe("words", () => {
  test.each<[ViewerState, string, string, number | undefined]>([
    [{ name: "live", message: "" }, "Live", "live", undefined],
    [{ name: "connecting", message: "" }, "Connecting", "busy", 12_000],
    [{ name: "reconnecting", message: "" }, "Reconnecting", "busy", 12_000],
    [{ name: "waiting", message: "" }, "Waiting for the camera", "waiting", 12_000],
    [{ name: "ended", message: "" }, "Ended", "ended", 0],
    [{ name: "failed", message: "", code: "unauthorized" }, "Not connected", "failed", 0],
  ])("%o", (state, status, tone, retryAfterMs) => {
    const words = wordsFor(state);
    expect([words.status, words.tone, words.retryAfterMs]).toEqual([status, tone, retryAfterMs]);
    expect(words.title === undefined).toBe(state.name === "live");
  });

  test("an error's sentence is shown as it is, under a title of its own", () => {
    const words = wordsFor({ name: "failed", code: "unauthorized", message: "Ask for the link again." });
    expect([words.title, words.detail]).toEqual(["This link does not open the camera", "Ask for the link again."]);
  });
});

describe("figures", () => {
  const nothing = { framesReceived: 0, framesDecoded: 0, framesDropped: 0, packetsLost: 0, timings: {} };

  test("what is not known is left out", () => {
    expect(figuresOf(nothing)).toEqual([]);
  });

  test("the delay says what it is made of and what it leaves out", () => {
    const stats = { ...nothing, width: 1280, height: 720, fps: 29.6, bitrateBps: 2_480_000 };
    const figures = figuresOf({ ...stats, rttMs: 8, bufferMs: 6.4, decodeMs: 0.3, latencyMs: 10.7, path: "relay" });
    expect(figures.map(({ text }) => text)).toEqual([
      "1280×720",
      "30 fps",
      "2.5 Mbps",
      "11 ms network + buffer",
      "relayed",
    ]);
    expect(figures[3]?.meaning).toBe(
      "half of the 8 ms round trip, 6 ms in the jitter buffer, <1 ms decoding. The camera, its encoder and this screen add to that.",
    );
  });
});
