import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MediaSender } from "../../src/sender/peer/media-sender.ts";
import { Repeats } from "../../src/sender/peer/repeats.ts";
import type { KeptPacket } from "../../src/sender/peer/rtx.ts";
import { AES_CM_128_HMAC_SHA1_80 } from "../../src/sender/peer/srtp-keys.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function kept(sequenceNumber: number): KeptPacket {
  const payload = Buffer.alloc(1);
  return { sequenceNumber, timestamp: 0, marker: false, payload, sentAtMs: 0, resentAtMs: 0 };
}

const lost = (...numbers: number[]) => numbers.map((number) => ({ sequenceNumber: number }));

describe("retransmissions under way", () => {
  it("are told lost once, and only they", () => {
    const repeats = new Repeats();
    repeats.onSent(7, kept(100));
    expect(repeats.onFeedback(lost(5, 6, 7))).toEqual([100]);
    expect(repeats.onFeedback(lost(5, 6, 7))).toEqual([]);
  });

  it("are forgotten when they arrived", () => {
    const repeats = new Repeats();
    repeats.onSent(7, kept(100));
    expect(repeats.onFeedback([{ sequenceNumber: 7, arrivalMs: 3 }])).toEqual([]);
    expect(repeats.onFeedback(lost(7))).toEqual([]);
  });

  it("are no concern when the packet was sent once more meanwhile", () => {
    const repeats = new Repeats();
    const packet = kept(100);
    repeats.onSent(7, packet);
    repeats.onSent(9, packet);
    expect(repeats.onFeedback(lost(7))).toEqual([]);
    expect(repeats.onFeedback(lost(9))).toEqual([100]);
  });

  it("are bounded where nobody tells of them", () => {
    const repeats = new Repeats();
    for (let i = 0; i < 10_000; i++) repeats.onSent(i, kept(i));
    const known = repeats.onFeedback(lost(...Array.from({ length: 10_000 }, (_, i) => i)));
    expect(known.length).toBeLessThan(2_000);
    expect(known.at(-1)).toBe(9_999);
  });

  it("are forgotten two seconds after they first left, in whatever order they were asked for", () => {
    const knownAt = (nowMs: number) => {
      const repeats = new Repeats();
      repeats.onSent(7, { ...kept(101), sentAtMs: 500 });
      repeats.onSent(8, { ...kept(100), sentAtMs: 0 });
      repeats.forgetOld(nowMs);
      return repeats.onFeedback(lost(7, 8));
    };
    expect([2_000, 2_001].map(knownAt)).toEqual([[101, 100], [101]]);
  });
});

describe("a retransmission that is lost", () => {
  const RTX = { ssrc: 2, payloadType: 103 };
  const sending = (rtx: typeof RTX | undefined, transportWide = 4) =>
    new MediaSender(
      {
        ssrc: 1,
        payloadType: 102,
        ...(rtx ? { rtx } : {}),
        extensionIds: transportWide ? { transportWide } : {},
        mid: "0",
        cname: "somebody",
        srtpProfile: AES_CM_128_HMAC_SHA1_80,
        masterKey: { key: Buffer.alloc(16, 1), salt: Buffer.alloc(14, 2) },
        firstSequenceNumber: 20,
      },
      () => false,
    );

  /** A picture that no pacer holds back. */
  const send = (sender: MediaSender, payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number) =>
    sender.depart(sender.prepare(payloads, keyframe, capturedAtMs));
  const resend = (sender: MediaSender, nowMs = performance.now(), rttMs = 0) =>
    sender.depart(sender.missing([20], nowMs, rttMs));

  it("goes out again when feedback says so, whatever the round trip, and then under a number of its own", () => {
    const sender = sending(RTX);
    send(sender, Array(4).fill(Buffer.alloc(100)), false, 0);
    const nowMs = performance.now();
    const [first] = resend(sender, nowMs, 500);
    expect(first?.number).toBe(4);
    const again = sender.missingAgain(lost(1, 4), nowMs + 60);
    expect(again.map((packet) => "kept" in packet && packet.kept.sequenceNumber)).toEqual([20]);
    expect(sender.depart(again).map(({ number }) => number)).toEqual([5]);
    expect(sender.missing([20], nowMs + 100, 50)).toEqual([]);
    expect(sender.missingAgain(lost(5), nowMs + 130)).toHaveLength(1);
  });

  it("is the viewer's to ask for where there is no RTX, and so no number of its own", () => {
    const sender = sending(undefined);
    send(sender, [Buffer.alloc(100), Buffer.alloc(100)], false, 0);
    resend(sender);
    expect(sender.missingAgain(lost(0, 1, 2), performance.now() + 60)).toEqual([]);
  });

  it("is the viewer's to ask for where packets have no transport-wide number on the wire", () => {
    const sender = sending(RTX, 0);
    send(sender, Array(4).fill(Buffer.alloc(100)), false, 0);
    const [first] = resend(sender);
    expect(first).toMatchObject({ number: undefined });
    expect(sender.missingAgain(lost(-1, 0, 4), performance.now() + 60)).toEqual([]);
  });

  describe("and that nobody tells of", () => {
    afterEach(() => vi.useRealTimers());

    it.each([0, 4])("is no longer kept after two seconds (transport-wide numbers: %d)", async (transportWide) => {
      vi.useFakeTimers({ toFake: ["performance"] });
      const sender = sending(RTX, transportWide);
      const payload = new WeakRef(sendOnce(sender));
      expect(resend(sender)).toHaveLength(1);
      await isCollected(payload, false);
      vi.advanceTimersByTime(2_001);
      send(sender, [Buffer.alloc(100)], false, 2_001);
      await isCollected(payload, true);
    });

    function sendOnce(sender: MediaSender): Buffer {
      const payload = Buffer.alloc(100_000);
      send(sender, [payload], true, 0);
      return payload;
    }

    async function isCollected(payload: WeakRef<Buffer>, expected: boolean): Promise<void> {
      // What a WeakRef was asked for stays until the turn is over.
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      expect(payload.deref() === undefined).toBe(expected);
    }
  });
});
