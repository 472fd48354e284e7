import { backoffMs } from "../../protocol/backoff.ts";
import { reopenPauseMs } from "../../protocol/liveness.ts";
import { patientMs, RETRY } from "./backoff.ts";
import { takeoverDeadlineMs } from "./deadlines.ts";
import { type Notice, severity } from "./errors.ts";
import { type Failure, failureOf } from "./failure.ts";
import {
  type Action,
  type Connection,
  type Context,
  freshConnection,
  initialModel,
  type Model,
  TIMING,
} from "./model.ts";
import { forgetNoPath } from "./no-path.ts";
import { nextRenewalAtMs, renewalAtMs, servedBy } from "./renewal.ts";

/** One move of the machine in the making, on copies, so that whoever called keeps an untouched model. */
export class Move {
  model: Model;
  readonly actions: Action[] = [];
  readonly nowMs: number;
  readonly #random: number;

  constructor(before: Model, context: Context) {
    const { current, next, spare, socket } = before;
    const copies = { current: current && { ...current }, next: next && { ...next }, spare: spare && { ...spare } };
    this.model = { ...before, socket: { ...socket }, ...copies };
    this.nowMs = context.nowMs;
    this.#random = context.random;
  }

  connection(number: number): Connection | undefined {
    return this.#connections().find((connection) => connection.number === number);
  }

