import { expect, it } from "vitest";
import {
  ProtectionProfileAes128CmHmacSha1_80,
  type RTCDtlsTransport,
  RtpHeader,
  SrtcpSession,
  SrtpSession,
} from "werift";
import { takeWholeRtcp } from "../../src/sender/peer/repairs/whole-rtcp.ts";

const [key, salt] = [Buffer.alloc(16, 1), Buffer.alloc(14, 2)];
const config = {
  keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt },
  profile: ProtectionProfileAes128CmHmacSha1_80,
};

it("RTP that a viewer sends is neither decrypted nor remembered, whatever SSRCs it bears", () => {
  const sessions = { srtp: new SrtpSession(config), srtcp: new SrtcpSession(config) };
  const packet = (ssrc: number) =>
    sessions.srtp.encrypt(Buffer.alloc(20), new RtpHeader({ ssrc, sequenceNumber: 1, payloadType: 96 }));
  expect(sessions.srtp.decrypt(packet(1)).length).toBeGreaterThan(20);
  const before = remembered(sessions.srtp);
  takeWholeRtcp(
    sessions as unknown as RTCDtlsTransport,
    () => {},
    (compound) => compound,
  );
  for (let ssrc = 2; ssrc < 100; ssrc++) expect(sessions.srtp.decrypt(packet(ssrc))).toHaveLength(0);
  expect(remembered(sessions.srtp)).toBe(before);
});

function remembered({ remoteContext }: SrtpSession): number {
  return Object.keys(Reflect.get(remoteContext, "srtpSSRCStates")).length;
}
