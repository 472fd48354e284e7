import type { RTCPeerConnection, RTCRtpTransceiver } from "werift";
import { randomToken } from "../../protocol/bytes.ts";
import { openConnection } from "./open-connection.ts";
import { dropDtlsOfStrangers } from "./repairs/dtls-strangers.ts";
import { gatherAhead, type LocalTransport } from "./repairs/gather-ahead.ts";
import { forgetDefaultStun } from "./repairs/no-default-stun.ts";
import { checkStunIntegrity } from "./repairs/stun-integrity.ts";

/** As many as fit well into what the edge keeps; the answer tells the viewer of the others. */
const CANDIDATES_TOLD_MAX = 16;

/**
 * A connection that waits for a viewer: its sockets are open and its transport is known, so that a viewer who is told can
 * look for a path while its offer is still on its way. For one viewer only.
 */
export class Standby {
  readonly id = randomToken(16);
  readonly transport: LocalTransport;
  /** Of pictures and of what is sent again. */
  readonly ssrcs: readonly [media: number, rtx: number];
  readonly #pc: RTCPeerConnection;
  #taken = false;

  private constructor(pc: RTCPeerConnection, video: RTCRtpTransceiver, transport: LocalTransport) {
    this.#pc = pc;
    this.transport = { ...transport, candidates: transport.candidates.slice(0, CANDIDATES_TOLD_MAX) };
    this.ssrcs = [video.sender.ssrc, video.sender.rtxSsrc];
  }

  /**
   * @param loopback see `Reach`
   * @throws when no socket can be opened
   */
  static async open(loopback: boolean): Promise<Standby> {
    const pc = openConnection({ iceServers: [], relayOnly: false, loopback });
    try {
      const video = pc.addTransceiver("video", { direction: "sendonly" });
      checkStunIntegrity(pc);
      dropDtlsOfStrangers(pc);
      forgetDefaultStun(pc);
      return new Standby(pc, video, await gatherAhead(pc));
    } catch (error) {
      await pc.close().catch(() => {});
      throw error;
    }
  }

  /** Whose it is from then on closes it. */
  take(): RTCPeerConnection {
    if (this.#taken) throw new Error("this connection is another viewer's");
    this.#taken = true;
    return this.#pc;
  }

  async close(): Promise<void> {
    if (!this.#taken) await this.#pc.close().catch(() => {});
  }
}
