import { describe, expect, it } from "vitest";
import {
  GenericNack,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RtcpPayloadSpecificFeedback,
  RtcpReceiverInfo,
  RtcpRrPacket,
} from "werift";
import { parseRtcp, statusesIn } from "../../src/sender/peer/feedback.ts";
import { FeedbackReader, type PeerFeedback } from "../../src/sender/peer/feedback-reader.ts";
import { compactNtp } from "../../src/sender/peer/sender-report.ts";
import { Random } from "../support/random.ts";

const SSRC = 0x11223344;
const VIEWER = 0x55667788;

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ""), "hex");
const nack = (...lost: number[]) => new GenericNack({ senderSsrc: VIEWER, mediaSourceSsrc: SSRC, lost }).serialize();
const pli = () => payloadFeedback(new PictureLossIndication({ senderSsrc: VIEWER, mediaSsrc: SSRC }));
/** RFC 5104 section 4.3.1.1. */
const fir = (sequenceNumber: number, ssrc = SSRC) =>
  hex(
    `84ce0004 ${VIEWER.toString(16)} 00000000 ${ssrc.toString(16)} ${sequenceNumber.toString(16).padStart(2, "0")}000000`,
  );

function payloadFeedback(feedback: RtcpPayloadSpecificFeedback["feedback"]): Buffer {
  return new RtcpPayloadSpecificFeedback({ feedback }).serialize();
}

function receiverReport(over: Partial<RtcpReceiverInfo> = {}): Buffer {
  const report = new RtcpReceiverInfo({
    ...{ ssrc: SSRC, fractionLost: 64, packetsLost: 7, highestSequence: 70_000, jitter: 900, lsr: 0, dlsr: 0 },
    ...over,
  });
  return new RtcpRrPacket({ ssrc: VIEWER, reports: [report] }).serialize();
}

/** Transport-wide feedback: see the draft's section 3.1. */
function twcc(fci: string): Buffer {
  const body = Buffer.concat([Buffer.alloc(8), hex(fci)]);
  const header = Buffer.from([0x8f, 205, 0, body.length / 4]);
  return Buffer.concat([header, body]);
}

describe("RTCP of a viewer", () => {
  it("is read packet by packet, however many stand together", () => {
    const kinds = parseRtcp(Buffer.concat([receiverReport(), nack(5, 7, 40), pli(), fir(3)])).map(({ kind }) => kind);
    expect(kinds).toEqual(["reception-report", "nack", "picture-loss", "full-intra-request"]);
  });

  it("names lost packets, past the wrap too", () => {
    expect(parseRtcp(nack(65_534, 65_535, 65_550, 10))).toEqual([
      { kind: "nack", ssrc: SSRC, lost: [65_534, 65_535, 14, 10] },
    ]);
    expect(parseRtcp(hex(`81cd0003 ${VIEWER.toString(16)} ${SSRC.toString(16)} ffff 8001`))).toEqual([
      { kind: "nack", ssrc: SSRC, lost: [65_535, 0, 15] },
    ]);
  });

  it("reports reception", () => {
    const report = parseRtcp(receiverReport({ lsr: 0xffffffff, dlsr: 5 }))[0];
    expect(report).toEqual({
      kind: "reception-report",
      ssrc: SSRC,
      fractionLost: 0.25,
      lastSenderReport: 0xffffffff,
      delaySinceLastSenderReport: 5,
    });
  });

  it("caps the bitrate", () => {
    const remb = new ReceiverEstimatedMaxBitrate({
      senderSsrc: VIEWER,
      mediaSsrc: 0,
      ssrcNum: 1,
      brExp: 5,
      brMantissa: 100_000,
      ssrcFeedbacks: [SSRC],
    });
    // werift forgets the length of a REMB that was never read.
    Object.assign(remb, { length: 5 });
    expect(parseRtcp(payloadFeedback(remb))).toEqual([{ kind: "max-bitrate", ssrcs: [SSRC], bitrateBps: 3_200_000 }]);
  });

  it("pads its packets", () => {
    const padded = hex("a1cd0004 55667788 11223344 00050000 00000004");
    expect(parseRtcp(Buffer.concat([padded, pli()])).map(({ kind }) => kind)).toEqual(["nack", "picture-loss"]);
    expect(parseRtcp(padded)).toEqual([{ kind: "nack", ssrc: SSRC, lost: [5] }]);
  });
});

