import { setTimeout as sleep } from "node:timers/promises";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { SUBPROTOCOL, SUBPROTOCOL_TOKEN, SUBPROTOCOL_VIEWER } from "../../src/protocol/limits.ts";
import { deriveLinkKeys, type Link } from "../../src/protocol/link.ts";
import { makeProof } from "../../src/protocol/proof.ts";
import { trustDtlsOnlyWithProof } from "../../src/sender/peer/repairs/dtls-trust.ts";
import { receivingConnection } from "./receiving-connection.ts";

const PATIENCE_MS = 15_000;

/** One viewer made of werift that joins as a page does: a socket at the edge, an offer with its proof, WebRTC. */
export class CrowdViewer {
  readonly id = makeViewerId();
  packets = 0;
  readonly #socket: WebSocket;
  readonly #pc = receivingConnection({ feedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }] });
  readonly #link: Link;
  readonly #keys: ReturnType<typeof deriveLinkKeys>;
  /** What the edge said last that was no candidate, for when it says nothing more. */
  #heard = "nothing";

  constructor(link: Link) {
    this.#link = link;
    this.#keys = deriveLinkKeys(link.sessionId, link.role, link.secret);
    const url = new URL(`/api/sessions/${link.sessionId}/signal`, link.origin.replace(/^http/, "ws"));
    this.#socket = new WebSocket(url, [
      SUBPROTOCOL,
      SUBPROTOCOL_TOKEN + this.#keys.joinToken,
      SUBPROTOCOL_VIEWER + this.id,
    ]);
    this.#pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(() => void this.packets++));
  }

  /** Resolves with the first pictures. */
  async watch(): Promise<void> {
    const { sessionId, role } = this.#link;
    const gathered = this.#pc.createOffer().then((offer) => this.#pc.setLocalDescription(offer));
    await this.#message("welcome");
    await gathered;
    // With werift's own DTLS one in some thousands does not finish, on a machine that is far too busy.
    trustDtlsOnlyWithProof(this.#pc);
    const sdp = this.#pc.localDescription?.sdp ?? "";
    const proof = makeProof(this.#keys.proofKey, { sessionId, viewerId: this.id, role, type: "offer", sdp });
    const offer = () => this.#socket.send(JSON.stringify({ type: "offer", connection: 0, sdp, proof }));
    const offerAnew = ({ data }: MessageEvent) => void (String(data).includes('"sender-online"') && offer());
    // The sender's socket that took the offer along may have been given up: see docs/protocol.md, Connections.
    this.#socket.addEventListener("message", offerAnew);
    offer();
    const answer = await this.#message("answer");
    this.#socket.removeEventListener("message", offerAnew);
    await this.#pc.setRemoteDescription({ type: "answer", sdp: String(answer.sdp) });
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (this.packets < 5) {
      if (performance.now() > deadlineMs)
        throw new Error(`a viewer of the crowd sees nothing: ${this.#pc.connectionState}`);
      await sleep(10);
    }
  }

  /** Leaves as a page does that is closed. */
  async leave(): Promise<void> {
    this.#socket.send(JSON.stringify({ type: "bye" }));
    this.#socket.close();
    await this.#pc.close();
  }

  /** Is gone as a machine is whose power fails, except that the edge's TCP notices. */
  async vanish(): Promise<void> {
    this.#socket.close();
    await Promise.all(this.#pc.iceTransports.map(({ connection }) => connection.close()));
    // Its own timers; nothing can be sent any more.
    await this.#pc.close().catch(() => {});
  }

  #message(type: string): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    const timer = setTimeout(() => reject(new Error(`the edge sent no ${type}, but ${this.#heard}`)), PATIENCE_MS);
    const hear = ({ data }: MessageEvent) => {
      if (data === "pong") return;
      const message = JSON.parse(String(data));
      if (message.type !== "candidate") this.#heard = String(data);
      if (message.type === type) resolve(message);
    };
    this.#socket.addEventListener("message", hear);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#socket.removeEventListener("message", hear);
    });
  }
}
