import { candidatesIn, isSameEnd } from "./standby.ts";

export const TRANSPORT = { bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" } as const;

/**
 * What to open a connection with.
 * @param iceServers when they are known, the browser gathers candidates while the offer is made, not after; else
 * they are given before {@link Opening.offer}
 */
export function configure(iceServers?: RTCIceServer[]): RTCConfiguration {
  return iceServers ? { ...TRANSPORT, iceServers, iceCandidatePoolSize: 1 } : TRANSPORT;
}

/** The browser has none that a camera could send. */
export class NoH264 extends Error {
  override readonly name = "NoH264";
}

/**
 * A peer connection that is about to receive video, with its offer under way. Made ahead of time, it leaves only the
 * network to wait for. Small, for the script inside the page makes one too.
 */
export class Opening {
  readonly connection: RTCPeerConnection;
  readonly #offer: Promise<RTCSessionDescriptionInit>;
  #candidates: (RTCIceCandidate | null)[] = [];
  #expected: { sdp: string; applied: Promise<void> } | undefined;
  #accepted: { sdp: string; applied: Promise<void> } | undefined;

  /** @throws NoH264, with the connection closed */
  constructor(connection: RTCPeerConnection) {
    this.connection = connection;
    const video = connection.addTransceiver("video", { direction: "recvonly" });
    if (!offersH264(video)) {
      connection.close();
      throw new NoH264();
    }
    requestNoBuffering(video.receiver);
    connection.onicecandidate = ({ candidate }) => this.#candidates.push(candidate);
    this.#offer = connection.createOffer();
    // Reported where it is awaited; an offer made ahead may never be.
    this.#offer.catch(() => undefined);
  }

  /**
   * Starts gathering, with the ICE servers that the connection has by now.
   * @returns the SDP to send, which does not wait until the browser has applied it: that takes longer than making it.
   * Should it fail, so will the answer.
   */
  async offer(): Promise<string> {
    const offer = await this.#offer;
    this.connection.setLocalDescription(offer).catch(() => undefined);
    return offer.sdp ?? "";
  }

  /** Applies the answer that is to be expected, unless the real one is here: a path is looked for until that comes. */
  expect(sdp: string): void {
    if (this.#accepted || this.#expected) return;
    this.#expected = { sdp, applied: this.#apply(sdp) };
    this.#expected.applied.catch(() => undefined);
  }

  /**
   * Applies an answer whose proof was checked; the same one again is applied already. It may rest on another that was
   * expected, of the same end.
   */
  accept(sdp: string): Promise<void> {
    if (this.#accepted?.sdp !== sdp) this.#accepted = { sdp, applied: this.#settle(sdp) };
    return this.#accepted.applied;
  }

  async #settle(sdp: string): Promise<void> {
    const expected = this.#expected;
    const stands = await expected?.applied.then(
      () => true,
      () => false,
    );
    if (!expected || !stands) return this.#apply(sdp);
    if (!isSameEnd(sdp, expected.sdp)) throw new Error("the sender answers from elsewhere than it said");
    const known = candidatesIn(expected.sdp);
    const news = candidatesIn(sdp).filter((candidate) => !known.includes(candidate));
    // One that the browser does not take is no reason to lose the others.
    await Promise.allSettled(news.map((candidate) => this.connection.addIceCandidate({ candidate, sdpMLineIndex: 0 })));
  }

  #apply(sdp: string): Promise<void> {
    return this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** Hands over the candidates so far and then each that follows, `null` when there are no more. */
  takeCandidates(take: (candidate: RTCIceCandidate | null) => void): void {
    for (const candidate of this.#candidates.splice(0)) take(candidate);
    this.connection.onicecandidate = ({ candidate }) => take(candidate);
  }
}

/**
 * H.264 is what senders speak, and what repairs it. Others would only make the offer twice as long, which costs both ends
 * before anything can be asked. All stay where the browser does not tell what it has.
 * @returns false where it tells, and has no H.264
 */
function offersH264(transceiver: RTCRtpTransceiver): boolean {
  if (typeof RTCRtpReceiver === "undefined" || typeof transceiver.setCodecPreferences !== "function") return true;
  const { codecs } = RTCRtpReceiver.getCapabilities("video") ?? { codecs: [] };
  const h264 = codecs.filter(isUsableH264);
  const repair = codecs.filter(({ mimeType }) => mimeType === "video/rtx");
  if (h264.length > 0) transceiver.setCodecPreferences([...h264, ...repair]);
  return h264.length > 0 || codecs.length === 0;
}

/** Mode 0 could not carry a picture that is larger than a packet (RFC 6184). */
function isUsableH264({ mimeType, sdpFmtpLine }: RTCRtpCodec): boolean {
  return mimeType === "video/H264" && (sdpFmtpLine?.includes("packetization-mode=1") ?? false);
}

/** A live camera is worth most at once; the sender's playout-delay extension asks for the same, where known. */
function requestNoBuffering(receiver: RTCRtpReceiver): void {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
}
