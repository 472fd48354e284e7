import { createHash, createHmac } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Message, parseMessage } from "werift";

/** Methods and classes of RFC 8489 and RFC 8656. */
const ALLOCATE = 0x003;
const CREATE_PERMISSION = 0x008;
const REQUEST = 0x000;
const UDP = 0x1100_0000;
const TRIES = 10;
const LIFE_S = 600;

interface Challenge {
  realm: string;
  nonce: Buffer;
}

/** An allocation on a TURN server, made with a shared secret as the edge makes credentials. */
export class TurnClient implements Disposable {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #username = `${Math.floor(Date.now() / 1_000) + LIFE_S}:test`;
  readonly #password: string;
  #challenge: Challenge | undefined;

  private constructor(socket: Socket, port: number, secret: string) {
    this.#socket = socket;
    this.#port = port;
    this.#password = createHmac("sha1", secret).update(this.#username).digest("base64");
  }

  /** @param url `turn:127.0.0.1:PORT` */
  static async allocate(url: string, secret: string): Promise<TurnClient> {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const client = new TurnClient(socket, Number(url.split(":").at(-1)), secret);
    const challenge = await client.#ask(ALLOCATE, (message) => message.setAttribute("REQUESTED-TRANSPORT", UDP));
    client.#challenge = {
      realm: String(challenge.getAttributeValue("REALM")),
      nonce: challenge.getAttributeValue("NONCE") as Buffer,
    };
    const answer = await client.#ask(ALLOCATE, (message) => message.setAttribute("REQUESTED-TRANSPORT", UDP));
    const error = codeOf(answer);
    if (error !== undefined) throw new Error(`the TURN server refused with ${error}`);
    return client;
  }

  /**
   * Asks to be let through to a peer; nothing is sent there.
   * @returns the error code (RFC 8656 section 9.2: 403 for a peer that is forbidden), `undefined` when permitted
   */
  async permit(address: string): Promise<number | undefined> {
    return codeOf(
      await this.#ask(CREATE_PERMISSION, (message) => message.setAttribute("XOR-PEER-ADDRESS", [address, 9])),
    );
  }

  async #ask(method: number, fill: (message: Message) => void): Promise<Message> {
    const message = new Message(method, REQUEST);
    fill(message);
    if (this.#challenge) {
      const { realm, nonce } = this.#challenge;
      message.setAttribute("USERNAME", this.#username).setAttribute("REALM", realm).setAttribute("NONCE", nonce);
      message.addMessageIntegrity(createHash("md5").update(`${this.#username}:${realm}:${this.#password}`).digest());
    }
    for (let tries = 0; tries < TRIES; tries++) {
      this.#socket.send(message.bytes, this.#port, "127.0.0.1");
      const received = await Promise.race([once(this.#socket, "message"), sleep(500, undefined)]);
      const answer = received && parseMessage(received[0] as Buffer);
      if (answer?.transactionIdHex === message.transactionIdHex) return answer;
    }
    throw new Error("the TURN server does not answer");
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

function codeOf(answer: Message): number | undefined {
  const value: unknown = answer.getAttributeValue("ERROR-CODE");
  return Array.isArray(value) ? Number(value[0]) : undefined;
}
