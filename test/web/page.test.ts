import { describe, expect, test } from "vitest";
import { ERRORS } from "../../src/protocol/errors.ts";
import { severity } from "../../src/web/client/errors.ts";
import type { ViewerErrorCode, ViewerState, ViewerStats } from "../../src/web/client/index.ts";
import { figuresOf } from "../../src/web/page/figures.ts";
import { statsRows } from "../../src/web/page/stats-rows.ts";
import { wordsFor } from "../../src/web/page/words.ts";

describe("words", () => {
  test.each<[ViewerState, string, string, number | undefined]>([
    [{ name: "live", message: "" }, "Live", "live", undefined],
    [{ name: "connecting", message: "" }, "Connecting", "busy", 12_000],
    [{ name: "reconnecting", message: "" }, "Reconnecting", "busy", 12_000],
    [{ name: "paused", message: "" }, "Paused", "paused", undefined],
    [{ name: "paused", message: "", resuming: true }, "Resuming", "busy", undefined],
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

  test.each<ViewerErrorCode>(["version-unsupported", "webrtc-unsupported"])(
    "%s: no button that cannot help",
    (code) => {
      expect(wordsOf(code).retryAfterMs).toBeUndefined();
    },
  );
});

const nothing = { framesReceived: 0, framesDecoded: 0, framesDropped: 0, packetsLost: 0, timings: {} };

describe("the stats overlay's rows", () => {
  const shownAs = (name: string, stats: Partial<ViewerStats>) =>
    statsRows({ ...nothing, ...stats }).find((row) => row.name === name)?.value;

  test.each<[string, Partial<ViewerStats>, string]>([
    ["Picture", { width: 1280, height: 720, fps: 29.6, codec: "H264" }, "1280×720 30 fps H264"],
    ["Picture", { width: 640, height: 360 }, "640×360"],
    ["Received", { bitrateBps: 2_480_000 }, "2.48 Mbps"],
    ["Network + buffer + decoding", { latencyMs: 10.7 }, "11 ms"],
    ["Decoding", { decodeMs: 0.3 }, "<1 ms"],
    ["Frames", { framesDecoded: 90, framesDropped: 2 }, "90 decoded, 2 dropped"],
    ["Freezes", { freezes: 0, frozenMs: 0 }, "none"],
    ["Freezes", { freezes: 2, frozenMs: 1_250 }, "2, 1.3 s together"],
    ["Path", { path: "direct", candidateType: "host" }, "direct"],
    ["Path", { path: "direct", candidateType: "srflx" }, "direct, through NAT"],
    ["Path", { path: "relay", candidateType: "relay" }, "TURN relay"],
    ["First picture", { timings: { start: 5, offerSent: 20.2, firstFrame: 77 } }, "57 ms after the offer"],
  ])("%s of %j is %s", (name, stats, value) => {
    expect(shownAs(name, stats)).toBe(value);
  });

  test("are the same ones whatever is known, so that none moves", () => {
    const full = { width: 1, height: 1, fps: 1, bitrateBps: 1, rttMs: 1, bufferMs: 1, decodeMs: 1, freezes: 1 };
    const names = (stats: Partial<ViewerStats>) => statsRows({ ...nothing, ...stats }).map(({ name }) => name);
    expect(names({})).toEqual(names(full));
    expect(shownAs("Round trip", {})).toBe("–");
    expect(shownAs("First picture", {})).toBe("–");
  });
});

describe("figures", () => {
  test("what is not known is left out", () => {
    expect(figuresOf(nothing)).toEqual([]);
  });

  test.each([
    [300, "1 kbps"],
    [4_900, "5 kbps"],
    [12_400, "12 kbps"],
    [847_000, "850 kbps"],
    [2_480_000, "2.5 Mbps"],
  ])("%d bit/s are shown as %s", (bitrateBps, text) => {
    expect(figuresOf({ ...nothing, bitrateBps })[0]?.text).toBe(text);
  });

  test("a delay without decoding does not claim it", () => {
    const [figure] = figuresOf({ ...nothing, rttMs: 8, bufferMs: 6, latencyMs: 10 });
    expect([figure?.text, figure?.meaning]).toEqual([
      "10 ms network + buffer",
      expect.not.stringContaining("decoding"),
    ]);
  });

  test("the delay says what it is made of and what it leaves out", () => {
    const stats = { ...nothing, width: 1280, height: 720, fps: 29.6, bitrateBps: 2_480_000 };
    const figures = figuresOf({ ...stats, rttMs: 8, bufferMs: 6.4, decodeMs: 0.3, latencyMs: 10.7, path: "relay" });
    expect(figures.map(({ text }) => text)).toEqual([
      "1280×720",
      "30 fps",
      "2.5 Mbps",
      "11 ms until decoded",
      "relayed",
    ]);
    expect(figures[3]?.meaning).toBe(
      "half of the 8 ms round trip, 6 ms in the jitter buffer, <1 ms decoding. The camera, its encoder and this screen add to that.",
    );
  });
});
