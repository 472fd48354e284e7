import {
  type CandidatePair,
  classes,
  type DtlsSocket,
  RTCCertificate,
  type RTCPeerConnection,
  type RtpPacket,
} from "werift";
import { Peer, type PeerState } from "../../src/sender/peer/peer.ts";
import { iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";
import type { Certificate } from "./dtls.ts";
import { receivingConnection } from "./receiving-connection.ts";

export interface DtlsViewerOptions {
  /** What the offer says: who may be the DTLS client. "active" makes it the viewer. */
  setup?: "actpass" | "active" | "passive";
  /** Whether the viewer answers the sender's checks of the path. */
  answersChecks?: boolean;
  /** Meddles with the DTLS socket, before it sends or receives anything. */
  meddle?(socket: DtlsSocket): void;
}

/** A viewer made of werift, joined to a `Peer` over loopback, with its hands on its own DTLS. */
export class DtlsViewer implements AsyncDisposable {
  readonly peer: Peer;
  readonly peerStates: PeerState[] = [];
  readonly received: RtpPacket[] = [];
  /** DTLS, SRTP and SRTCP as they came, STUN left out. */
  readonly datagrams: Buffer[] = [];
  answer = "";
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
   */
  static async open(certificate: Certificate, options: DtlsViewerOptions = {}): Promise<DtlsViewer> {
    const { setup = "actpass", answersChecks = true, meddle } = options;
    const pc = receivingConnection();
    const viewer = new DtlsViewer(pc);
    pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => void viewer.received.push(packet)));
    const { certPem, keyPem, signatureHash } = certificate;
    Reflect.set(Reflect.get(pc, "secureManager"), "certificate", new RTCCertificate(keyPem, certPem, signatureHash));
    await pc.setLocalDescription(await pc.createOffer());
    const [transport] = pc.dtlsTransports;
    const [connection] = iceConnections(pc);
    connection?.onData.subscribe((datagram) => void viewer.datagrams.push(datagram));
    if (!answersChecks) for (const protocol of connection?.protocols ?? []) leaveChecksUnanswered(protocol);
    transport?.onStateChange.subscribe((state) => {
      // werift makes its socket right after this, and as client waits 100 ms before it speaks.
      if (state === "connecting") queueMicrotask(() => meddle?.(viewer.socket));
    });
    const offer = (pc.localDescription?.sdp ?? "").replace(/a=setup:\w+/g, `a=setup:${setup}`);
    viewer.answer = await viewer.peer.answer(offer, 20);
    await pc.setRemoteDescription({ type: "answer", sdp: viewer.answer });
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

function leaveChecksUnanswered(protocol: CandidatePair["protocol"]): void {
  const send = protocol.sendStun.bind(protocol);
  protocol.sendStun = async (message, to) => {
    if (message.messageClass !== classes.RESPONSE) await send(message, to);
  };
}
