import { afterEach, describe, expect, it } from "vitest";
import {
  GenericNack,
  PictureLossIndication,
  RTCPeerConnection,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
} from "werift";
import { preferCheapSrtp } from "../../src/sender/peer/repairs/cheap-srtp.ts";
import { takeWholeRtcp } from "../../src/sender/peer/repairs/whole-rtcp.ts";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from "../../src/sender/peer/srtp-keys.ts";

const open: RTCPeerConnection[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((pc) => pc.close()));
});

function connection() {
  const pc = new RTCPeerConnection({ iceServers: [] });
  open.push(pc);
  pc.addTransceiver("video", { direction: "recvonly" });
  const [transport] = pc.dtlsTransports;
  if (!transport) throw new Error("no transport");
  return { pc, transport };
}

// Each of these fails when werift has mended what is repaired here: the repair may go then.
describe("werift still", () => {
  it("reads a NACK on into the packet that follows it", () => {
    const feedback = new PictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 });
    const compound = Buffer.concat([
      new GenericNack({ senderSsrc: 1, mediaSourceSsrc: 2, lost: [5] }).serialize(),
      new RtcpPayloadSpecificFeedback({ feedback }).serialize(),
    ]);
    const [nack] = RtcpPacketConverter.deSerialize(compound) as unknown as [{ feedback: GenericNack }];
    expect(nack.feedback.lost.length).toBeGreaterThan(1);
  });

  it("prefers AES-GCM, which costs more", () => {
    expect(Reflect.get(connection().transport, "srtpProfiles")).toEqual([AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80]);
  });
});

describe("the repair", () => {
  it.each([
    [false, [AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM]],
    [true, [AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80]],
  ])("prefers what is cheaper where AES-GCM's cipher stays: %s; and leaves other connections alone", (stays, order) => {
    const { pc, transport } = connection();
    preferCheapSrtp(pc, stays);
    expect(Reflect.get(transport, "srtpProfiles")).toEqual(order);
    expect(Reflect.get(connection().transport, "srtpProfiles")).toEqual([AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80]);
  });

  it("says so when werift keeps things elsewhere", () => {
    const { pc, transport } = connection();
    expect(() =>
      takeWholeRtcp(
        transport,
        () => {},
        (compound) => compound,
      ),
    ).toThrow("see takeWholeRtcp");
    Reflect.set(transport, "srtpProfiles", undefined);
    expect(() => preferCheapSrtp(pc, true)).toThrow("see preferCheapSrtp");
  });
});
