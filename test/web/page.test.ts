import { describe, expect, test } from "vitest";
import { ERRORS } from "../../src/protocol/errors.ts";
import { severity } from "../../src/web/client/errors.ts";
import type { ViewerErrorCode, ViewerState } from "../../src/web/client/index.ts";
import { figuresOf } from "../../src/web/page/figures.ts";
import { wordsFor } from "../../src/web/page/words.ts";

describe("words", () => {
  test.each<[ViewerState, string, string, number | undefined]>([
    [{ name: "live", message: "" }, "Live", "live", undefined],
    [{ name: "connecting", message: "" }, "Connecting", "busy", 12_000],
    [{ name: "reconnecting", message: "" }, "Reconnecting", "busy", 12_000],
    [{ name: "paused", message: "" }, "Paused", "paused", undefined],
    [{ name: "waiting", code: "session-full", message: "" }, "Waiting for a place", "waiting", 12_000],
    [{ name: "waiting", message: "" }, "Waiting for the camera", "waiting", 12_000],
    [{ name: "ended", message: "" }, "Ended", "ended", 0],
    [{ name: "failed", message: "", code: "unauthorized" }, "Not connected", "failed", 0],
  ])("%o", (state, status, tone, retryAfterMs) => {
    const words = wordsFor(state);
    expect([words.status, words.tone, words.retryAfterMs]).toEqual([status, tone, retryAfterMs]);
    expect(words.title === undefined).toBe(state.name === "live");
  });

  test("without an error the library's sentence stands under the state's title", () => {
    const words = wordsFor({ name: "paused", message: "It goes on when they resume." });
    expect([words.title, words.detail]).toEqual(["The camera is paused", "It goes on when they resume."]);
  });
});

describe("refusals", () => {
  const CODES = [...Object.keys(ERRORS), "webrtc-unsupported", "no-path"] as ViewerErrorCode[];
  /** The state in which a viewer meets the error, with the library's own sentence. */
  const wordsOf = (code: ViewerErrorCode) => {
    const message = code === "webrtc-unsupported" || code === "no-path" ? "Use another browser." : ERRORS[code].message;
    const names = { ended: "ended", failed: "failed", patient: "waiting", retry: "connecting" } as const;
    return wordsFor({ name: names[severity(code)], code, message } as ViewerState);
  };

  test.each(CODES)("%s: a title, and a sentence in the words of those who watch", (code) => {
    const { title, detail } = wordsOf(code);
    expect(title).toMatch(/^[A-Z][^.]+$/);
    expect(detail).toMatch(/^[A-Z].+\.$/);
    expect(`${title} ${detail}`).not.toMatch(
      /--|SIGHTLINE|wrangler|publish key|token|SDP|ICE|WHEP|ETag|POST|offer|type/,
    );
  });

  test.each<[ViewerErrorCode, string, RegExp]>([
    ["kicked", "You were removed", /ask them/],
    ["link-rotated", "This link was replaced", /Ask them for it/],
    ["session-ended", "The session has ended", /ask for a new link/],
    ["session-full", "The session is full", /as soon as one leaves/],
    ["proof-refused", "The connection was refused", /another network/],
    ["origin-refused", "This site may not show the camera", /new tab/],
    ["rate-limited", "Too many tries at once", /tries again by itself/],
    ["unauthorized", "This link does not open the camera", /Ask for the link again/],
  ])("%s says what to do", (code, title, detail) => {
    expect(wordsOf(code)).toMatchObject({ title, detail: expect.stringMatching(detail) });
  });

  test("who was removed is not told that the link still works, nor invited to try", () => {
    const { detail, retryAfterMs } = wordsOf("kicked");
    expect(detail).not.toMatch(/link|rotate|again by/);
    expect(retryAfterMs).toBeUndefined();
    expect(wordsOf("session-ended").retryAfterMs).toBe(0);
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
