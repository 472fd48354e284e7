import type { ToViewerMessage, ViewerMessage } from "../../protocol/messages.ts";
import { AHEAD_CONNECTION, type Ahead, abandon } from "./ahead.ts";
import { Alarm } from "./alarm.ts";
import { deadlineMs } from "./deadlines.ts";
import { Emitter } from "./emitter.ts";
import { NO_WEBRTC, SOCKET_FORBIDDEN } from "./errors.ts";
import type { Identity } from "./handshake.ts";
import { fetchIce } from "./ice.ts";
import { step } from "./machine.ts";
import { type Action, type Event, initialModel, type Model } from "./model.ts";
import type { ViewerEvents, ViewerOptions } from "./options.ts";
import { Peers } from "./peers.ts";
import { Player } from "./player.ts";
import { Pulse } from "./pulse.ts";
import type { Runtime } from "./runtime.ts";
import { SignalingSocket, tryToOpen } from "./signaling.ts";
import { stateOf, type ViewerState } from "./state.ts";
import { StateTeller } from "./state-teller.ts";
import type { ViewerStats } from "./stats.ts";
import type { Timings } from "./timings.ts";
import { Unsent } from "./unsent.ts";

/** Watches one session: connects, waits, reconnects, until closed or until nothing more can help. */
export class Viewer {
  readonly sessionId: string;
  readonly #identity: Identity;
  readonly #runtime: Runtime;
  readonly #emitter = new Emitter<ViewerEvents>();
  readonly #player: Player;
  readonly #peers: Peers;
  readonly #pulse: Pulse;
  readonly #timings: Timings;
  readonly #queue: Event[] = [];
  readonly #unsent = new Unsent();
  readonly #ahead: Ahead | undefined;
  #model: Model;
  readonly #teller = new StateTeller(
    () => stateOf(this.#model),
    (state) => this.#emitter.emit("state", state),
  );
  #streaming = false;
  #running = false;
  #socket: SignalingSocket | undefined;
  readonly #alarm = new Alarm(() => this.#dispatch({ type: "wake" }));
  readonly #signal: AbortSignal | undefined;
  readonly #aborted = () => this.close();

