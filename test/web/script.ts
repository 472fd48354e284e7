import { ERRORS, type ErrorCode } from "../../src/protocol/errors.ts";
import type { IceServer } from "../../src/protocol/ice.ts";
import { deadlineMs } from "../../src/web/client/deadlines.ts";
import { step } from "../../src/web/client/machine.ts";
import { type Action, type Event, initialModel, type Model } from "../../src/web/client/model.ts";
import { grant } from "../../src/web/client/renewal.ts";
import { stateOf } from "../../src/web/client/state.ts";

export const SENDER = "sender-one".padEnd(22, "A");
export const OLD_ICE = [{ urls: ["turn:relay.example"], username: "old", credential: "secret" }];
export const STUN_ONLY = [{ urls: ["stun:stun.example"] }];
export const FRESH_ICE = [{ urls: ["turn:relay.example"], username: "fresh", credential: "secret" }];
export const RESTARTED = "sender-two".padEnd(22, "A");

/** Plays the machine as a script: each step tells what happened, and what was then done can be read off. */
export class Script {
  model: Model = initialModel(0);
  nowMs = 0;
  random = 0;
  done: Action[] = [];
  /** What polls tell of the path. */
  path: "direct" | "relay" | undefined;
  #framesDecoded: number | undefined;

  event(event: Event): this {
    const { model, actions } = step(this.model, event, { nowMs: this.nowMs, random: this.random });
    this.model = model;
    this.done.push(...actions);
    return this;
  }

  /** Lets the time pass, waking the machine whenever it asked to be. */
  pass(ms: number): this {
    const endMs = this.nowMs + ms;
    for (let atMs = deadlineMs(this.model); atMs !== undefined && atMs <= endMs; atMs = deadlineMs(this.model)) {
      this.nowMs = Math.max(this.nowMs, atMs);
      const before = this.model;
      this.event({ type: "wake" });
      if (deadlineMs(before) === deadlineMs(this.model)) throw new Error("The machine woke and did nothing.");
    }
    this.nowMs = endMs;
    return this;
  }

  /** Like {@link pass}, with the connection's frames and packets counted every half second. */
  watch(ms: number, connection: number, framesPerPoll: number, packetsPerPoll = framesPerPoll): this {
    for (let left = ms; left > 0; left -= 500) {
      this.pass(500);
      const known = [this.model.current, this.model.next].find((c) => c?.number === connection);
      const framesReceived = (known?.framesReceived ?? 0) + framesPerPoll;
      const packetsReceived = (known?.packetsReceived ?? 0) + packetsPerPoll;
      this.event({
        type: "polled",
        connection,
        framesReceived,
        packetsReceived,
        path: this.path,
        framesDecoded: this.#framesDecoded,
      });
    }
    return this;
  }

  /** What the polls of {@link watch} tell of the decoder, from now on. */
  decoded(frames: number | undefined): this {
    this.#framesDecoded = frames;
    return this.event({
      type: "polled",
      connection: 0,
      framesReceived: (this.model.current?.framesReceived ?? 0) + 1,
      framesDecoded: frames,
      packetsReceived: (this.model.current?.packetsReceived ?? 0) + 1,
    });
  }

  start = () => this.event({ type: "wake" });
  /** Begins with an offer that has left by HTTP. */
  startAhead = () => {
    this.model = initialModel(0, 0, true);
    return this.start();
  };
  posted = (connection = 0, iceServers: IceServer[] = STUN_ONLY, iceTtlMs?: number) =>
    this.event({
      type: "posted",
      connection,
      answer: { connection, sdp: "v=0", proof: undefined },
      grant: grant(iceServers, iceTtlMs, this.nowMs),
    }).event({ type: "answered", connection });
  postRefused = (code?: ErrorCode, connection = 0) =>
    this.event({
      type: "post-refused",
      connection,
      notice: code && { code, message: ERRORS[code].message },
    });
  welcome = (
    sender: string | null = SENDER,
    more: { iceTtlMs?: number; paused?: boolean; iceServers?: IceServer[] } = {},
  ) =>
    this.event({ type: "message", message: { type: "welcome", role: "viewer", iceServers: OLD_ICE, sender, ...more } });
  paused = (paused: boolean) => this.event({ type: "message", message: { type: "paused", paused } });
  transport = (connection: number, state: "connected" | "disconnected" | "gone") =>
    this.event({ type: "transport", connection, state });
  /** The edge grants servers for so long, from now on. */
  granted = (ttlMs?: number, servers = FRESH_ICE as IceServer[]) =>
    this.event({ type: "ice", askedAtMs: this.#askedAtMs, grant: grant(servers, ttlMs, this.nowMs) });
  notGranted = () => this.event({ type: "ice", askedAtMs: this.#askedAtMs });
  online = (sender = SENDER) => this.event({ type: "message", message: { type: "sender-online", sender } });
  offline = () => this.event({ type: "message", message: { type: "sender-offline" } });
  answer = (connection: number, senderIceTtlMs?: number) =>
    this.event({
      type: "message",
      message: { type: "answer", connection, sdp: "v=0", proof: undefined, senderIceTtlMs },
    });
  answered = (connection: number, senderIceTtlMs?: number) =>
    this.answer(connection, senderIceTtlMs).event({ type: "answered", connection });
  firstFrame = (connection: number) => this.event({ type: "first-frame", connection });
  bye = (connection?: number) => this.event({ type: "message", message: { type: "bye", connection } });
  socketClosed = () => this.event({ type: "socket-closed" });
  error = (code: ErrorCode) =>
    this.event({ type: "message", message: { type: "error", code, message: ERRORS[code].message } });

  /** Up to the first picture, over connection 0. */
  live = () => this.start().welcome().answered(0).firstFrame(0).forget();

  /** Leaves out of account what was done so far. */
  forget(): this {
    this.done = [];
    return this;
  }

  get #askedAtMs(): number {
    return this.model.askedForIceAtMs ?? Number.NaN;
  }

  get state(): string {
    return stateOf(this.model).name;
  }

  /** What was done, in short: `open-peer 1`, `send bye 0`. */
  get log(): string[] {
    return this.done.map((action) => {
      if (action.type === "send") {
        const { message } = action;
        return ["send", message.type, message.connection].filter((part) => part !== undefined).join(" ");
      }
      return "connection" in action ? `${action.type} ${action.connection}` : action.type;
    });
  }
}
