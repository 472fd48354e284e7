import { decode, encode } from "../../protocol/codec.ts";
import { type ErrorCode, errorCodeOfClose, SightlineError } from "../../protocol/errors.ts";
import {
  MESSAGE_MAX_BYTES,
  PING,
  PING_INTERVAL_MS,
  PONG,
  SUBPROTOCOL,
  SUBPROTOCOL_SENDER,
  SUBPROTOCOL_TOKEN,
} from "../../protocol/limits.ts";
import { opened, openWaitMs, pongWaitMs, reopenPauseMs, type SocketPast } from "../../protocol/liveness.ts";
import { SenderMessage, ToSenderMessage } from "../../protocol/messages.ts";
import { Backoff } from "../backoff.ts";

/** An edge that takes the connection and says nothing is given up after this. */
const WELCOME_MS = 15_000;
/** After these the same socket would only be refused again. */
const FATAL: readonly ErrorCode[] = ["replaced", "session-ended", "unauthorized", "version-unsupported"];

export interface SignalingOptions {
  /** The edge's origin. */
  edge: string;
  sessionId: string;
  senderToken: string;
  /** New for each process. */
  instance: string;
  onMessage(message: ToSenderMessage): void;
  onOnline(): void;
  /** @param reason the edge's own sentence, when it refused or closed the socket with one */
  onOffline(reason?: string): void;
  /** The edge has forgotten the session (it lost its storage): create it again before the next attempt. Never rejects. */
  recreate(): Promise<void>;
  /** The edge ended it for good; no further attempt is made. */
  onFatal(code: ErrorCode, message: string): void;
  /** Something was left unsaid; told once for each type of message, in a sentence without its content. */
  onUnsaid?(why: string): void;
  /** How long to wait for the edge's welcome, milliseconds. */
  welcomeMs?: number;
}

/** The sender's end of signaling: one WebSocket, opened again whenever it breaks. */
export class SignalingClient {
  readonly #options: SignalingOptions;
  readonly #backoff = new Backoff();
  #socket: WebSocket | undefined;
  #pinger: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Runs while a sign of life was asked for that is to come soon. */
  #probe: NodeJS.Timeout | undefined;
  /** Pings of this socket that no pong has come for. */
  #awaited = 0;
  #past: SocketPast = {};
  #openedAtMs = 0;
  #answered = true;
  #welcomed = false;
  #lastError: { code: ErrorCode; message: string } | undefined;
  readonly #unsaid = new Set<string>();
  #closed = false;

  constructor(options: SignalingOptions) {
    this.#options = options;
  }

