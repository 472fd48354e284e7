import { describe, expect, it } from "vitest";
import { MediaSender } from "../../src/sender/peer/media-sender.ts";
import { Repeats } from "../../src/sender/peer/repeats.ts";
import type { KeptPacket } from "../../src/sender/peer/rtx.ts";
import { AES_CM_128_HMAC_SHA1_80 } from "../../src/sender/peer/srtp-keys.ts";

function kept(sequenceNumber: number): KeptPacket {
  const payload = Buffer.alloc(1);
  return { sequenceNumber, timestamp: 0, marker: false, payload, sentAtMs: 0, resentAtMs: 0 };
}

const lost = (...numbers: number[]) => numbers.map((number) => ({ number, arrivedAtMs: undefined }));

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
    expect(repeats.onFeedback([{ number: 7, arrivedAtMs: 3 }])).toEqual([]);
    expect(repeats.size).toBe(0);
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
    expect(repeats.size).toBeLessThan(2_000);
    expect(repeats.onFeedback(lost(0, 9_999))).toEqual([9_999]);
  });
});

describe("a retransmission that is lost", () => {
  const sending = (rtx: { ssrc: number; payloadType: number } | undefined) =>
    new MediaSender(
      {
        ssrc: 1,
        payloadType: 102,
        ...(rtx ? { rtx } : {}),
        extensionIds: { transportWide: 4 },
        mid: "0",
        cname: "somebody",
        srtpProfile: AES_CM_128_HMAC_SHA1_80,
        masterKey: { key: Buffer.alloc(16, 1), salt: Buffer.alloc(14, 2) },
        firstSequenceNumber: 20,
      },
      () => false,
    );

  it("goes out again when feedback says so, whatever the round trip, and then under a number of its own", () => {
    const sender = sending({ ssrc: 2, payloadType: 103 });
    sender.send(Array(4).fill(Buffer.alloc(100)), false, 0);
    const nowMs = performance.now();
    const [first] = sender.resend([20], nowMs, 500);
    expect(first?.number).toBe(4);
    const again = sender.missingAgain(lost(1, 4), nowMs + 60);
    expect(again.map((packet) => "kept" in packet && packet.kept.sequenceNumber)).toEqual([20]);
    expect(sender.depart(again).map(({ number }) => number)).toEqual([5]);
    expect(sender.missing([20], nowMs + 100, 50)).toEqual([]);
    expect(sender.missingAgain(lost(5), nowMs + 130)).toHaveLength(1);
  });

  it("is the viewer's to ask for where there is no RTX, and so no number of its own", () => {
    const sender = sending(undefined);
    sender.send([Buffer.alloc(100), Buffer.alloc(100)], false, 0);
    sender.resend([20], performance.now(), 0);
    expect(sender.missingAgain(lost(0, 1, 2), performance.now() + 60)).toEqual([]);
  });
});
