import { backoffMs } from "./backoff.ts";
import { type Notice, severity } from "./errors.ts";
import { type Action, type Connection, type Context, initialModel, type Model, TIMING } from "./model.ts";

/** One step in the making, on copies, so that whoever called keeps an untouched model. Its methods are the moves. */
export class Turn {
  model: Model;
  readonly actions: Action[] = [];
  readonly nowMs: number;
  readonly #random: number;

  constructor(before: Model, context: Context) {
    const { current, next, socket } = before;
    this.model = { ...before, socket: { ...socket }, current: current && { ...current }, next: next && { ...next } };
    this.nowMs = context.nowMs;
    this.#random = context.random;
  }

  connection(number: number): Connection | undefined {
    return [this.model.current, this.model.next].find((connection) => connection?.number === number);
  }

  openSocket(): void {
    this.model.socket = { phase: "opening", sinceMs: this.nowMs };
    this.actions.push({ type: "open-socket" });
  }

  /** An error of the edge or the sender; whatever comes while an offer is unanswered is about that offer. */
  error(notice: Notice): void {
    const kind = severity(notice.code);
    if (kind === "ended" || kind === "failed") {
      this.stop(kind, notice);
      return;
    }
    const { model } = this;
    model.notice = notice;
    if (model.socket.phase !== "closed") model.socket.error = notice;
    if (model.next?.answeredAtMs === undefined) this.failNext();
  }

  socketClosed(fromClose?: Notice): void {
    const { model } = this;
    const { socket } = model;
    if (socket.phase === "closed") return;
    const notice = socket.error ?? fromClose;
    const kind = notice ? severity(notice.code) : "retry";
    if (notice && (kind === "ended" || kind === "failed")) {
      this.stop(kind, notice);
      return;
    }
    if (socket.phase === "ready" && this.nowMs - socket.sinceMs >= TIMING.socketStableMs) model.socketFailures = 0;
    const delayMs =
      kind === "patient" ? TIMING.patientRetryMs * (0.75 + this.#random / 2) : this.#pauseMs(model.socketFailures);
    model.socket = { phase: "closed", retryAtMs: this.nowMs + delayMs };
    model.socketFailures += 1;
    model.notice = notice;
    if (model.next?.answeredAtMs === undefined) this.dropNext();
  }

  senderHere(sender: string | null): void {
    const { model } = this;
    const changed = sender !== null && sender !== model.sender;
    model.sender = sender;
    if (sender === null) return;
    model.notice = undefined;
    if (changed) {
      model.offerFailures = 0;
      model.offerAtMs = this.nowMs;
    }
    for (const connection of [model.current, model.next]) {
      if (connection?.sender === sender && !connection.fault) {
        this.actions.push({ type: "send", message: { type: "resume", connection: connection.number } });
      }
    }
  }

  offer(): void {
    const { model } = this;
    if (model.sender === null) return;
    const connection = model.nextNumber;
    model.next = {
      number: connection,
      sender: model.sender,
      offeredAtMs: this.nowMs,
      framesReceived: 0,
      lastFrameAtMs: this.nowMs,
    };
    model.nextNumber += 1;
    this.actions.push({ type: "open-peer", connection, iceServers: model.iceServers });
  }

  /** The fresh connection has its first picture. */
  takeOver(connection: Connection): void {
    const { model } = this;
    const old = model.current;
    model.current = { ...connection, lastFrameAtMs: this.nowMs };
    model.next = undefined;
    model.offerFailures = 0;
    model.notice = undefined;
    this.actions.push({ type: "show-peer", connection: connection.number });
    if (old) this.#giveUp(old);
  }

  /** The old connection came back before its replacement had a picture, so the replacement is not needed. */
  healed(connection: Connection): void {
    connection.fault = undefined;
    connection.disconnectedAtMs = undefined;
    if (connection.sender === this.model.sender) this.dropNext();
  }

  /** A connection that will not come back, whoever said so. */
  lost(number: number): void {
    if (this.model.next?.number === number) {
      this.failNext();
      return;
    }
    if (this.model.current?.number === number) this.model.current.fault = "gone";
  }

  /** The sender gave up this viewer, most likely because it is stopping: give that a moment to be said. */
  lostAll(): void {
    this.failNext();
    if (this.model.current) this.model.current.fault = "gone";
    this.model.offerAtMs = Math.max(this.model.offerAtMs, this.nowMs + this.#pauseMs(0));
  }

  /** The attempt failed: the following one comes after a pause that grows. */
  failNext(): void {
    if (!this.model.next) return;
    this.dropNext();
    this.model.offerAtMs = this.nowMs + this.#pauseMs(this.model.offerFailures);
    this.model.offerFailures += 1;
  }

  dropNext(): void {
    if (!this.model.next) return;
    this.#giveUp(this.model.next);
    this.model.next = undefined;
  }

  retry(): void {
    const { model } = this;
    if (model.stopped) {
      this.model = initialModel(this.nowMs, model.nextNumber);
      return;
    }
    if (model.socket.phase === "closed") model.socket.retryAtMs = this.nowMs;
    if (model.socket.phase === "ready") this.actions.push({ type: "probe-socket" });
    model.offerAtMs = this.nowMs;
  }

  stop(name: "ended" | "failed", notice?: Notice): void {
    const { model } = this;
    if (model.socket.phase === "ready") this.actions.push({ type: "send", message: { type: "bye" } });
    this.actions.push({ type: "close-socket" });
    for (const connection of [model.current, model.next]) {
      if (connection) this.actions.push({ type: "close-peer", connection: connection.number });
    }
    this.model = { ...initialModel(this.nowMs, model.nextNumber), stopped: { name, notice } };
  }

  #pauseMs(failures: number): number {
    return backoffMs(failures, this.#random);
  }

  #giveUp(connection: Connection): void {
    const { model } = this;
    if (model.socket.phase === "ready" && connection.sender === model.sender) {
      this.actions.push({ type: "send", message: { type: "bye", connection: connection.number } });
    }
    this.actions.push({ type: "close-peer", connection: connection.number });
  }
}
