import { describe, expect, it } from "vitest";
import {
  ProtectionProfileAes128CmHmacSha1_80,
  RtcpPacketConverter,
  type RtcpSourceDescriptionPacket,
  type RtcpSrPacket,
  RtpPacket,
  SrtpSession,
} from "werift";
import {
  negotiatedIds,
  PLAYOUT_DELAY_URI,
  SDES_MID_URI,
  TRANSPORT_WIDE_CC_URI,
} from "../../src/sender/peer/header-extensions.ts";
import { type MediaParameters, MediaSender } from "../../src/sender/peer/media-sender.ts";
import { AES_CM_128_HMAC_SHA1_80 } from "../../src/sender/peer/srtp-keys.ts";

const MASTER = { key: Buffer.alloc(16, 1), salt: Buffer.alloc(14, 2) };
const PARAMETERS: MediaParameters = {
  ssrc: 0xfedcba98,
  payloadType: 102,
  rtx: { ssrc: 0x01234567, payloadType: 103 },
  extensionIds: { playoutDelay: 5, transportWide: 4, mid: 9 },
  mid: "video-0",
  cname: "somebody",
  srtpProfile: AES_CM_128_HMAC_SHA1_80,
  masterKey: MASTER,
};

/** A sender, and what comes out of it as werift reads it. */
function sending(over: Partial<MediaParameters> = {}) {
  const session = new SrtpSession({
    keys: {
      localMasterKey: MASTER.key,
      localMasterSalt: MASTER.salt,
      remoteMasterKey: MASTER.key,
      remoteMasterSalt: MASTER.salt,
    },
    profile: ProtectionProfileAes128CmHmacSha1_80,
  });
  const packets: RtpPacket[] = [];
  const raw: Buffer[] = [];
  const sender = new MediaSender({ ...PARAMETERS, ...over }, (together) => {
    raw.push(...together);
    packets.push(...together.map((packet) => RtpPacket.deSerialize(session.decrypt(packet))));
    return false;
  });
  const extension = (packet: RtpPacket | undefined, id: number) =>
    packet?.header.extensions.find((one) => one.id === id)?.payload.toString("hex");
  return { sender, packets, raw, extension };
}

/** A picture that no pacer holds back. */
const send = (sender: MediaSender, payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number) =>
  sender.depart(sender.prepare(payloads, keyframe, capturedAtMs));
const resend = (sender: MediaSender, ...lost: number[]) => sender.depart(sender.missing(lost, performance.now(), 50));
const payload = (fill: number, bytes = 100) => Buffer.alloc(bytes, fill);

describe("a picture's packets", () => {
  it("carry one timestamp, the marker on the last, and count on", () => {
    const { sender, packets } = sending({ firstSequenceNumber: 65_534 });
    send(sender, [payload(1), payload(2)], false, 1_000);
    send(sender, [payload(3), payload(4)], false, 1_033.3);
    expect(packets.map(({ header }) => header.sequenceNumber)).toEqual([65_534, 65_535, 0, 1]);
    expect(packets.map(({ header }) => header.timestamp)).toEqual([90_000, 90_000, 92_997, 92_997]);
    expect(packets.map(({ header }) => header.marker)).toEqual([false, true, false, true]);
    expect(packets.map(({ header }) => [header.ssrc, header.payloadType])).toEqual(
      packets.map(() => [0xfedcba98, 102]),
    );
    expect(packets.map((packet) => packet.payload)).toEqual([payload(1), payload(2), payload(3), payload(4)]);
  });

  it("begin low enough for a viewer that misses the first to know the rollover counter", () => {
    for (let i = 0; i < 20; i++) {
      const { sender, packets } = sending();
      send(sender, [payload(1)], false, 0);
      expect(packets[0]?.header.sequenceNumber).toBeLessThan(0x8000);
    }
  });

  it("wrap their timestamps", () => {
    const { sender, packets } = sending();
    send(sender, [payload(1)], false, 2 ** 32 / 90 + 1);
    expect(packets[0]?.header.timestamp).toBe(90);
  });

  it("are told of with the numbers and sizes that they left with", () => {
    const { sender, raw, extension, packets } = sending();
    const sent = [...send(sender, [payload(1), payload(2, 7)], false, 0), ...send(sender, [payload(3)], false, 33)];
    expect(sent.map(({ number }) => number)).toEqual([0, 1, 2]);
    expect(sent.map(({ sizeBytes }) => sizeBytes)).toEqual(raw.map(({ length }) => length));
    expect(packets.map((packet) => extension(packet, 4))).toEqual(["0000", "0001", "0002"]);
    expect(sender.newestNumber).toBe(2);
    expect(sent.every(({ sentAtMs }) => Math.abs(performance.now() - sentAtMs) < 60_000)).toBe(true);
  });
});

