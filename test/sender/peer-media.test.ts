import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { GenericNack, type RtpPacket } from "werift";
import type { PeerFeedback } from "../../src/sender/peer/feedback-reader.ts";
import type { Departed } from "../../src/sender/peer/media-sender.ts";
import { sharedGcm } from "../../src/sender/peer/native/gcm.ts";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from "../../src/sender/peer/srtp-keys.ts";
import { losing } from "../support/loss.ts";
import { MediaViewer, type MediaViewerOptions } from "../support/media-viewer.ts";
import { Random } from "../support/random.ts";

const PATIENCE = { timeout: 10_000, interval: 20 };
const PACKETS_PER_PICTURE = 5;

async function connected(options: MediaViewerOptions = {}): Promise<MediaViewer> {
  const viewer = await MediaViewer.open(options);
  await vi.waitFor(() => expect([viewer.peer.state, viewer.state]).toEqual(["connected", "connected"]), PATIENCE);
  return viewer;
}

/** Sends pictures, each payload its own, paced so that no buffer of the loopback overflows. */
async function sendPictures(viewer: MediaViewer, count: number): Promise<Departed[]> {
  const sent: Departed[] = [];
  for (let i = 0; i < count; i++) {
    const payloads = Array.from({ length: PACKETS_PER_PICTURE }, (_, part) => Buffer.alloc(800, i * 31 + part));
    sent.push(...viewer.peer.send(payloads, i === 0, performance.now()));
    await sleep(3);
  }
  return sent;
}

const numbersOf = (packets: RtpPacket[]) => packets.map(({ header }) => header.sequenceNumber);

const CHEAPER = sharedGcm() ? AEAD_AES_128_GCM : AES_CM_128_HMAC_SHA1_80;

describe("media to a viewer", () => {
  it.each([
    ["the cheaper one of two", {}, CHEAPER],
    ["AES-CM, where the viewer speaks nothing else", { profiles: [AES_CM_128_HMAC_SHA1_80] }, AES_CM_128_HMAC_SHA1_80],
    ["the cheaper one of two, chosen for a viewer that is the DTLS client", { active: true }, CHEAPER],
    [
      "AES-GCM, chosen for a DTLS client that speaks nothing else",
      { active: true, profiles: [AEAD_AES_128_GCM] },
      AEAD_AES_128_GCM,
    ],
  ])("arrives under %s", async (_, options, chosen) => {
    await using viewer = await connected(options);
    const sent = await sendPictures(viewer, 20);
    await vi.waitFor(() => expect(viewer.packets).toHaveLength(sent.length), PATIENCE);
    expect(viewer.srtpProfile).toBe(chosen);
    expect(viewer.packets.map((packet) => viewer.transportNumber(packet))).toEqual(sent.map(({ number }) => number));
  });

  it("goes on over the wrap of its sequence number, with the rollover counter", async () => {
    await using viewer = await connected({ peer: { firstSequenceNumber: 65_500 } });
    const sent = await sendPictures(viewer, 20);
    await vi.waitFor(() => expect(viewer.packets).toHaveLength(sent.length), PATIENCE);
    expect(numbersOf(viewer.packets)).toEqual(sent.map((_, i) => (65_500 + i) & 0xffff));
  });
});

describe("a viewer that offers a data channel", () => {
  it("has its picture though it says nothing by SCTP", async () => {
    await using viewer = await MediaViewer.open({ data: "silent" });
    await vi.waitFor(() => expect(viewer.peer.state).toBe("connected"), PATIENCE);
    const sent = await sendPictures(viewer, 3);
    await vi.waitFor(() => expect(viewer.packets).toHaveLength(sent.length), PATIENCE);
    expect(viewer.state).toBe("connecting");
  });

  it("has both otherwise", async () => {
    await using viewer = await connected({ data: true });
    const sent = await sendPictures(viewer, 3);
    await vi.waitFor(() => expect(viewer.packets).toHaveLength(sent.length), PATIENCE);
    await vi.waitFor(() => expect(viewer.channel?.readyState).toBe("open"), PATIENCE);
  });
});

it("names its media section until the viewer is heard", async () => {
  await using viewer = await connected();
  await sendPictures(viewer, 1);
  await vi.waitFor(() => expect(viewer.packets).toHaveLength(PACKETS_PER_PICTURE), PATIENCE);
  expect(viewer.packets.map((packet) => viewer.mid(packet))).toEqual(viewer.packets.map(() => "0"));
  const beforeMs = viewer.peer.lastHeardAtMs;
  const emptyReport = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1]);
  await viewer.sendRtcp(emptyReport);
  await vi.waitFor(() => expect(viewer.peer.lastHeardAtMs).toBeGreaterThan(beforeMs), PATIENCE);
  await sendPictures(viewer, 1);
  await vi.waitFor(() => expect(viewer.packets).toHaveLength(2 * PACKETS_PER_PICTURE), PATIENCE);
  expect(viewer.packets.slice(PACKETS_PER_PICTURE).some((packet) => viewer.mid(packet) !== undefined)).toBe(false);
});

