/** The servers come with the offer. */
export const CONFIGURATION: RTCConfiguration = { bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" };

/**
 * A peer connection that is about to receive video, with its offer under way. Made ahead of time, it leaves only the
 * network to wait for. Small, for the script inside the page makes one too.
 */
export class Opening {
  readonly connection: RTCPeerConnection;
  readonly #offer: Promise<RTCSessionDescriptionInit>;
  #candidates: (RTCIceCandidate | null)[] = [];
  #accepted: { sdp: string; applied: Promise<void> } | undefined;

  constructor(connection: RTCPeerConnection) {
    this.connection = connection;
    const video = connection.addTransceiver("video", { direction: "recvonly" });
    preferH264(video);
    requestNoBuffering(video.receiver);
    connection.onicecandidate = ({ candidate }) => this.#candidates.push(candidate);
    this.#offer = connection.createOffer();
    // Reported where it is awaited; an offer made ahead may never be.
    this.#offer.catch(() => undefined);
  }

  /**
   * Starts gathering with these servers.
   * @returns the SDP to send, which does not wait until the browser has applied it: that takes longer than making it.
   * Should it fail, so will the answer.
   */
  async offer(iceServers: RTCIceServer[]): Promise<string> {
    this.connection.setConfiguration({ ...CONFIGURATION, iceServers });
    const offer = await this.#offer;
    this.connection.setLocalDescription(offer).catch(() => undefined);
    return offer.sdp ?? "";
  }

  /** Applies an answer whose proof was checked; the same one again is applied already. */
  accept(sdp: string): Promise<void> {
    if (this.#accepted?.sdp !== sdp) {
      this.#accepted = { sdp, applied: this.connection.setRemoteDescription({ type: "answer", sdp }) };
    }
    return this.#accepted.applied;
  }

  /** Hands over the candidates so far and then each that follows, `null` when there are no more. */
  takeCandidates(take: (candidate: RTCIceCandidate | null) => void): void {
    for (const candidate of this.#candidates.splice(0)) take(candidate);
    this.connection.onicecandidate = ({ candidate }) => take(candidate);
  }
}

/** H.264 is what cameras' hardware encodes; the others stay offered. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  if (typeof RTCRtpReceiver === "undefined" || typeof transceiver.setCodecPreferences !== "function") return;
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const rank = (codec: RTCRtpCodec) =>
    codec.mimeType !== "video/H264" ? 2 : codec.sdpFmtpLine?.includes("packetization-mode=1") ? 0 : 1;
  transceiver.setCodecPreferences([...codecs].sort((a, b) => rank(a) - rank(b)));
}

/** A live camera is worth most at once; the sender's playout-delay extension asks for the same, where known. */
function requestNoBuffering(receiver: RTCRtpReceiver): void {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
}
