import { type RTCDtlsTransport, type RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { PLAYOUT_DELAY_URI, TRANSPORT_WIDE_CC_URI } from "../../src/sender/peer/header-extensions.ts";
import { AES_CM_128_HMAC_SHA1_80 } from "../../src/sender/peer/srtp-keys.ts";
import { receivingConnection } from "../../test/support/receiving-connection.ts";
import { monotonicMs } from "./messages.ts";
import { ArrivalLog } from "./twcc.ts";

const VIEWER_SSRC = 1;
const SENDER_REPORT = 200;
const HAS_EXTENSIONS = 0x10;

interface IceProtocol {
  transport: { onData(datagram: Buffer, from: unknown): void };
}

/** A viewer that costs next to nothing: werift's ICE and DTLS, then raw datagrams, counted, and real SRTCP feedback. */
export class LightViewer {
  readonly pc: RTCPeerConnection;
  bytes = 0;
  onPacket: (rtpTimestamp: number) => void = () => {};
  #mediaSsrc = 0;
  /** Not wrapping. */
  #highest = -1;
  #first = -1;
  #received = 0;
  #extensionId = 0;
  #lastSenderReport = 0;
  #lastSenderReportAtMs = 0;
  readonly #arrivals = new ArrivalLog();

  constructor() {
    this.pc = receivingConnection({
      feedback: [{ type: "nack" }, { type: "transport-cc" }],
      further: [new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: 90_000, parameters: "apt=" })],
      extensions: [PLAYOUT_DELAY_URI, TRANSPORT_WIDE_CC_URI],
    });
  }

  async offer(): Promise<string> {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    // What Chromium chooses of what it is offered; werift would choose AES-GCM.
    Reflect.set(this.#transport, "srtpProfiles", [AES_CM_128_HMAC_SHA1_80]);
    return this.pc.localDescription?.sdp ?? "";
  }

  async accept(sdp: string): Promise<void> {
    const connected = this.pc.connectionStateChange.watch((state) => state === "connected", 15_000);
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    const [transceiver] = this.pc.getTransceivers();
    const uri = TRANSPORT_WIDE_CC_URI;
    this.#extensionId = transceiver?.headerExtensions.find((extension) => extension.uri === uri)?.id ?? 0;
    this.#mediaSsrc = Number(/a=ssrc:(\d+)/.exec(sdp)?.[1] ?? 0);
    await connected;
    // Every socket: a sender may send by another pair than the one that is nominated here.
    const protocols = Reflect.get(this.pc.iceTransports[0]?.connection ?? {}, "protocols") as IceProtocol[];
    for (const { transport } of protocols) {
      const handle = transport.onData.bind(transport);
      transport.onData = (datagram, from) => {
        if ((datagram[0] ?? 0) >> 6 !== 2) handle(datagram, from);
        else if (datagram[1] === SENDER_REPORT) this.#takeSenderReport(datagram);
        else this.#take(datagram);
      };
    }
  }

  /** Packets that never came, of all since the first. */
  get lost(): number {
    return this.#first < 0 ? 0 : this.#highest - this.#first + 1 - this.#received;
  }

  sendTransportFeedback(): void {
    const packet = this.#arrivals.take(VIEWER_SSRC, this.#mediaSsrc);
    if (packet) this.#send(packet);
  }

  sendReceiverReport(): void {
    if (this.#highest < 0) return;
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32BE(0x81c90007, 0);
    bytes.writeUInt32BE(VIEWER_SSRC, 4);
    bytes.writeUInt32BE(this.#mediaSsrc, 8);
    bytes.writeUIntBE(Math.min(this.lost, 0x7fffff), 13, 3);
    bytes.writeUInt32BE(this.#highest, 16);
    bytes.writeUInt32BE(this.#lastSenderReport, 24);
    const delayMs = this.#lastSenderReport === 0 ? 0 : monotonicMs() - this.#lastSenderReportAtMs;
    bytes.writeUInt32BE(Math.round((delayMs * 65_536) / 1_000), 28);
    this.#send(bytes);
  }

  #take(packet: Buffer): void {
    // Of every stream: what is not told of padding and retransmissions would pass for lost.
    this.#noteArrival(packet);
    if (packet.readUInt32BE(8) !== this.#mediaSsrc) return;
    this.bytes += packet.length;
    this.#received++;
    const sequenceNumber = packet.readUInt16BE(2);
    if (this.#highest < 0) {
      this.#first = sequenceNumber;
      this.#highest = sequenceNumber;
    } else this.#highest = Math.max(this.#highest, this.#highest + (((sequenceNumber - this.#highest) << 16) >> 16));
    this.onPacket(packet.readUInt32BE(4));
  }

  #noteArrival(packet: Buffer): void {
    if (((packet[0] ?? 0) & HAS_EXTENSIONS) === 0) return;
    const end = 16 + 4 * packet.readUInt16BE(14);
    for (let at = 16; at + 2 < end; ) {
      const element = packet[at] as number;
      if (element >> 4 === this.#extensionId) {
        this.#arrivals.add(packet.readUInt16BE(at + 1), monotonicMs());
        return;
      }
      at += element === 0 ? 1 : 2 + (element & 15);
    }
  }

  #takeSenderReport(datagram: Buffer): void {
    this.#lastSenderReport = this.#transport.srtcp.decrypt(datagram).readUInt32BE(10);
    this.#lastSenderReportAtMs = monotonicMs();
  }

  #send(compound: Buffer): void {
    void this.#transport.iceTransport.connection.send(this.#transport.srtcp.encrypt(compound));
  }

  get #transport(): RTCDtlsTransport {
    const [transport] = this.pc.dtlsTransports;
    if (!transport) throw new Error("a viewer without a transport");
    return transport;
  }
}
