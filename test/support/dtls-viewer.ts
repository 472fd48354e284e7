import { type DtlsClient, type DtlsSocket, RTCCertificate, type RTCPeerConnection, type RtpPacket } from "werift";
import { Peer, type PeerState } from "../../src/sender/peer/peer.ts";
import type { Certificate } from "./dtls.ts";
import { receivingConnection } from "./receiving-connection.ts";

/** A viewer made of werift, joined to a `Peer` over loopback, with its hands on its own DTLS. */
export class DtlsViewer implements AsyncDisposable {
  readonly peer: Peer;
  readonly peerStates: PeerState[] = [];
  readonly received: RtpPacket[] = [];
  readonly #pc: RTCPeerConnection;

  private constructor(pc: RTCPeerConnection) {
    this.#pc = pc;
    this.peer = new Peer({
      iceServers: [],
      loopback: true,
      relayOnly: false,
      onCandidate() {},
      onState: (state) => void this.peerStates.push(state),
      onKeyframeRequest() {},
    });
  }

  /**
   * Offers and takes the answer; the connection is then on its way.
   * @param certificate whose fingerprint the offer names
   * @param meddle with the DTLS socket, before it sends anything
   */
  static async open(certificate: Certificate, meddle: (client: DtlsClient) => void = () => {}): Promise<DtlsViewer> {
    const pc = receivingConnection();
    const viewer = new DtlsViewer(pc);
    pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => void viewer.received.push(packet)));
    const { certPem, keyPem, signatureHash } = certificate;
    Reflect.set(pc, "certificate", new RTCCertificate(keyPem, certPem, signatureHash));
    await pc.setLocalDescription(await pc.createOffer());
    const [transport] = pc.dtlsTransports;
    transport?.onStateChange.subscribe((state) => {
      // werift makes its socket right after this, and as client waits 100 ms before it speaks.
      if (state === "connecting") queueMicrotask(() => meddle(viewer.socket as DtlsClient));
    });
    const sdp = await viewer.peer.answer(pc.localDescription?.sdp ?? "", 20);
    await pc.setRemoteDescription({ type: "answer", sdp });
    return viewer;
  }

  get socket(): DtlsSocket {
    const socket = this.#pc.dtlsTransports[0]?.dtls;
    if (!socket) throw new Error("the viewer's DTLS has not begun");
    return socket;
  }

  get state(): string {
    return this.#pc.connectionState;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const socket = this.#pc.dtlsTransports[0]?.dtls;
    if (socket) socket.dtls.flight = 7;
    await Promise.all([this.peer.close(), this.#pc.close()]);
  }
}
