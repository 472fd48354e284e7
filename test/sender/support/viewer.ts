import { setTimeout as sleep } from "node:timers/promises";
import type * as v from "valibot";
import {
  ReceiverEstimatedMaxBitrate,
  type RTCPeerConnection,
  type RTCRtpTransceiver,
  RtcpPayloadSpecificFeedback,
  type RtpPacket,
} from "werift";
import { makeViewerId, type Role } from "../../../src/protocol/ids.ts";
import { deriveLinkKeys } from "../../../src/protocol/link.ts";
import type { OfferToSender, SenderMessage } from "../../../src/protocol/messages.ts";
import { hashSdp, makeProof, verifyProof } from "../../../src/protocol/proof.ts";
import type { Identity } from "../../../src/sender/identity.ts";
import { alertRecord, DTLS_ALERT } from "../../../src/sender/peer/repairs/dtls-alert.ts";
import { requireFit } from "../../../src/sender/peer/repairs/dtls-werift.ts";
import { receivingConnection } from "../../support/receiving-connection.ts";

const PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";

export interface ViewerOptions {
  id?: string;
  connection?: number;
  role?: Role;
  codec?: string;
}

/** One connection of a viewer that holds a link, made of werift, in this process. */
export class Viewer implements AsyncDisposable {
  readonly id: string;
  readonly connection: number;
  readonly packets: RtpPacket[] = [];
  readonly #identity: Identity;
  readonly #role: Role;
  readonly #pc: RTCPeerConnection;
  readonly #video: RTCRtpTransceiver;
  #offerSdp = "";

  constructor(identity: Identity, options: ViewerOptions = {}) {
    this.#identity = identity;
    this.id = options.id ?? makeViewerId();
    this.connection = options.connection ?? 0;
    this.#role = options.role ?? "viewer";
    this.#pc = receivingConnection({
      ...(options.codec ? { mimeType: options.codec } : {}),
      feedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }],
      extensions: [PLAYOUT_DELAY_URI],
    });
    this.#video = this.#pc.getTransceivers()[0] as RTCRtpTransceiver;
    this.#pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => void this.packets.push(packet)));
  }

  get state(): string {
    return this.#pc.connectionState;
  }

  /** The offer as the edge hands it on. */
  async offer(): Promise<v.InferOutput<typeof OfferToSender>> {
    await this.#pc.setLocalDescription(await this.#pc.createOffer());
    this.#offerSdp = this.#pc.localDescription?.sdp ?? "";
    return provedOffer(this.#identity, this.#offerSdp, { ...this, role: this.#role });
  }

  /** Takes an answer as a page does: only with a proof of the holder of the link. */
  async accept(answer: SenderMessage): Promise<void> {
    if (answer.type !== "answer") throw new Error(`${answer.type} is no answer`);
    const { proofKey } = keysOf(this.#identity, this.#role);
    const proved = verifyProof(
      proofKey,
      {
        sessionId: this.#identity.sessionId,
        viewerId: this.id,
        role: this.#role,
        type: "answer",
        sdp: answer.sdp,
        offerHash: hashSdp(this.#offerSdp),
      },
      answer.proof,
    );
    if (!proved) throw new Error("the answer's proof is wrong");
    await this.acceptUnproved(answer.sdp);
  }

  /** As a WHEP player does. */
  async acceptUnproved(sdp: string): Promise<void> {
    await this.#pc.setRemoteDescription({ type: "answer", sdp });
  }

  async received(count: number): Promise<RtpPacket[]> {
    await until(() => this.packets.length >= count, `${count} packets`);
    return this.packets;
  }

  /** The playout delay that a packet asks for, as hex. */
  playoutDelay(packet: RtpPacket | undefined): string | undefined {
    const id = this.#video.headerExtensions.find(({ uri }) => uri === PLAYOUT_DELAY_URI)?.id;
    return packet?.header.extensions.find((extension) => extension.id === id)?.payload.toString("hex");
  }

  async askForKeyframe(): Promise<void> {
    await this.#video.receiver.sendRtcpPLI(this.#ssrc);
  }

  /** By REMB: its network carries so much. */
  async askForNoMoreThan(kbps: number): Promise<void> {
    const [transport] = this.#pc.dtlsTransports;
    const feedback = new ReceiverEstimatedMaxBitrate({
      ...{ senderSsrc: 1, mediaSsrc: 0, ssrcNum: 1, ssrcFeedbacks: [this.#ssrc] },
      ...{ brExp: 3, brMantissa: (kbps * 1_000) / 8 },
    });
    // werift forgets the length of a REMB that was never read.
    Object.assign(feedback, { length: 5 });
    await transport?.sendRtcp([new RtcpPayloadSpecificFeedback({ feedback })]);
  }

  get #ssrc(): number {
    const ssrc = this.packets[0]?.header.ssrc;
    if (ssrc === undefined) throw new Error("nothing was received yet");
    return ssrc;
  }

  /** As a browser does that closes its connection: DTLS close_notify, and nothing else. */
  async sayGoodbye(): Promise<void> {
    const dtls = this.#pc.dtlsTransports[0]?.dtls;
    if (!dtls) throw new Error("there is no connection to be closed");
    await dtls.transport.send(alertRecord(requireFit(dtls), DTLS_ALERT.closeNotify));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pc.close();
  }
}

/** An offer that a holder of the link proves, whatever it says. */
export function provedOffer(
  identity: Identity,
  sdp: string,
  { id, connection = 0, role = "viewer" }: { id: string; connection?: number; role?: Role },
): v.InferOutput<typeof OfferToSender> {
  const { proofKey } = keysOf(identity, role);
  const proof = makeProof(proofKey, { sessionId: identity.sessionId, viewerId: id, role, type: "offer", sdp });
  return { type: "offer", viewer: id, connection, sdp, proof };
}

function keysOf(identity: Identity, role: Role) {
  return deriveLinkKeys(identity.sessionId, role, role === "viewer" ? identity.viewerSecret : identity.operatorSecret);
}

/** Waits until something is so; its failure names what was waited for. */
export async function until(isSo: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await sleep(5);
  }
}
