import { exports } from "cloudflare:workers";
import { makeSenderInstance, makeViewerId } from "../../../src/protocol/ids.ts";
import { SUBPROTOCOL } from "../../../src/protocol/limits.ts";
import { ORIGIN, type TestSession } from "./api.ts";

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came, known to the schema or not
type Json = Record<string, any>;

const PATIENCE_MS = 15_000;

/** One end of a signaling WebSocket. Everything it gets is kept in order until a test asks for it. */
export class Peer {
  readonly protocol: string | null;
  readonly #socket: WebSocket;
  readonly #inbox: Json[] = [];
  #closed: { code: number; reason: string } | undefined;
  #wake: (() => void) | undefined;

  constructor(response: Response) {
    const socket = response.webSocket;
    if (!socket) throw new Error(`no WebSocket but status ${response.status}`);
    this.protocol = response.headers.get("Sec-WebSocket-Protocol");
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.#inbox.push(data === "pong" ? { type: "pong" } : JSON.parse(data as string));
      this.#wake?.();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#closed = { code, reason };
      this.#wake?.();
    });
    socket.accept();
  }

  send(message: object | string | ArrayBuffer): void {
    this.#socket.send(
      typeof message === "string" || message instanceof ArrayBuffer ? message : JSON.stringify(message),
    );
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** The next message, which must be of this type. */
  async next(type: string): Promise<Json> {
    await this.#until(() => this.#inbox.length > 0, `waiting for ${type}`);
    const message = this.#inbox.shift() as Json;
    if (message.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(message)}`);
    return message;
  }

  /** The code it is closed with; what came before and was not asked for stays. */
  async closed(): Promise<number> {
    await this.#until(() => this.#closed !== undefined, "waiting for close");
    return this.#closed?.code as number;
  }

  /** Proves that nothing came: the answer to a ping overtakes nothing. */
  async quiet(): Promise<void> {
    this.send("ping");
    await this.next("pong");
  }

  async #until(done: () => boolean, what: string): Promise<void> {
    const deadlineMs = Date.now() + PATIENCE_MS;
    while (!done()) {
      if (this.#closed && this.#inbox.length === 0) {
        throw new Error(`${what}: closed with ${this.#closed.code} ${this.#closed.reason}`);
      }
      if (Date.now() > deadlineMs) throw new Error(`${what}: nothing came`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 50);
      });
    }
  }
}

export async function open(id: string, protocols: string[]): Promise<Peer> {
  const response = await exports.default.fetch(
    new Request(`${ORIGIN}/api/sessions/${id}/signal`, {
      headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": protocols.join(", ") },
    }),
  );
  return new Peer(response);
}

export async function joinAsViewer(
  session: TestSession,
  { viewer = makeViewerId(), token = session.viewerToken } = {},
): Promise<{ peer: Peer; viewer: string }> {
  const peer = await open(session.id, [SUBPROTOCOL, `token.${token}`, `viewer.${viewer}`]);
  return { peer, viewer };
}

export async function joinAsSender(
  session: TestSession,
  { instance = makeSenderInstance(), token = session.senderToken } = {},
): Promise<{ peer: Peer; instance: string }> {
  const peer = await open(session.id, [SUBPROTOCOL, `token.${token}`, `sender.${instance}`]);
  return { peer, instance };
}

/** A sender and a viewer that have said hello. */
export async function joinBoth(session: TestSession) {
  const { peer: sender, instance } = await joinAsSender(session);
  await sender.next("welcome");
  const { peer: viewer, viewer: id } = await joinAsViewer(session);
  await viewer.next("welcome");
  await sender.next("viewer-joined");
  return { sender, instance, viewer, id };
}

export const PROOF = "p".repeat(43);
export const OFFER = { type: "offer", connection: 0, sdp: "v=0 offer", proof: PROOF };
export const CANDIDATE = { type: "candidate", connection: 0, candidate: "candidate:1 1 udp 1 10.0.0.1 9 typ host" };
