import { expect, it, vi } from "vitest";
import { type RTCDtlsTransport, RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { forgetDefaultStun } from "../../src/sender/peer/repairs/no-default-stun.ts";
import { takeSrtcpAhead } from "../../src/sender/peer/repairs/srtcp-ahead.ts";
import { receivingConnection } from "../support/receiving-connection.ts";

const REPORT = Buffer.from("80c9000155667788", "hex");
const RTP = Buffer.from("80600001000000000000cafe0102030405060708", "hex");
const PATIENCE = { timeout: 10_000, interval: 10 };

async function connectedPair() {
  const viewer = receivingConnection({ feedback: [{ type: "nack" }] });
  const codec = new RTCRtpCodecParameters({ mimeType: "video/H264", clockRate: 90_000 });
  const here = { iceServers: [], iceUseIpv6: false, iceAdditionalHostAddresses: ["127.0.0.1"] };
  const sender = new RTCPeerConnection({ ...here, codecs: { video: [codec], audio: [] } });
  forgetDefaultStun(sender);
  const offer = await viewer.createOffer();
  await viewer.setLocalDescription(offer);
  await sender.setRemoteDescription({ type: "offer", sdp: viewer.localDescription?.sdp ?? "" });
  await sender.setLocalDescription(await sender.createAnswer());
  await viewer.setRemoteDescription({ type: "answer", sdp: sender.localDescription?.sdp ?? "" });
  await vi.waitFor(() => expect([viewer, sender].map((pc) => pc.connectionState)).toEqual(["connected", "connected"]), {
    timeout: 10_000,
  });
  const [from, to] = [viewer.dtlsTransports[0], sender.dtlsTransports[0]];
  if (!from || !to) throw new Error("a connection without a transport");
  return { viewer, sender, to, send: (datagram: Buffer) => from.iceTransport.connection.send(datagram) };
}

it("a viewer's SRTCP does not pass werift, which all else still does", async () => {
  const { viewer, sender, to, send } = await connectedPair();
  const heard: Buffer[] = [];
  const passed: Buffer[] = [];
  to.iceTransport.connection.onData.subscribe((datagram) => void passed.push(datagram));
  try {
    await send(REPORT);
    await vi.waitFor(() => expect(passed).toEqual([REPORT]), PATIENCE);
    takeSrtcpAhead(to, (datagram) => void heard.push(datagram));
    await send(REPORT);
    await send(RTP);
    await vi.waitFor(() => expect(passed).toEqual([REPORT, RTP]), PATIENCE);
    expect(heard).toEqual([REPORT]);
  } finally {
    await Promise.all([viewer.close(), sender.close()]);
  }
});

it.each([
  ["sockets", undefined, "see takeSrtcpAhead"],
  ["what they call", [{ async sendData() {} }], "see datagram-hook"],
])("is refused by name when werift keeps %s elsewhere", (_, protocols, message) => {
  const transport = { iceTransport: { connection: { protocols } } } as unknown as RTCDtlsTransport;
  expect(() => takeSrtcpAhead(transport, () => {})).toThrow(message);
});