  #connections(): Connection[] {
    const { current, next, spare } = this.model;
    return [current, next, spare].filter((connection) => connection !== undefined);
  }

  openSocket(): void {
    this.model.socket = { phase: "opening", sinceMs: this.nowMs };
    this.actions.push({ type: "open-socket" });
  }

  /** An error of the edge or the sender; whatever comes while an offer is unanswered is about that offer. */
  error(notice: Notice): void {
    if (this.stopIfFinal(notice)) return;
    const { model } = this;
    model.notice = notice;
    if (model.socket.phase !== "closed") model.socket.error = notice;
    if (this.#awaitsAnswerBySocket()) this.failNext();
  }

  socketClosed(fromClose?: Notice, unanswered = false): void {
    const { model } = this;
    const { socket } = model;
    if (socket.phase === "closed") return;
    const notice = socket.error ?? fromClose;
    if (this.stopIfFinal(notice)) return;
    if (socket.phase === "ready" && this.nowMs - socket.sinceMs >= TIMING.socketStableMs) model.socketFailures = 0;
    const { lostAtMs = socket.phase === "ready" ? this.nowMs : undefined } = model.socketPast;
    model.socketPast = { ...model.socketPast, lostAtMs, unanswered };
    const pauseMs = backoffMs(RETRY, model.socketFailures, this.#random);
    // An edge that said why is there, and is not to be asked in haste.
    const hastyMs = notice ? pauseMs : reopenPauseMs(model.socketPast, this.nowMs, pauseMs, this.#random);
    const isPatient = notice !== undefined && severity(notice.code) === "patient";
    const delayMs = isPatient ? patientMs(notice.code, model.socketFailures, this.#random) : hastyMs;
    model.socket = { phase: "closed", retryAtMs: this.nowMs + delayMs };
    model.socketFailures += 1;
    model.notice = notice;
    if (this.#awaitsAnswerBySocket()) this.dropUnanswered();
  }

  /** What the socket says or how it ends is nothing to an offer that went by HTTP. */
  #awaitsAnswerBySocket(): boolean {
    const { next } = this.model;
    return next !== undefined && next.answeredAtMs === undefined && !next.ahead;
  }

  senderHere(sender: string | null): void {
    const { model } = this;
    const changed = sender !== null && sender !== model.sender;
    model.sender = sender;
    if (sender === null) return;
    model.notice = undefined;
    if (changed) {
      forgetNoPath(model);
      model.offerFailures = 0;
      model.offerAtMs = this.nowMs;
    }
    for (const connection of this.#connections()) {
      // The edge passed its offer on to the one that is here, or will.
      connection.sender ??= sender;
      const unanswered = connection.ahead && connection.answeredAtMs === undefined;
      if (connection.sender === sender && !connection.fault && !unanswered) {
        this.actions.push({ type: "send", message: { type: "resume", connection: connection.number } });
      }
    }
  }

  /** `renews`: the connection on show is well or may be again, and yet only this one's first picture ends it. */
  offer(renews = this.model.current?.shaken === true): void {
    const { model } = this;
    if (model.sender === null) return;
    const connection = model.nextNumber;
    model.next = {
      ...freshConnection(connection, this.nowMs),
      sender: model.sender,
      ...servedBy(model.ice),
      renews,
    };
    model.nextNumber += 1;
    this.actions.push({ type: "open-peer", connection, iceServers: model.ice.servers });
  }

  /** Tells when a connection is to be replaced: never while its media goes straight to the sender. */
  pathKnown(connection: Connection, path: "direct" | "relay"): void {
    const { iceExpiresAtMs } = connection;
    if (path === "direct" || iceExpiresAtMs === undefined) connection.renewAtMs = undefined;
    else connection.renewAtMs ??= renewalAtMs(iceExpiresAtMs, this.nowMs, this.#random);
  }

  /** The fresh connection has its first picture. */
  takeOver(connection: Connection): void {
    const { model } = this;
    const old = model.current;
    const others = [model.next, model.spare].filter((other) => other && other !== connection);
    model.current = { ...connection, lastFrameAtMs: this.nowMs };
    model.next = model.spare = undefined;
    model.offerFailures = 0;
    model.notice = undefined;
    if (model.paused === "resuming") model.paused = undefined;
    this.actions.push({ type: "show-peer", connection: connection.number });
    for (const other of [old, ...others]) if (other) this.#giveUp(other);
  }

  /** The old connection came back before its replacement had a picture, so the replacement is not needed. */
  healed(connection: Connection): void {
    connection.fault = undefined;
    connection.disconnectedAtMs = undefined;
    if (connection.sender === this.model.sender && !this.model.next?.renews) this.dropNext();
  }

  /** A connection that will not come back, whoever said so. */
  lost(number: number, failure?: Failure): void {
    if (this.model.next?.number === number) {
      this.failNext(failure);
      return;
    }
    if (this.model.spare?.number === number) this.dropSpare();
    if (this.model.current?.number === number) this.model.current.fault = "gone";
  }

  /** The sender gave up this viewer, most likely because it is stopping: give that a moment to be said. */
  lostAll(): void {
    this.dropSpare();
    this.failNext();
    if (this.model.current) this.model.current.fault = "gone";
    this.model.offerAtMs = Math.max(this.model.offerAtMs, this.nowMs + backoffMs(RETRY, 0, this.#random));
  }

  /** The attempt failed: the following one comes after a pause that grows. */
  failNext(failure?: Failure): void {
    const { next, spare, current } = this.model;
    if (!next) return;
    this.model.lastFailure = failure ?? failureOf(spare ? [next, spare] : [next], this.nowMs);
    if (!this.goOnWithSpare()) {
      this.dropNext();
      // What a fresh one does not better is taken as it is.
      if (current) current.shaken = undefined;
      if (next.renews && current && !current.fault) {
        this.renewalFailed();
        return;
      }
    }
    this.model.offerAtMs = this.nowMs + backoffMs(RETRY, this.model.offerFailures, this.#random);
    this.model.offerFailures += 1;
  }

  /** Its answer is not coming any more; that of the one beside it is here. */
  dropUnanswered(): void {
    if (!this.model.next || this.model.next.answeredAtMs !== undefined) return;
    if (!this.goOnWithSpare()) this.dropNext();
  }

  /** The one beside `next` takes its place, while its time is not up, and gets another with TURN beside it. */
  goOnWithSpare(): boolean {
    const { model } = this;
    const { next, spare } = model;
    if (!next || !spare || (takeoverDeadlineMs(spare, model) ?? Number.POSITIVE_INFINITY) <= this.nowMs) return false;
    this.#giveUp(next);
    model.next = { ...spare, lacksRelay: true };
    model.spare = undefined;
    return true;
  }

  dropNext(): void {
    this.dropSpare();
    if (!this.model.next) return;
    this.#giveUp(this.model.next);
    this.model.next = undefined;
  }

  dropSpare(): void {
    if (this.model.spare) this.#giveUp(this.model.spare);
    this.model.spare = undefined;
  }

  /** @returns whether this is an error after which nothing is tried until a person asks */
  stopIfFinal(notice: Notice | undefined): boolean {
    const kind = notice && severity(notice.code);
    if (kind !== "ended" && kind !== "failed") return false;
    this.stop(kind, notice);
    return true;
  }

  stop(name: "ended" | "failed", notice?: Notice): void {
    const { model } = this;
    if (model.socket.phase === "ready") this.actions.push({ type: "send", message: { type: "bye" } });
    this.actions.push({ type: "close-socket" });
    for (const { number } of this.#connections()) this.actions.push({ type: "close-peer", connection: number });
    this.model = { ...initialModel(this.nowMs, model.nextNumber), stopped: { name, notice } };
  }

  /** The old connection stays, and the renewal is tried again while its credentials last. */
  renewalFailed(): void {
    const { current } = this.model;
    if (current?.renewAtMs === undefined || current.iceExpiresAtMs === undefined) return;
    const { iceExpiresAtMs, renewalFailures } = current;
    current.renewAtMs = nextRenewalAtMs(iceExpiresAtMs, renewalFailures, this.nowMs, this.#random);
    current.renewalFailures += 1;
  }

  #giveUp(connection: Connection): void {
    const { model } = this;
    if (model.socket.phase === "ready" && connection.sender === model.sender) {
      this.actions.push({ type: "send", message: { type: "bye", connection: connection.number } });
    }
    this.actions.push({ type: "close-peer", connection: connection.number });
  }
}
