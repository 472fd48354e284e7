import { expect, it } from "vitest";
import { WeriftPeer } from "../../../bench/peers/werift-peer.ts";
import { receivingConnection } from "../../support/receiving-connection.ts";

const OPTIONS = {
  ...{ iceServers: [], relayOnly: false, loopback: true },
  onCandidate() {},
  onState() {},
  onKeyframeRequest() {},
};

it.each([
  [false, "active"],
  [true, "passive"],
])(
  "werift as a peer has the DTLS role that it has by itself, unless told otherwise (server: %j)",
  async (server, setup) => {
    const viewer = receivingConnection();
    await viewer.setLocalDescription(await viewer.createOffer());
    const offer = viewer.localDescription?.sdp ?? "";
    expect(offer).toContain("a=setup:actpass");
    const peer = new WeriftPeer(OPTIONS, { keyObjects: true, dtlsServer: server });
    expect(await peer.answer(offer, 20)).toContain(`a=setup:${setup}`);
    await Promise.all([peer.close(), viewer.close()]);
  },
);
