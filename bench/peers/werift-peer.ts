import { createSecretKey } from "node:crypto";
import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  type RTCRtpTransceiver,
  RtpHeader,
  RtpPacket,
} from "werift";
import { PLAYOUT_DELAY_URI, TRANSPORT_WIDE_CC_URI } from "../../src/sender/peer/header-extensions.ts";
import type { PeerOptions } from "../../src/sender/peer/peer.ts";
import { trustDtlsOnlyWithProof } from "../../src/sender/peer/repairs/dtls-trust.ts";
import { keepEarlyHello } from "../../src/sender/peer/repairs/early-hello.ts";
import { forgetDefaultStun } from "../../src/sender/peer/repairs/no-default-stun.ts";
import { connectOnNomination } from "../../src/sender/peer/repairs/prompt-ice.ts";
import { gatherWithin } from "../../src/sender/peer/repairs/trickle.ts";

const PLAYOUT_DELAY_ZERO = Buffer.from([0, 0, 0]);

interface CipherHolder {
  localContext: { cipher: Record<"srtpSessionKey" | "srtpSessionAuthTag", unknown> };
}

export interface WeriftOptions {
  /** Give OpenSSL its keys in the form that it need not parse for every packet. */
  keyObjects: boolean;
  /**
   * Have it be the DTLS server, which it is not by itself: as the client it sleeps 100 ms before its hello, as the server it
   * asks for a cookie.
   */
  dtlsServer: boolean;
}

/** The same connection with werift's own way of sending: `RTCRtpSender.sendRtp` for every packet. */
export class WeriftPeer {
  readonly #pc: RTCPeerConnection;
  readonly #werift: WeriftOptions;
  #video: RTCRtpTransceiver | undefined;
  #playoutDelayId: number | undefined;
  #sequenceNumber = 0;
  #connected = false;
  #startedByKeyframe = false;

  constructor(options: PeerOptions, werift: WeriftOptions) {
    this.#werift = werift;
    this.#pc = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      iceServers: [],
      iceAdditionalHostAddresses: ["127.0.0.1"],
      codecs: {
        video: [
          new RTCRtpCodecParameters({
            mimeType: "video/H264",
            clockRate: 90_000,
            rtcpFeedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }, { type: "transport-cc" }],
            parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
          }),
          new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: 90_000, parameters: "apt=" }),
        ],
        audio: [],
      },
      headerExtensions: {
        video: [PLAYOUT_DELAY_URI, TRANSPORT_WIDE_CC_URI].map((uri) => new RTCRtpHeaderExtensionParameters({ uri })),
        audio: [],
      },
    });
    this.#pc.connectionStateChange.subscribe((state) => {
      if (state === "closed" || state === "failed") {
        this.#connected = false;
        options.onState("closed");
      }
      if (state !== "connected") return;
      if (this.#werift.keyObjects) this.#useKeyObjects();
      this.#connected = true;
      options.onState("connected");
    });
  }

  async answer(offerSdp: string, gatherMs: number): Promise<string> {
    await this.#pc.setRemoteDescription({ type: "offer", sdp: offerSdp });
    const video = this.#pc.getTransceivers().find(({ kind }) => kind === "video");
    if (!video) throw new Error("the offer has no video");
    video.setDirection("sendonly");
    this.#video = video;
    forgetDefaultStun(this.#pc);
    gatherWithin(this.#pc, gatherMs);
    if (this.#werift.dtlsServer) {
      for (const transport of this.#pc.dtlsTransports) transport.role = "server";
      keepEarlyHello(this.#pc);
    }
    trustDtlsOnlyWithProof(this.#pc);
    connectOnNomination(this.#pc);
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    this.#playoutDelayId = video.headerExtensions.find(({ uri }) => uri === PLAYOUT_DELAY_URI)?.id;
    return this.#pc.localDescription?.sdp ?? "";
  }

  send(payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number): void {
    const sender = this.#video?.sender;
    if (!this.#connected || !sender) return;
    this.#startedByKeyframe ||= keyframe;
    if (!this.#startedByKeyframe) return;
    const timestamp = Math.round(capturedAtMs * 90) >>> 0;
    const extensions =
      this.#playoutDelayId === undefined ? [] : [{ id: this.#playoutDelayId, payload: PLAYOUT_DELAY_ZERO }];
    payloads.forEach((payload, i) => {
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
      const header = new RtpHeader({
        version: 2,
        sequenceNumber: this.#sequenceNumber,
        timestamp,
        marker: i === payloads.length - 1,
        extension: extensions.length > 0,
        extensions: [...extensions],
      });
      sender.sendRtp(new RtpPacket(header, payload)).catch(() => {});
    });
  }

  close(): Promise<void> {
    return this.#pc.close();
  }

  #useKeyObjects(): void {
    for (const transport of this.#pc.dtlsTransports) {
      const { cipher } = (transport.srtp as unknown as CipherHolder).localContext;
      for (const name of ["srtpSessionKey", "srtpSessionAuthTag"] as const) {
        const key = cipher[name];
        if (Buffer.isBuffer(key)) cipher[name] = createSecretKey(key);
      }
    }
  }
}