  /** @internal */
  constructor(identity: Identity, options: ViewerOptions, runtime: Runtime) {
    this.sessionId = identity.link.sessionId;
    this.#identity = identity;
    this.#runtime = runtime;
    this.#ahead = options.ahead;
    const video = options.video ?? undefined;
    this.#timings = { start: options.ahead?.startedAtMs ?? options.startedAtMs ?? runtime.nowMs() };
    this.#model = initialModel(runtime.nowMs(), AHEAD_CONNECTION, options.ahead !== undefined);
    this.#player = options.ahead?.player ?? new Player(video, runtime.nowMs);
    this.#player.onBlocked = (blocked) => this.#emitter.emit("autoplay-blocked", blocked);
    this.#peers = new Peers({
      identity,
      runtime,
      player: this.#player,
      video,
      isPaused: () => this.#model.paused === "held",
      dispatch: (event) => this.#dispatch(event),
      send: (message) => this.#send(message),
    });
    this.#pulse = new Pulse({
      poll: () => this.#peers.poll(),
      isTakingOver: () => this.#model.next?.answeredAtMs !== undefined,
      watchNetwork: (callback) => runtime.onNetworkChange?.(callback) ?? (() => undefined),
      onNetworkChange: () => this.#dispatch({ type: "network" }),
    });
    if (options.onState) this.#emitter.on("state", options.onState);
    this.#signal = options.signal;
    this.#start();
  }

  get state(): ViewerState {
    return this.#teller.state;
  }

  /** The picture, from its first frame on; none once the viewer has stopped. */
  get stream(): MediaStream | undefined {
    return this.#streaming ? this.#player.stream : undefined;
  }

  /** @returns a function that stops listening */
  on<Name extends keyof ViewerEvents>(name: Name, listener: (value: ViewerEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Reads the connection on show now, or the one under way while there is none; counts are of all that were on show. */
  async stats(): Promise<ViewerStats> {
    const { current, next } = this.#model;
    const { timings, ...stats } = await this.#peers.stats(current?.number, next?.number);
    return { ...stats, timings: { ...this.#timings, ...timings } };
  }

  /** Tries again at once: after `failed` and `ended` from the start, else without waiting out a pause. Not once aborted. */
  retry(): void {
    if (this.#runtime.openPeerConnection && !this.#signal?.aborted) this.#dispatch({ type: "retry" });
  }

  /** Starts playing from within a click, after `autoplay-blocked`. */
  play(): void {
    this.#player.play();
  }

  /** Leaves the session and lets go of everything; {@link retry} joins again. */
  close(): void {
    this.#dispatch({ type: "close" });
  }

  #start(): void {
    if (this.#signal?.aborted) {
      if (this.#ahead) abandon(this.#ahead);
      this.close();
      return;
    }
    if (!this.#runtime.openPeerConnection) {
      this.#dispatch({ type: "refused", notice: NO_WEBRTC });
      return;
    }
    this.#begin();
    const first = this.#model.ahead ? undefined : this.#model.nextNumber;
    this.#dispatch({ type: "wake" });
    if (this.#model.stopped) return;
    // After the socket was asked for, so that the offer is made while the socket opens.
    if (first !== undefined) this.#peers.prepare(first);
  }

  #begin(): void {
    this.#signal?.addEventListener("abort", this.#aborted);
    this.#pulse.start();
  }

  /** One event at a time: what an action brings about at once waits its turn. */
  #dispatch(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        const { nowMs, random } = this.#runtime;
        const wasStopped = this.#model.stopped !== undefined;
        const { model, actions } = step(this.#model, next, { nowMs: nowMs(), random: random() });
        this.#model = model;
        for (const action of actions) this.#perform(action);
        if (model.stopped) this.#rest();
        else if (wasStopped) this.#begin();
      }
    } finally {
      this.#running = false;
    }
    this.#teller.update();
    this.#alarm.set(deadlineMs(this.#model), this.#runtime.nowMs());
  }

  #perform(action: Action): void {
    switch (action.type) {
      case "open-socket":
        this.#openSocket();
        return;
      case "close-socket":
        this.#socket?.close();
        this.#socket = undefined;
        return;
      case "probe-socket":
        this.#socket?.probe(action.waitMs);
        return;
      case "send":
        this.#send(action.message);
        return;
      case "ask-ice":
        void fetchIce(this.#identity, this.#runtime).then((grant) => this.#dispatch({ ...action, type: "ice", grant }));
        return;
      case "open-peer":
        void this.#peers.offer(action.connection, action.iceServers);
        this.#pulse.start();
        return;
      case "adopt-peer":
        if (this.#ahead) void this.#peers.adopt(action.connection, this.#ahead);
        return;
      case "accept-answer":
        void this.#peers.accept(action.connection, action);
        return;
      case "add-candidate":
        this.#peers.get(action.connection)?.addCandidate(action.candidate);
        return;
      case "show-peer":
        this.#peers.show(action.connection);
        if (this.#streaming) return;
        this.#streaming = true;
        this.#emitter.emit("stream", this.#player.stream);
        return;
      case "close-peer":
        this.#peers.close(action.connection);
        return;
    }
  }

  #openSocket(): void {
    const early = this.#ahead?.socket;
    if (this.#ahead) this.#ahead.socket = undefined;
    const socket = early?.socket ?? tryToOpen(this.#identity, this.#runtime);
    if (!socket) {
      this.#dispatch({ type: "refused", notice: SOCKET_FORBIDDEN });
      return;
    }
    this.#socket = new SignalingSocket(socket, {
      opened: () => {
        this.#timings.socketOpen ??= early?.openedAtMs ?? this.#runtime.nowMs();
      },
      message: (message) => this.#received(message, early?.heardAtMs),
      closed: (notice, unanswered) => {
        this.#socket = undefined;
        this.#dispatch({ type: "socket-closed", notice, unanswered });
      },
    });
    early?.replay();
  }

  /** @param heardAtMs when the socket's first message came, which a welcome is; where that was not just now */
  #received(message: ToViewerMessage, heardAtMs = this.#runtime.nowMs()): void {
    if (message.type === "welcome") this.#timings.welcome ??= heardAtMs;
    this.#dispatch({ type: "message", message });
    if (message.type !== "welcome") return;
    for (const unsent of this.#unsent.take()) this.#send(unsent);
  }

  #send(message: ViewerMessage): void {
    if (!this.#socket?.send(message)) this.#unsent.keep(message);
  }

  #rest(): void {
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#streaming = false;
    this.#pulse.stop();
    this.#peers.closeAll();
    this.#unsent.take();
  }
}