describe("transport-wide feedback", () => {
  const feedbackOf = (fci: string) => {
    const [message] = parseRtcp(twcc(fci));
    return message?.kind === "transport-feedback" ? message.feedback : undefined;
  };

  it.each<[string, string, (number | undefined)[]]>([
    ["a run of small deltas", "000a0003 00000100 2003 04 08 0c 000000", [1_000, 3_000, 6_000]],
    ["a run of losses between", "000a0004 00000100 2001 0002 2001 04 04", [1_000, undefined, undefined, 2_000]],
    ["a large delta, and one back in time", "000a0002 00000100 4002 0100 fff8 0000", [64_000, 62_000]],
    ["a vector of one-bit symbols", "000a0003 00000100 a800 04 08", [1_000, undefined, 3_000]],
    ["a vector of two-bit symbols", "000a0003 00000100 d200 04 0010 000000", [1_000, undefined, 5_000]],
    ["arrivals without a time count as none", "000a0001 00000100 6001 0000", [undefined]],
  ])("reads %s", (_, fci, arrivedUs) => {
    expect(feedbackOf(fci)).toEqual({ baseNumber: 10, referenceTime: 1, arrivedUs });
  });

  it.each([
    ["deltas cut short", "000a0003 00000100 2003 0408"],
    ["chunks cut short", "000affff 00000100 20030408"],
    ["runs of nothing", "000a0002 00000100 00000000 00000000"],
    ["more packets than anybody sends", "0000ffff 00000100 1fff1fff 1fff1fff 1fff1fff 1fff1fff 1fff1fff"],
  ])("leaves out %s", (_, fci) => {
    expect(parseRtcp(twcc(fci))).toEqual([]);
  });
});

describe("how much feedback is read", () => {
  /** Each tells of 4,096 packets that did not arrive. */
  const many = (count: number) =>
    Buffer.concat(Array.from({ length: count }, () => twcc("00001000 00000100 1000 0000")));

  it("tells of 8,192 packets together at most", () => {
    expect(parseRtcp(many(1))).toHaveLength(1);
    expect(parseRtcp(many(57))).toHaveLength(2);
    expect(statusesIn(parseRtcp(many(57)))).toBe(8_192);
  });

  it("and twice as many a second from one viewer, none of which counts for another", () => {
    let heard: PeerFeedback[] = [];
    const reader = new FeedbackReader(SSRC, {
      onFeedback: (feedback) => heard.push(feedback),
      onNack() {},
      onKeyframeRequest() {},
      newestNumber: () => 100_000,
    });
    const told = (count: number, nowMs: number) => {
      heard = [];
      for (let i = 0; i < count; i++) reader.receive(many(1), nowMs);
      return heard.flatMap((each) => (each.kind === "transport" ? each.packets : [])).length;
    };
    expect([told(4, 1_000), told(1, 1_249), told(4, 1_250), told(4, 9_000)]).toEqual([8_192, 0, 4_096, 8_192]);
  });

  it("goes on with what else the viewer says", () => {
    const kinds = parseRtcp(Buffer.concat([many(5), pli()])).map(({ kind }) => kind);
    expect(kinds).toEqual(["transport-feedback", "transport-feedback", "picture-loss"]);
  });
});

