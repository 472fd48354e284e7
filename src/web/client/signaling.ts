import { decode, encode } from "../../protocol/codec.ts";
import { ERRORS, errorCodeOfClose, SightlineError } from "../../protocol/errors.ts";
import { PING, PING_INTERVAL_MS, PONG } from "../../protocol/limits.ts";
import { ToViewerMessage, type ViewerMessage } from "../../protocol/messages.ts";
import type { Notice } from "./errors.ts";
import { type Identity, signalingAddress } from "./handshake.ts";
import type { Runtime } from "./runtime.ts";

/** A regular ping unanswered for this long means a dead socket, which the browser itself may take minutes to notice. */
export const PONG_WAIT_MS = 5_000;

interface SignalingEvents {
  opened(): void;
  message(message: ToViewerMessage): void;
  /** Once, and never after {@link SignalingSocket.close}. */
  closed(notice: Notice | undefined, unanswered: boolean): void;
}

/** @returns `undefined` where the browser itself forbids it, as mixed content */
export function tryToOpen(identity: Identity, runtime: Pick<Runtime, "openSocket">): WebSocket | undefined {
  const { url, protocols } = signalingAddress(identity);
  try {
    return runtime.openSocket(url, protocols);
  } catch {
    return undefined;
  }
}

/** One WebSocket to the session: messages checked both ways, and its death noticed. It does not reopen itself. */
export class SignalingSocket {
  readonly #socket: WebSocket;
  readonly #events: SignalingEvents;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;
  /** By `performance.now()`. */
  #pongDueAtMs = Number.POSITIVE_INFINITY;
  #over = false;

  constructor(socket: WebSocket, events: SignalingEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.onopen = () => {
      this.#pingTimer = setInterval(() => this.probe(), PING_INTERVAL_MS);
      events.opened();
    };
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#end(noticeOfClose(event.code));
  }

  /** @returns false when the socket is not open and nothing was sent */
  send(message: ViewerMessage): boolean {
    if (this.#over || this.#socket.readyState !== 1) return false;
    this.#socket.send(encode(message));
    return true;
  }

  /** Asks for a sign of life now; without one within `waitMs` the socket counts as closed. */
  probe(waitMs = PONG_WAIT_MS): void {
    if (this.#over || this.#socket.readyState !== 1) return;
    this.#socket.send(PING);
    const dueAtMs = performance.now() + waitMs;
    if (dueAtMs >= this.#pongDueAtMs) return;
    this.#pongDueAtMs = dueAtMs;
    clearTimeout(this.#pongTimer);
    this.#pongTimer = setTimeout(() => this.#end(undefined, true), waitMs);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#pongTimer);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  #received(data: unknown): void {
    clearTimeout(this.#pongTimer);
    this.#pongDueAtMs = Number.POSITIVE_INFINITY;
    if (data === PONG) return;
    let message: ToViewerMessage;
    try {
      message = decode(ToViewerMessage, data);
    } catch (error) {
      // A newer edge may say what this page does not understand; that is no reason to leave.
      console.warn(`Ignored a signaling message: ${error instanceof SightlineError ? error.code : "unreadable"}`);
      return;
    }
    this.#events.message(message);
  }

  #end(notice: Notice | undefined, unanswered = false): void {
    if (this.#over) return;
    this.close();
    this.#events.closed(notice, unanswered);
  }
}

function noticeOfClose(close: number): Notice | undefined {
  const code = errorCodeOfClose(close);
  return code && { code, message: ERRORS[code].message };
}