describe("header extensions", () => {
  it("hold the playout delay back as told, in units of 10 ms", () => {
    const { sender, packets, extension } = sending();
    send(sender, [payload(1)], false, 0);
    sender.playoutMs = 500;
    send(sender, [payload(1)], false, 0);
    sender.playoutMs = -5;
    send(sender, [payload(1)], false, 0);
    sender.playoutMs = 1e9;
    send(sender, [payload(1)], false, 0);
    expect(packets.map((packet) => extension(packet, 5))).toEqual(["000000", "032032", "000000", "ffffff"]);
  });

  it("name the media section until the viewer has answered", () => {
    const { sender, packets, extension } = sending();
    send(sender, [payload(1)], false, 0);
    sender.announceMid = false;
    send(sender, [payload(1)], false, 0);
    expect(packets.map((packet) => extension(packet, 9))).toEqual([Buffer.from("video-0").toString("hex"), undefined]);
  });

  it("are left out where they were not negotiated", () => {
    const { sender, packets } = sending({ extensionIds: {} });
    const [sent] = send(sender, [payload(1)], false, 0);
    expect([sent?.number, sender.newestNumber]).toEqual([undefined, -1]);
    expect(packets[0]?.header.extensions).toEqual([]);
    expect(packets[0]?.payload).toEqual(payload(1));
  });

  it("are not sent under an id, or of a length, that the one-byte form has no room for", () => {
    expect(
      negotiatedIds([
        { uri: PLAYOUT_DELAY_URI, id: 15 },
        { uri: TRANSPORT_WIDE_CC_URI, id: 14 },
        { uri: SDES_MID_URI, id: 200 },
      ]),
    ).toEqual({ transportWide: 14 });
    const { sender, packets, extension } = sending({ mid: "x".repeat(17) });
    send(sender, [payload(1)], false, 0);
    expect(extension(packets[0], 9)).toBeUndefined();
    expect(extension(packets[0], 5)).toBe("000000");
  });
});

describe("retransmissions", () => {
  it("go out as RTX, under numbers of their own", () => {
    const { sender, packets, extension } = sending({ firstSequenceNumber: 65_535 });
    send(sender, [payload(1), payload(2)], false, 1_000);
    const resent = resend(sender, 0, 65_535);
    const [, , ...repairs] = packets;
    expect(repairs.map(({ header }) => [header.ssrc, header.payloadType])).toEqual([
      [0x01234567, 103],
      [0x01234567, 103],
    ]);
    expect(repairs.map(({ header }) => header.timestamp)).toEqual([90_000, 90_000]);
    expect(repairs.map(({ header }) => header.marker)).toEqual([true, false]);
    expect(repairs.map((packet) => packet.payload)).toEqual([
      Buffer.concat([Buffer.from([0, 0]), payload(2)]),
      Buffer.concat([Buffer.from([0xff, 0xff]), payload(1)]),
    ]);
    expect(resent.map(({ number }) => number)).toEqual([2, 3]);
    expect(repairs.map((packet) => extension(packet, 4))).toEqual(["0002", "0003"]);
  });

  it("go out byte for byte where the viewer takes no RTX: no index is protected twice", () => {
    const { sender, raw } = sending({ rtx: undefined, firstSequenceNumber: 7 });
    send(sender, [payload(1), payload(2)], false, 1_000);
    const resent = resend(sender, 8);
    // Without a number of its own: feedback on the first would be taken for this one's.
    expect(resent.map(({ number }) => number)).toEqual([undefined]);
    expect(raw[2]).toEqual(raw[1]);
  });
});

describe("a sender report", () => {
  it("maps the RTP clock to the wall clock, and counts media alone", () => {
    const { sender } = sending({ firstSequenceNumber: 0 });
    send(sender, [payload(1), payload(2, 50)], false, 1_000);
    expect(resend(sender, 0)).toHaveLength(1);
    const nowMs = 123_456.5;
    const [report, description] = RtcpPacketConverter.deSerialize(sender.senderReport(nowMs)) as [
      RtcpSrPacket,
      RtcpSourceDescriptionPacket,
    ];
    const { ntpTimestamp, rtpTimestamp, packetCount, octetCount } = report.senderInfo;
    expect(report.ssrc).toBe(PARAMETERS.ssrc);
    expect([packetCount, octetCount]).toEqual([2, 150]);
    expect(rtpTimestamp).toBe(Math.round(nowMs * 90));
    // 1900 to 1970 is 2,208,988,800 s.
    const unixMs = Number((ntpTimestamp * 1_000_000n) >> 32n) / 1_000 - 2_208_988_800_000;
    expect(unixMs).toBeCloseTo(performance.timeOrigin + nowMs, 1);
    expect(description.chunks[0]).toMatchObject({ source: PARAMETERS.ssrc, items: [{ type: 1, text: "somebody" }] });
  });
});
