import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { randomToken } from "../../src/protocol/bytes.ts";
import { makeSenderInstance, makeViewerId } from "../../src/protocol/ids.ts";
import { PING, PING_INTERVAL_MS, PONG, SUBPROTOCOL, VIEWER_HEADER } from "../../src/protocol/limits.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { CANDIDATE_LINE, SDP, STANDBY_TEXT } from "./scenarios.ts";

interface Message {
  type: string;
  viewer?: string;
  connection?: number;
  /** Of an offer: the viewer was handed the standby with this id. */
  standby?: string | boolean;
}

const PROOF = "p".repeat(43);

/** One signaling socket that pings as the real ends do and remembers what it was told. */
export class Socket {
  pongs = 0;
  readonly #socket: WebSocket;
  readonly #inbox: Message[] = [];
  readonly #pinger: NodeJS.Timeout;
  #wake: () => void = () => {};
  onMessage: (message: Message) => unknown = () => {};

  constructor(url: string, session: string, protocols: string[]) {
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/sessions/${session}/signal`, [
      SUBPROTOCOL,
      ...protocols,
    ]);
    this.#socket.on("message", (data) => this.#receive(String(data)));
    this.#pinger = setInterval(() => this.#socket.send(PING), PING_INTERVAL_MS);
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Waits for `count` messages of this type and forgets them. */
  async receive(type: string, count = 1): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (let left = count; left > 0; ) {
      const index = this.#inbox.findIndex((message) => message.type === type);
      if (index >= 0) {
        this.#inbox.splice(index, 1);
        left -= 1;
        continue;
      }
      if (Date.now() > deadline) throw new Error(`no ${type} came`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1_000);
      });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#pinger);
    this.#socket.close(1000);
    await once(this.#socket, "close");
  }

  #receive(text: string): void {
    if (text === PONG) {
      this.pongs += 1;
      return;
    }
    const message: Message = JSON.parse(text);
    this.#inbox.push(message);
    this.onMessage(message);
    this.#wake();
  }
}

/** A session with a camera that answers every offer, its picture left out. */
export class Camera {
  readonly id: string;
  readonly socket: Socket;
  readonly senderToken: string;
  readonly viewerToken: string;
  readonly whepToken: string;
  readonly url: string;
  /** Candidates after each answer. */
  candidates = 0;
  answerAfterMs = 0;
  /** Of the last offer. */
  viewer = "";
  #standbyIsThere = false;

  private constructor(url: string, id: string, tokens: { sender: string; viewer: string; whep: string }) {
    this.url = url;
    this.id = id;
    this.senderToken = tokens.sender;
    this.viewerToken = tokens.viewer;
    this.whepToken = tokens.whep;
    this.socket = new Socket(url, id, [`token.${tokens.sender}`, `sender.${makeSenderInstance()}`]);
    this.socket.onMessage = async ({ type, viewer, connection, standby }) => {
      if (type !== "offer") return;
      // As the real one: whatever was handed out is replaced at once.
      if (standby) this.#offerStandby();
      await sleep(this.answerAfterMs);
      this.viewer = viewer ?? "";
      this.socket.send({ type: "answer", viewer, connection, sdp: SDP });
      for (let i = 0; i < this.candidates; i++) {
        this.socket.send({ type: "candidate", viewer, connection, candidate: CANDIDATE_LINE, sdpMid: "0" });
      }
    };
  }

  static async open(url: string, publishKey: string): Promise<Camera> {
    const id = `cost-${randomToken(6)}`;
    const [sender, viewer, whep] = [randomToken(32), randomToken(32), randomToken(32)];
    const body = {
      id,
      senderToken: sender,
      viewerTokenHash: hashToken(viewer),
      operatorTokenHash: hashToken(randomToken(32)),
      whepTokenHash: hashToken(whep),
    };
    await request(`${url}/api/sessions`, { method: "POST", token: publishKey, body: JSON.stringify(body) });
    const camera = new Camera(url, id, { sender, viewer, whep });
    await camera.socket.receive("welcome");
    return camera;
  }

  /** What the next viewer is handed, or no more of it. */
  standby(wanted: boolean): void {
    if (wanted === this.#standbyIsThere) return;
    if (wanted) this.#offerStandby();
    else this.socket.send({ type: "standby", standby: null });
    this.#standbyIsThere = wanted;
  }

  #offerStandby(): void {
    const standby = { id: randomToken(16), text: STANDBY_TEXT, proofs: { viewer: PROOF, operator: PROOF } };
    this.socket.send({ type: "standby", standby });
  }

  get path(): string {
    return `${this.url}/api/sessions/${this.id}`;
  }
}

/** The viewer's side of one session. */
export class Viewer {
  readonly id = makeViewerId();
  readonly #camera: Camera;
  readonly #open: () => Socket;
  #socket: Socket | undefined;

  constructor(camera: Camera) {
    this.#camera = camera;
    this.#open = () => new Socket(camera.url, camera.id, [`token.${camera.viewerToken}`, `viewer.${this.id}`]);
  }

  get socket(): Socket {
    this.#socket ??= this.#open();
    return this.#socket;
  }

  offer(connection: number): void {
    this.socket.send({ type: "offer", connection, sdp: SDP, proof: PROOF });
  }

  /** @throws Error unless a standby is there exactly when it should be */
  async postOffer(standby: boolean): Promise<void> {
    const body = JSON.stringify({ viewer: this.id, connection: 0, sdp: SDP, proof: PROOF, standby: true });
    const { text } = await request(`${this.#camera.path}/offer`, {
      method: "POST",
      token: this.#camera.viewerToken,
      body,
    });
    if (text.trim().split("\n").length !== (standby ? 2 : 1))
      throw new Error("the offer's reply is not as it should be");
  }

  candidates(connection: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.socket.send({ type: "candidate", connection, candidate: CANDIDATE_LINE, sdpMid: "0" });
    }
  }

  async askForIce(): Promise<void> {
    const headers = { [VIEWER_HEADER]: this.id };
    await request(`${this.#camera.path}/ice`, { method: "GET", token: this.#camera.viewerToken, headers });
  }
}

interface Reply {
  headers: Headers;
  text: string;
}

interface RequestOptions {
  method: string;
  token?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** @throws Error unless it succeeds */
export async function request(url: string, { method, token, headers, body }: RequestOptions): Promise<Reply> {
  const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await fetch(url, { method, headers: { ...authorization, ...type, ...headers }, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${response.status} ${text.slice(0, 200)}`);
  return { headers: response.headers, text };
}
