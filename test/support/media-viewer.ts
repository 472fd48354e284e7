import {
  type RTCDataChannel,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  RtcpSrPacket,
  type RtpHeader,
  type RtpPacket,
} from "werift";
import { PLAYOUT_DELAY_URI, SDES_MID_URI, TRANSPORT_WIDE_CC_URI } from "../../src/sender/peer/header-extensions.ts";
import { Peer, type PeerOptions } from "../../src/sender/peer/peer.ts";
import { forgetDefaultStun } from "../../src/sender/peer/repairs/no-default-stun.ts";

export interface MediaViewerOptions {
  /** Takes RTX (RFC 4588). */
  rtx?: boolean;
  /** Offers a data channel too, and may then say nothing by SCTP. */
  data?: boolean | "silent";
  /** SRTP profiles that it speaks: see srtp-keys.ts. */
  profiles?: number[];
  /** Insists on being the DTLS client. */
  active?: boolean;
  peer?: Partial<PeerOptions>;
}

/** A viewer made of werift that keeps every packet as it came, retransmissions too. */
export class MediaViewer implements AsyncDisposable {
  readonly peer: Peer;
  /** Media and RTX, in the order of arrival. */
  readonly packets: RtpPacket[] = [];
  /** The media as a player gets it: RTX unwrapped. */
  readonly played: RtpPacket[] = [];
  channel: RTCDataChannel | undefined;
  readonly senderReports: { report: RtcpSrPacket; atMs: number }[] = [];
  readonly #pc: RTCPeerConnection;

  private constructor(pc: RTCPeerConnection, options: Partial<PeerOptions>) {
    this.#pc = pc;
    this.peer = new Peer({
      iceServers: [],
      loopback: true,
      relayOnly: false,
      onCandidate() {},
      onState() {},
      onKeyframeRequest() {},
      ...options,
    });
  }

  static async open(options: MediaViewerOptions = {}): Promise<MediaViewer> {
    const { rtx = true, profiles } = options;
    const h264 = new RTCRtpCodecParameters({
      mimeType: "video/H264",
      clockRate: 90_000,
      // werift's own transport-wide feedback is cut short and leaves losses out: Chromium's is tested instead.
      rtcpFeedback: [{ type: "nack" }],
      parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
    });
    const repair = new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: 90_000, parameters: "apt=" });
    const pc = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ["127.0.0.1"],
      codecs: { video: rtx ? [h264, repair] : [h264], audio: [] },
      headerExtensions: {
        video: [TRANSPORT_WIDE_CC_URI, SDES_MID_URI, PLAYOUT_DELAY_URI].map(
          (uri) => new RTCRtpHeaderExtensionParameters({ uri }),
        ),
        audio: [],
      },
    });
    const viewer = new MediaViewer(pc, options.peer ?? {});
    pc.addTransceiver("video", { direction: "recvonly" });
    if (options.data) viewer.channel = pc.createDataChannel("any");
    forgetDefaultStun(pc);
    pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => void viewer.played.push(packet)));
    await pc.setLocalDescription(await pc.createOffer());
    if (options.data === "silent") Reflect.set(pc.sctpTransport?.sctp ?? {}, "init", async () => {});
    for (const transport of pc.dtlsTransports) {
      if (profiles) Reflect.set(transport, "srtpProfiles", profiles);
      transport.onRtp.subscribe((packet) => void viewer.packets.push(packet));
      transport.onRtcp.subscribe((packet) => {
        if (packet instanceof RtcpSrPacket) viewer.senderReports.push({ report: packet, atMs: performance.now() });
      });
    }
    const offer = pc.localDescription?.sdp ?? "";
    const sdp = await viewer.peer.answer(
      options.active ? offer.replace(/a=setup:actpass/g, "a=setup:active") : offer,
      20,
    );
    await pc.setRemoteDescription({ type: "answer", sdp });
    return viewer;
  }

  get state(): string {
    return this.#pc.connectionState;
  }

  get offerSdp(): string {
    return this.#pc.localDescription?.sdp ?? "";
  }

  /** What the sender answered. */
  get answerSdp(): string {
    return this.#pc.remoteDescription?.sdp ?? "";
  }

  /** The SSRCs that the answer names: media, and RTX. */
  get ssrcs(): { media: number; rtx: number } {
    const [, media, rtx] = /ssrc-group:FID (\d+) (\d+)/.exec(this.#pc.remoteDescription?.sdp ?? "") ?? [];
    return { media: Number(media), rtx: Number(rtx) };
  }

  get srtpProfile(): number | undefined {
    return this.#pc.dtlsTransports[0]?.dtls?.srtp.srtpProfile;
  }

  /** The transport-wide number of a packet. */
  transportNumber(packet: RtpPacket): number | undefined {
    return this.#extension(packet, TRANSPORT_WIDE_CC_URI)?.readUInt16BE(0);
  }

  /** The media section that a packet names. */
  mid(packet: RtpPacket): string | undefined {
    return this.#extension(packet, SDES_MID_URI)?.toString();
  }

  /** The least and the greatest delay that a packet asks for. */
  playoutDelayMs(packet: RtpPacket): [minMs: number, maxMs: number] | undefined {
    const value = this.#extension(packet, PLAYOUT_DELAY_URI)?.readUIntBE(0, 3);
    return value === undefined ? undefined : [(value >> 12) * 10, (value & 0xfff) * 10];
  }

  /** Sends the sender any RTCP, protected as it should be. */
  async sendRtcp(compound: Buffer): Promise<void> {
    const [transport] = this.#pc.dtlsTransports;
    if (!transport) throw new Error("no transport");
    await transport.iceTransport.connection.send(transport.srtcp.encrypt(compound));
  }

  /** Sends the sender RTP, protected as it should be. */
  async sendRtp(payload: Buffer, header: RtpHeader): Promise<void> {
    await this.#pc.dtlsTransports[0]?.sendRtp(payload, header);
  }

  /** Sends the sender anything over DTLS, where it expects SCTP. */
  async sendData(message: Buffer): Promise<void> {
    await this.#pc.dtlsTransports[0]?.dtls?.send(message);
  }

  /** SCTP's, that the sender expects in this viewer's packets. */
  get verificationTag(): number {
    const association = this.#pc.sctpTransport?.sctp;
    return association ? Number(Reflect.get(association, "remoteVerificationTag")) : 0;
  }

  /** Sends the sender any datagram, from where the viewer's come. */
  async sendRaw(datagram: Buffer): Promise<void> {
    await this.#pc.dtlsTransports[0]?.iceTransport.connection.send(datagram);
  }

  #extension(packet: RtpPacket, uri: string): Buffer | undefined {
    const id = this.#pc.getTransceivers()[0]?.headerExtensions.find((extension) => extension.uri === uri)?.id;
    return packet.header.extensions.find((extension) => extension.id === id)?.payload;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const socket = this.#pc.dtlsTransports[0]?.dtls;
    if (socket) socket.dtls.flight = 7;
    await Promise.all([this.peer.close(), this.#pc.close()]);
  }
}
