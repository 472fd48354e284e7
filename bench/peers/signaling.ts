import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { SendingPeer } from "./peer.ts";
import { VIEWER_HTML } from "./viewer-page.ts";

/** Alters an SDP on its way, for instance to lead its path through a relay. */
export type Between = (sdp: string, type: "offer" | "answer") => string;

/**
 * The same simple signaling for every peer: `GET /` is the page, `POST /offer` with the offer brings the answer. One
 * peer at a time.
 */
export class Signaling implements AsyncDisposable {
  readonly #server: Server;
  peer: SendingPeer | undefined;
  between: Between = (sdp) => sdp;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      if (request.method !== "POST") return response.setHeader("content-type", "text/html").end(VIEWER_HTML);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      try {
        if (!this.peer) throw new Error("no peer is there");
        const answer = await this.peer.answer(this.between(String(Buffer.concat(chunks)), "offer"));
        response.end(this.between(answer, "answer"));
      } catch (error) {
        response.writeHead(500).end(String(error));
      }
    });
  }

  static async open(): Promise<Signaling> {
    const signaling = new Signaling();
    signaling.#server.listen(0, "127.0.0.1");
    await once(signaling.#server, "listening");
    return signaling;
  }

  get url(): string {
    const address = this.#server.address();
    return typeof address === "object" && address ? `http://localhost:${address.port}/` : "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