it("asks the player for the delay that was set, before the connection or later", async () => {
  await using viewer = await MediaViewer.open();
  viewer.peer.setPlayoutMs(200);
  await vi.waitFor(() => expect([viewer.peer.state, viewer.state]).toEqual(["connected", "connected"]), PATIENCE);
  await sendPictures(viewer, 1);
  viewer.peer.setPlayoutMs(500);
  await sendPictures(viewer, 1);
  await vi.waitFor(() => expect(viewer.packets).toHaveLength(2 * PACKETS_PER_PICTURE), PATIENCE);
  expect(viewer.playoutDelayMs(viewer.packets[0] as RtpPacket)).toEqual([200, 200]);
  expect(viewer.playoutDelayMs(viewer.packets.at(-1) as RtpPacket)).toEqual([500, 500]);
});

it.each([
  ["once within the round trip that is known", 5_000, [1, 0, 0]],
  ["each time where it is shorter than that", 1, [1, 1, 1]],
])("sends what is missed again %s", async (_, roundTripMs, expected) => {
  const sent: number[] = [];
  await using viewer = await connected({
    peer: {
      firstSequenceNumber: 1_000,
      roundTripMs: () => roundTripMs,
      onRetransmission: (packets) => void sent.push(packets.length),
    },
  });
  await sendPictures(viewer, 1);
  const lost = [1_002];
  const nack = new GenericNack({ senderSsrc: 1, mediaSourceSsrc: viewer.ssrcs.media, lost }).serialize();
  for (const asked of [1, 2, 3]) {
    await viewer.sendRtcp(nack);
    await vi.waitFor(() => expect(sent).toHaveLength(asked), PATIENCE);
    await sleep(30);
  }
  expect(sent).toEqual(expected);
});

describe("a viewer that loses 3 %", () => {
  it("gets every packet in the end, and each transport-wide number once", async () => {
    const random = new Random(3);
    const resent: Departed[] = [];
    await using viewer = await connected({
      peer: { onRetransmission: (packets) => void resent.push(...viewer.peer.depart(packets)) },
    });
    expect(viewer.peer.pads).toBe(true);
    // Nobody misses a first packet that never came.
    const first = await sendPictures(viewer, 1);
    const sent = await (async () => {
      let drops = 0;
      using _ = losing(() => random.next() < 0.03 && ++drops > 0);
      const packets = await sendPictures(viewer, 120);
      expect(drops).toBeGreaterThan(5);
      await sleep(200);
      return packets;
    })();
    // A last picture without loss shows the viewer what it missed at the very end.
    const last = await sendPictures(viewer, 1);
    const wanted = first.length + sent.length + PACKETS_PER_PICTURE;
    await vi.waitFor(() => expect(new Set(numbersOf(viewer.played)).size).toBe(wanted), PATIENCE);
    expect(resent.length).toBeGreaterThan(5);
    const repairs = viewer.packets.filter(({ header }) => header.ssrc === viewer.ssrcs.rtx);
    expect(repairs.length).toBeGreaterThan(5);
    const numbers = viewer.packets.map((packet) => viewer.transportNumber(packet));
    expect(new Set(numbers).size).toBe(numbers.length);
    const left = [...first, ...sent, ...last, ...resent].flatMap(({ number }) => number ?? []).sort((a, b) => a - b);
    expect(left).toEqual(Array.from(left, (_, i) => i));
  });

  it("gets them without RTX too, as they first were", async () => {
    const dropped = new Set<number>();
    // Nobody misses a first packet that never came.
    await using viewer = await connected({ rtx: false, peer: { firstSequenceNumber: 1_000 } });
    expect(viewer.peer.pads).toBe(false);
    {
      using _ = losing((packet) => {
        const sequenceNumber = packet.readUInt16BE(2);
        return sequenceNumber % 20 === 7 && !dropped.has(sequenceNumber) && !!dropped.add(sequenceNumber);
      });
      await sendPictures(viewer, 30);
    }
    await sendPictures(viewer, 1);
    await vi.waitFor(() => expect(new Set(numbersOf(viewer.played)).size).toBe(31 * PACKETS_PER_PICTURE), PATIENCE);
    expect(dropped.size).toBeGreaterThan(5);
  });
});