describe("the reader", () => {
  function reading(newest = 100) {
    const seen = { feedback: [] as PeerFeedback[], lost: [] as number[][], keyframes: 0, newest };
    const reader = new FeedbackReader(SSRC, {
      onFeedback: (feedback) => seen.feedback.push(feedback),
      onNack: (lost) => seen.lost.push(lost),
      onKeyframeRequest: () => void seen.keyframes++,
      newestNumber: () => seen.newest,
    });
    return { seen, reader };
  }

  it("obeys each FIR once, however often it is repeated, and a PLI each time", () => {
    const { seen, reader } = reading();
    for (const compound of [fir(1), fir(1), fir(1)]) reader.receive(compound, 0);
    expect(seen.keyframes).toBe(1);
    reader.receive(fir(2), 0);
    expect(seen.keyframes).toBe(2);
    reader.receive(pli(), 0);
    reader.receive(pli(), 0);
    expect(seen.keyframes).toBe(4);
  });

  it("ignores what concerns another stream", () => {
    const { seen, reader } = reading();
    reader.receive(Buffer.concat([fir(1, SSRC + 1), receiverReport({ ssrc: SSRC + 1 })]), 0);
    expect(seen).toMatchObject({ feedback: [], keyframes: 0 });
  });

  it("measures the round trip by a sender report that it made, and by no other", () => {
    const { seen, reader } = reading();
    const sentAtMs = 5_000;
    const wallMs = performance.timeOrigin + sentAtMs;
    reader.roundTrip.reported(wallMs);
    const dlsr = Math.round(0.3 * 65_536);
    reader.receive(receiverReport({ lsr: compactNtp(wallMs), dlsr }), sentAtMs + 380);
    expect(seen.feedback[0]).toMatchObject({ kind: "report", fractionLost: 0.25 });
    expect((seen.feedback[0] as { rttMs: number }).rttMs).toBeCloseTo(80, 0);
    expect(reader.roundTrip.rttMs).toBeCloseTo(80, 0);
    for (const [lsr, delay] of [
      [0, 0],
      [compactNtp(wallMs) - 1, 0],
      [compactNtp(wallMs), 65_536],
    ] as const) {
      reader.receive(receiverReport({ lsr, dlsr: delay }), sentAtMs + 380);
      expect(seen.feedback.at(-1)).not.toHaveProperty("rttMs");
    }
  });

  it("places transport-wide feedback among what was sent, over wraps of number and time", () => {
    const { seen, reader } = reading(0x1_0002);
    reader.receive(twcc("ffff0003 ffffff01 2003 04 04 04 000000"), 1);
    reader.receive(twcc("00020001 00000102 2001 04 00"), 2);
    const placed = seen.feedback.map((feedback) => (feedback.kind === "transport" ? feedback.packets : []));
    expect(placed).toEqual([
      [
        { sequenceNumber: 0xffff, arrivalMs: 1 },
        { sequenceNumber: 0x1_0000, arrivalMs: 2 },
        { sequenceNumber: 0x1_0001, arrivalMs: 3 },
      ],
      [{ sequenceNumber: 0x1_0002, arrivalMs: 2 * 64 + 1 }],
    ]);
  });

  it("takes no feedback on packets that were never sent", () => {
    const { seen, reader } = reading(10);
    reader.receive(twcc("00090003 00000101 2003 04 04 04 000000"), 1);
    reader.receive(twcc("00c80001 00000102 2001 04 00"), 2);
    expect(seen.feedback.flatMap((feedback) => (feedback.kind === "transport" ? feedback.packets : []))).toEqual([
      { sequenceNumber: 9, arrivalMs: 1 },
      { sequenceNumber: 10, arrivalMs: 2 },
    ]);
  });

  it("survives whatever comes: noise, and real packets with bits flipped or cut short", () => {
    const { reader } = reading();
    const random = new Random(7);
    const real = [receiverReport(), nack(1, 2, 3), pli(), fir(1), twcc("000a0003 00000100 d200 04 0010 000000")];
    for (let i = 0; i < 20_000; i++) {
      const compound = Buffer.concat([random.pick(real), random.pick(real), random.pick(real)]);
      for (let flips = random.below(12); flips > 0; flips--)
        compound[random.below(compound.length)] = random.below(256);
      reader.receive(compound.subarray(0, random.below(compound.length + 1)), i);
    }
    for (let i = 0; i < 5_000; i++) {
      const noise = Buffer.from(Array.from({ length: random.below(80) }, () => random.below(256)));
      if (noise.length > 3) noise[0] = 0x80 | (noise.readUInt8(0) & 0x3f);
      if (noise.length > 3) noise[1] = 200 + random.below(8);
      if (noise.length > 3) noise.writeUInt16BE(noise.length / 4 - 1, 2);
      reader.receive(noise, i);
    }
    const { seen, reader: fresh } = reading();
    fresh.receive(pli(), 0);
    expect(seen.keyframes).toBe(1);
  });
});

describe("a viewer that asks without end", () => {
  function asker() {
    let keyframes = 0;
    const reader = new FeedbackReader(SSRC, {
      onFeedback() {},
      onNack() {},
      onKeyframeRequest: () => void keyframes++,
      newestNumber: () => 0,
    });
    return { reader, keyframes: () => keyframes };
  }

  it("for keyframes gets one a second after the first few, and its due again once it was quiet", () => {
    const { reader, keyframes } = asker();
    for (let ms = 0; ms < 10_000; ms += 20) reader.receive(pli(), ms);
    expect(keyframes()).toBeGreaterThanOrEqual(10);
    expect(keyframes()).toBeLessThanOrEqual(14);
    const before = keyframes();
    for (let i = 0; i < 10; i++) reader.receive(Buffer.concat([pli(), fir(i)]), 60_000);
    expect(keyframes() - before).toBe(4);
  });

  it("is answered later what could not be answered at once, since it asks again under the same number", () => {
    const { reader, keyframes } = asker();
    for (let i = 0; i < 4; i++) reader.receive(pli(), 0);
    reader.receive(fir(1), 10);
    expect(keyframes()).toBe(4);
    reader.receive(fir(1), 2_000);
    reader.receive(fir(1), 4_000);
    expect(keyframes()).toBe(5);
  });

  it("for lost packets is heard for as many as can be had", () => {
    const greedy = Buffer.concat([nack(1), ...Array.from({ length: 8_000 }, () => hex("0001 ffff"))]);
    greedy.writeUInt16BE(greedy.length / 4 - 1, 2);
    const [message] = parseRtcp(greedy);
    expect(message?.kind === "nack" && message.lost.length).toBeLessThan(4_096 + 17);
  });
});