  open(): void {
    const { edge, sessionId, senderToken, instance } = this.#options;
    const url = new URL(`/api/sessions/${sessionId}/signal`, edge.replace(/^http/, "ws"));
    const socket = new WebSocket(url, [SUBPROTOCOL, SUBPROTOCOL_TOKEN + senderToken, SUBPROTOCOL_SENDER + instance]);
    this.#socket = socket;
    this.#lastError = undefined;
    this.#openedAtMs = performance.now();
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onerror = () => {};
    socket.onclose = ({ code }) => void this.#onClose(socket, code);
    socket.onopen = () => this.#startPings(socket);
    clearTimeout(this.#deadline);
    const waitMs = openWaitMs(this.#past, this.#openedAtMs, this.#options.welcomeMs ?? WELCOME_MS);
    this.#deadline = setTimeout(() => this.#abandon(socket), waitMs);
  }

  /** Asks for a sign of life now; a socket that gives none within a moment is given up. */
  probe(): void {
    const socket = this.#socket;
    if (!socket || !this.#welcomed || this.#probe) return;
    this.#ping(socket);
    this.#probe = setTimeout(() => this.#abandon(socket), pongWaitMs(this.#past));
  }

  /** The network is another: a socket that stands is probed, and one that does not stand is opened at once. */
  hurry(): void {
    if (this.#welcomed) this.probe();
    if (this.#welcomed || this.#closed) return;
    const socket = this.#socket;
    // A session that is being created again is not opened before it is there.
    if (!this.#retry && socket?.readyState !== WebSocket.CONNECTING) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    // However long it was away, it is worth haste now; a route may still be missing for a moment.
    this.#past = { ...this.#past, lostAtMs: performance.now() };
    this.#backoff.reset();
    if (socket) silence(socket);
    this.open();
  }

  /**
   * What the edge could not read would cost this sender its socket, and everybody the sender: it is left unsaid.
   * @returns false when the message could not be sent because the socket is down
   */
  send(message: SenderMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    const text = encode(message);
    const fault = faultOf(text);
    if (fault === undefined) this.#socket.send(text);
    else this.#leaveUnsaid(message.type, fault);
    return true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#deadline);
    clearTimeout(this.#probe);
    clearInterval(this.#pinger);
    this.#socket?.close(1000);
  }

  #leaveUnsaid(type: string, fault: string): void {
    if (this.#unsaid.has(type)) return;
    this.#unsaid.add(type);
    this.#options.onUnsaid?.(
      `Left a message of type "${type}" unsaid, which the edge would have refused. Please report this. ${fault}`,
    );
  }

  #receive(data: unknown): void {
    if (data === PONG) {
      this.#answered = true;
      this.#awaited--;
      // A pong for an earlier ping, or a message, may have been on its way since before the network changed.
      if (this.#awaited > 0) return;
      clearTimeout(this.#probe);
      this.#probe = undefined;
      return;
    }
    let message: ToSenderMessage;
    try {
      // The welcome lists every viewer, so it may be longer than what a viewer may send.
      message = decode(ToSenderMessage, data, MESSAGE_MAX_BYTES * 4);
    } catch {
      // A newer edge may say what this sender does not know; it must not cost the connection.
      return;
    }
    if (message.type === "error" && message.viewer === undefined) this.#lastError = message;
    if (message.type === "welcome") {
      clearTimeout(this.#deadline);
      this.#backoff.reset();
      this.#welcomed = true;
      this.#past = opened(this.#past, performance.now() - this.#openedAtMs);
      this.#options.onOnline();
    }
    this.#options.onMessage(message);
  }

  #startPings(socket: WebSocket): void {
    this.#answered = true;
    this.#awaited = 0;
    clearInterval(this.#pinger);
    const ping = () => {
      // A socket that answers nothing is dead, whatever TCP believes.
      if (!this.#answered) {
        this.#abandon(socket);
        return;
      }
      this.#answered = false;
      if (socket.readyState === WebSocket.OPEN) this.#ping(socket);
    };
    ping();
    this.#pinger = setInterval(ping, PING_INTERVAL_MS);
  }

  #ping(socket: WebSocket): void {
    this.#awaited++;
    socket.send(PING);
  }

  #abandon(socket: WebSocket): void {
    silence(socket);
    this.#past = { ...this.#past, unanswered: true };
    void this.#onClose(socket, 1006);
  }

  async #onClose(socket: WebSocket, close: number): Promise<void> {
    if (socket !== this.#socket || this.#closed) return;
    clearInterval(this.#pinger);
    clearTimeout(this.#deadline);
    clearTimeout(this.#probe);
    this.#probe = undefined;
    const nowMs = performance.now();
    if (this.#welcomed) this.#past = { ...this.#past, lostAtMs: nowMs };
    this.#welcomed = false;
    const code = this.#lastError?.code ?? errorCodeOfClose(close);
    if (code && FATAL.includes(code)) {
      this.#closed = true;
      this.#options.onFatal(code, this.#lastError?.message ?? "");
      return;
    }
    this.#options.onOffline(this.#lastError?.message);
    if (code === "session-not-found") await this.#options.recreate();
    if (this.#closed) return;
    // An edge that said why is there, and is not to be asked in haste.
    const pauseMs = this.#backoff.next();
    const hastyMs = code ? pauseMs : reopenPauseMs(this.#past, nowMs, pauseMs, Math.random());
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.open();
    }, hastyMs);
  }
}

/** Why an edge could not read this, without its content; `undefined` when it can. */
function faultOf(text: string): string | undefined {
  try {
    decode(SenderMessage, text);
    return undefined;
  } catch (error) {
    if (error instanceof SightlineError) return error.message;
    throw error;
  }
}

/**
 * Closing waits for the other end's answer, which a dead one never gives. What still arrives is not heard: that this
 * socket was replaced is no news of the one that replaced it.
 */
function silence(socket: WebSocket): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onclose = null;
  socket.close();
}