describe("reports", () => {
  it("of the sender map its clocks and count its media", async () => {
    await using viewer = await connected();
    await sendPictures(viewer, 2);
    await vi.waitFor(() => expect(viewer.senderReports.length).toBeGreaterThanOrEqual(3), PATIENCE);
    const { media } = viewer.ssrcs;
    for (const { report, atMs } of viewer.senderReports) {
      expect(report.ssrc).toBe(media);
      const ntpMs = Number((report.senderInfo.ntpTimestamp * 1_000_000n) >> 32n) / 1_000 - 2_208_988_800_000;
      const wallMs = ntpMs - performance.timeOrigin;
      expect(report.senderInfo.rtpTimestamp).toBeCloseTo(wallMs * 90, -1);
      expect(wallMs).toBeLessThanOrEqual(atMs + 1);
    }
    const last = viewer.senderReports.at(-1)?.report.senderInfo;
    expect([last?.packetCount, last?.octetCount]).toEqual([2 * PACKETS_PER_PICTURE, 2 * PACKETS_PER_PICTURE * 800]);
  });

  it("of the viewer are heard", async () => {
    const feedback: PeerFeedback[] = [];
    await using viewer = await connected({ peer: { onFeedback: (one) => void feedback.push(one) } });
    const openedAtMs = performance.now();
    await sendPictures(viewer, 20);
    await vi.waitFor(() => expect(feedback.some(({ kind }) => kind === "report")).toBe(true), PATIENCE);
    expect(viewer.peer.lastHeardAtMs).toBeGreaterThan(openedAtMs);
  });

  it("that answer the sender's give the round trip", async () => {
    const rtts: number[] = [];
    await using viewer = await connected({
      peer: { onFeedback: (one) => one.kind === "report" && one.rttMs !== undefined && rtts.push(one.rttMs) },
    });
    await sendPictures(viewer, 1);
    await vi.waitFor(() => expect(viewer.senderReports.length).toBeGreaterThan(0), PATIENCE);
    const ntp = viewer.senderReports[0]?.report.senderInfo.ntpTimestamp ?? 0n;
    const report = Buffer.alloc(32);
    report.writeUInt32BE(0x81c90007, 0);
    report.writeUInt32BE(viewer.ssrcs.media, 8);
    report.writeUInt32BE(Number((ntp >> 16n) & 0xffffffffn), 24);
    await viewer.sendRtcp(report);
    await vi.waitFor(() => expect(rtts).toHaveLength(1), PATIENCE);
    expect(rtts[0]).toBeGreaterThanOrEqual(0);
  });
});

describe("a viewer's RTCP", () => {
  it("asks for a keyframe by PLI or FIR, wherever it stands in a compound packet", async () => {
    let keyframes = 0;
    await using viewer = await connected({ peer: { onKeyframeRequest: () => void keyframes++ } });
    const { media } = viewer.ssrcs;
    const packet = (first: number, type: number, ...words: number[]) => {
      const bytes = Buffer.alloc(4 * (words.length + 1));
      bytes.writeUInt32BE(first * 2 ** 24 + type * 2 ** 16 + words.length, 0);
      words.forEach((word, i) => void bytes.writeUInt32BE(word, 4 * (i + 1)));
      return bytes;
    };
    const empty = packet(0x80, 201, 1);
    const fir = packet(0x84, 206, 1, 0, media, 9 << 24);
    await viewer.sendRtcp(Buffer.concat([empty, packet(0x81, 206, 1, media)]));
    await vi.waitFor(() => expect(keyframes).toBe(1), PATIENCE);
    await viewer.sendRtcp(Buffer.concat([empty, fir]));
    await viewer.sendRtcp(fir);
    await viewer.sendRtcp(packet(0x81, 206, 1, media));
    await vi.waitFor(() => expect(keyframes).toBe(3), PATIENCE);
  });

  it("may be nonsense, and the stream goes on", async () => {
    const random = new Random(11);
    await using viewer = await connected();
    for (let i = 0; i < 300; i++) {
      const noise = Buffer.from(Array.from({ length: 8 + 4 * random.below(40) }, () => random.below(256)));
      noise[0] = 0x80 | (noise.readUInt8(0) & 0x3f);
      noise[1] = 200 + random.below(8);
      await viewer.sendRtcp(noise);
    }
    const sent = await sendPictures(viewer, 10);
    await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThanOrEqual(sent.length), PATIENCE);
    expect(viewer.peer.state).toBe("connected");
  });
});
