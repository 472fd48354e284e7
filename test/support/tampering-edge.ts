import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline/promises";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { ReadableStream as WebStream } from "node:stream/web";
import { WebSocket, WebSocketServer } from "ws";
import { LINES_TYPE } from "../../src/protocol/mime.ts";

export interface Message {
  type: string;
  viewer?: string;
  connection?: number;
  sdp?: string;
  proof?: string;
  role?: string;
  [field: string]: unknown;
}

/** What a tampered edge does with a message: returns what it passes on instead, none or several. */
export type Tamper = (message: Message, towards: End, from: End) => Message[] | Promise<Message[]>;

export type End = "viewer" | "sender" | "edge";

/** Stands where the edge stands and changes what passes through: what a tampered Durable Object could do. */
export class TamperingEdge implements AsyncDisposable {
  tamper: Tamper = (message) => [message];
  /** What a proxy that "improves" pages does to the viewer page's HTML. */
  alterPage: ((html: string) => string) | undefined;
  /** Everything that passed, as it came in. */
  readonly passed: Message[] = [];
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "sightline.1" });
  readonly #behind: URL;
  readonly #open = new Set<WebSocket>();
  #toSender: ((message: Message) => void) | undefined;

  private constructor(behind: string) {
    this.#behind = new URL(behind);
    this.#server = createServer((incoming, outgoing) => {
      if (incoming.method === "POST" && /\/offer$/.test(incoming.url ?? "")) {
        this.#passPosted(incoming, outgoing).catch(() => outgoing.destroy());
        return;
      }
      const { hostname, port } = this.#behind;
      const alter = incoming.url?.startsWith("/s/") ? this.alterPage : undefined;
      const onward = request({
        hostname,
        port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...incoming.headers, ...(alter ? { "accept-encoding": "identity" } : {}) },
      });
      onward.on("response", (answer) => {
        const { "content-length": _, ...headers } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, alter ? headers : answer.headers);
        if (alter) text(answer).then((html) => outgoing.end(alter(html)));
        else answer.pipe(outgoing);
      });
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
    });
    this.#server.on("upgrade", (incoming, socket, head) => this.#upgrade(incoming, socket, head));
  }

  static async open(behind: string): Promise<TamperingEdge> {
    const edge = new TamperingEdge(behind);
    edge.#server.listen(0, "127.0.0.1");
    await once(edge.#server, "listening");
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sends the sender a message that no viewer sent. */
  forge(message: Message): void {
    this.#toSender?.(message);
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const protocols = String(incoming.headers["sec-websocket-protocol"] ?? "").split(/,\s*/);
    const who = protocols.some((name) => name.startsWith("sender.")) ? "sender" : "viewer";
    this.#sockets.handleUpgrade(incoming, socket, head, (near) => {
      const far = new WebSocket(new URL(incoming.url ?? "/", this.#behind.href.replace(/^http/, "ws")), protocols, {
        headers: { ...(incoming.headers.origin ? { origin: this.#behind.origin } : {}) },
      });
      for (const end of [near, far]) this.#open.add(end);
      const waiting: string[] = [];
      const send = (text: string) => (far.readyState === far.OPEN ? far.send(text) : waiting.push(text));
      far.on("open", () => {
        for (const text of waiting.splice(0)) far.send(text);
      });
      if (who === "sender") this.#toSender = (message) => near.send(JSON.stringify(message));
      const [outward, inward] = [inOrder(), inOrder()];
      near.on("message", (data) => outward(() => this.#pass(String(data), "edge", who, send)));
      far.on("message", (data) => inward(() => this.#pass(String(data), who, "edge", (text) => near.send(text))));
      near.on("close", () => far.close());
      far.on("close", (code) => near.close(code >= 1000 && code !== 1005 && code !== 1006 ? code : 1000));
      far.on("error", () => near.terminate());
    });
  }

  /** An offer by HTTP is passed as the message that it stands for, and so is its answer. */
  async #passPosted(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const offer = await this.#tampered({ type: "offer", ...JSON.parse(await text(incoming)) }, "edge", "viewer");
    if (!offer) return void outgoing.destroy();
    const { authorization = "" } = incoming.headers;
    const reply = await fetch(new URL(incoming.url ?? "/", this.#behind), {
      method: "POST",
      headers: { authorization },
      body: JSON.stringify(offer),
    });
    outgoing.writeHead(reply.status, { "content-type": reply.headers.get("content-type") ?? "" });
    const inLines = reply.headers.get("content-type") === LINES_TYPE;
    let left = inLines ? 2 : 1;
    for await (const line of createInterface(Readable.fromWeb(reply.body as WebStream))) {
      const said = JSON.parse(line) as Message & { standby?: object };
      left--;
      if (said.standby) {
        const standby = await this.#tampered({ type: "standby", ...said.standby }, "viewer", "edge");
        if (standby) outgoing.write(`${JSON.stringify({ standby })}\n`);
        continue;
      }
      const answer = reply.ok && !said.error ? await this.#tampered(said, "viewer", "edge") : said;
      if (!answer) return void outgoing.destroy();
      outgoing.write(`${JSON.stringify(answer)}${inLines ? "\n" : ""}`);
    }
    left === 0 ? outgoing.end() : outgoing.destroy();
  }

  async #tampered(message: Message, towards: End, from: End): Promise<Message | undefined> {
    this.passed.push(message);
    return (await this.tamper(message, towards, from))[0];
  }

  async #pass(frame: string, towards: End, from: End, send: (text: string) => void): Promise<void> {
    if (frame === "ping" || frame === "pong") {
      send(frame);
      return;
    }
    const message: Message = JSON.parse(frame);
    this.passed.push(message);
    for (const changed of await this.tamper(message, towards, from)) send(JSON.stringify(changed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** One after the other, however long each takes. */
function inOrder(): (work: () => Promise<void>) => void {
  let last = Promise.resolve();
  return (work) => {
    last = last.then(work, work);
  };
}
