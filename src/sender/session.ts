import type { ErrorCode } from "../protocol/errors.ts";
import type { CreateSession } from "../protocol/http.ts";
import { makeSenderInstance, type Role } from "../protocol/ids.ts";
import { VIEWERS_DEFAULT_MAX, VIEWERS_HARD_MAX } from "../protocol/limits.ts";
import type { SenderMessage, ToSenderMessage } from "../protocol/messages.ts";
import type { SenderStats } from "../protocol/stats.ts";
import { isLoopback } from "./addresses.ts";
import { Audience } from "./audience.ts";
import type { SendConfig } from "./config.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { EdgeNotice } from "./edge-notice.ts";
import { edgeError, SenderError } from "./errors.ts";
import { IceKeeper } from "./ice-keeper.ts";
import type { Identity } from "./identity.ts";
import { LinkTeller } from "./link-teller.ts";
import type { LiveCamera } from "./live-camera.ts";
import type { Output } from "./output.ts";
import { PathNotice } from "./path-notice.ts";
import type { ReachedEdge } from "./reach-edge.ts";
import { tellOfRelay } from "./relay-notice.ts";
import { Roaming } from "./roaming.ts";
import { createSession, fetchIce, putLinks } from "./signaling/api.ts";
import { SignalingClient } from "./signaling/client.ts";
import { StandbyKeeper } from "./standby-keeper.ts";
import { takeCensus } from "./stats/census.ts";

const SWEEP_MS = 2_000;
const REPLACED =
  "Another sender took this session over, so this one stops. Give one of them a session of its own with --session.";

export interface SessionOptions {
  config: SendConfig;
  identity: Identity;
  edge: ReachedEdge;
  request: CreateSession;
  camera: LiveCamera;
  output: Output;
  onEnd(ending: Ending): void;
  /** Takes up what the owner has written since, if anything. */
  lookAgain?(): void;
}

/** How a session came to its end: as somebody asked, with a sentence that says how, or by a failure. */
export type Ending = { sentence: string } | { error: unknown };

/** A session that runs: signaling, audience and camera, wired to one another. */
export class Session implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #doorkeeper: Doorkeeper;
  readonly #signaling: SignalingClient;
  readonly #audience: Audience;
  readonly #sweeper: NodeJS.Timeout;
  #request: CreateSession;
  readonly #ice: IceKeeper;
  readonly #roaming: Roaming;
  readonly #standbys: StandbyKeeper;
  readonly #edgeNotice: EdgeNotice;
  readonly #links: LinkTeller;
  /** Good-byes that the edge has not heard, because it could not be reached. */
  readonly #unsaid: SenderMessage[] = [];
  #refusal: string | undefined;
  readonly #welcomed = Promise.withResolvers<void>();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { config, identity, edge, camera, output } = options;
    this.#request = options.request;
    this.#doorkeeper = new Doorkeeper(identity, config.whep, options.lookAgain);
    this.#edgeNotice = new EdgeNotice(output.note);
    this.#links = new LinkTeller({
      put: (links) => putLinks(edge.origin, identity.sessionId, identity.senderToken, links),
      // Not before: the edge drops what the links before it vouched for.
      onTold: () => this.#standbys.vouchAnew(),
    });
    this.#ice = new IceKeeper({
      fetch: () => fetchIce(edge.origin, identity.sessionId, identity.senderToken),
      needsRelay: config.relayOnly,
      onRelay: (there) => tellOfRelay(there, output),
    });
    const paths = new PathNotice(output.note);
    this.#audience = new Audience({
      doorkeeper: this.#doorkeeper,
      broadcast: camera.broadcast,
      maxViewers: config.maxViewers ?? VIEWERS_DEFAULT_MAX,
      loopback: isLoopback(edge.origin),
      relayOnly: config.relayOnly,
      playoutMs: config.playoutMs,
      iceServers: () => this.#ice.iceServers,
      iceTtlMs: () => this.#ice.iceTtlMs,
      send: (message) => this.#say(message),
      takeStandby: (id) => this.#standbys.take(id),
      onViewer: (id, state, timings) => output.emit({ event: "viewer", id, state, timings }),
      onFirstFrame: (id, timings) => output.emit({ event: "picture", id, timings }),
      onNoPath: () => this.#ice.want(),
      // What was asked for meanwhile is there for the next try.
      onPathless: (hadTurn) => paths.tell(hadTurn || this.#ice.hasTurn),
      onWatching: (count) => {
        camera.setWatched(count > 0);
        this.#standbys.look();
      },
    });
    this.#signaling = new SignalingClient({
      edge: edge.origin,
      sessionId: identity.sessionId,
      senderToken: identity.senderToken,
      instance: makeSenderInstance(),
      onMessage: (message) => void this.#receive(message).catch((error) => options.onEnd({ error })),
      onOnline: () => this.#edgeNotice.online(),
      onOffline: (reason) => this.#edgeNotice.offline(reason),
      onUnsaid: output.note,
      recreate: () => this.#recreate(),
      onFatal: (code, message) => options.onEnd(endingOf(code, message)),
    });
    this.#standbys = new StandbyKeeper({
      loopback: isLoopback(edge.origin),
      mayServe: () => camera.broadcast.servesStandby,
      vouch: (text) => this.#doorkeeper.vouch(text),
      publish: (message) => this.#signaling.send(message),
    });
    this.#roaming = new Roaming({
      audience: this.#audience,
      signaling: this.#signaling,
      onNetworkChange: () => this.#standbys.renew(),
    });
    camera.follow((report) => this.#signaling.send({ type: "report", report }));
    this.#sweeper = setInterval(() => this.#audience.sweep(performance.now()), SWEEP_MS);
  }

  /** @returns a promise that resolves once the edge sends viewers here */
  open(): Promise<void> {
    this.#signaling.open();
    return this.#welcomed.promise;
  }

  stats(nowMs: number): SenderStats {
    return takeCensus(this.#options.camera, this.#audience.watching, nowMs);
  }

  /** The owner made new links: whoever came by an old one is dropped here, whatever the edge does. */
  async replaceLinks(identity: Identity, request: CreateSession, rotated: readonly Role[]): Promise<void> {
    this.#request = request;
    this.#doorkeeper.replaceLinks(identity);
    const told = this.#links.tell(request);
    await this.#audience.drop(rotated, "link-rotated");
    await told;
  }

  /** From now on nothing is said of the edge: why the session ended is the last that its owner reads. */
  over(): void {
    this.#edgeNotice.stop();
  }

  async #receive(message: ToSenderMessage): Promise<void> {
    switch (message.type) {
      case "welcome":
        this.#welcomed.resolve();
        this.#ice.take(message);
        for (const bye of this.#unsaid.splice(0)) this.#say(bye);
        this.#audience.setPresent(message.viewers.map(({ viewer }) => viewer));
        this.#roaming.welcomed();
        // One tells this machine's addresses.
        this.#standbys.welcomed(message.standby === true && !this.#options.config.relayOnly);
        this.#links.hurry();
        return this.#obey(message.parameters);
      case "viewer-joined":
        return this.#audience.joined(message.viewer);
      case "viewer-left":
        return this.#audience.left(message.viewer);
      case "offer":
        return this.#audience.offer(message);
      case "candidate":
        return this.#audience.candidate(message);
      case "resume":
        return this.#audience.resume(message.viewer, message.connection);
      case "bye":
        return this.#audience.leave(message.viewer, message.connection);
      case "parameters":
        return this.#obey(message.parameters);
      case "error":
        return;
    }
  }

  /**
   * Says it now, or keeps it when it is that a connection ended: the edge holds a WHEP player's place, and everybody's
   * TURN credentials, until it hears that.
   */
  #say(message: SenderMessage): void {
    if (this.#signaling.send(message) || message.type !== "bye" || message.code !== undefined) return;
    this.#unsaid.push(message);
    this.#unsaid.splice(0, this.#unsaid.length - VIEWERS_HARD_MAX);
  }

  /** Why it cannot be is said once, and it is tried again. */
  async #recreate(): Promise<void> {
    const { edge, output, camera } = this.#options;
    try {
      // A camera that is paused stays so: its owner said nothing else.
      await createSession(edge.origin, edge.publishKey, { ...this.#request, parameters: camera.asked });
      this.#refusal = undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#refusal) {
        output.note(`The edge has forgotten this session, and does not take it up again; trying on. ${why}`);
      }
      this.#refusal = why;
    }
  }

  #obey(parameters: Parameters<LiveCamera["obey"]>[0]): void {
    const report = this.#options.camera.obey(parameters);
    this.#signaling.send({ type: "report", report });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    this.#roaming.close();
    this.#standbys.close();
    this.#ice.stop();
    this.#links.stop();
    this.over();
    await this.#audience.close();
    this.#signaling.close();
  }
}

function endingOf(code: ErrorCode, message: string): Ending {
  if (code === "session-ended") return { sentence: "The session has ended." };
  return { error: code === "replaced" ? new SenderError("replaced", code, REPLACED) : edgeError(code, message) };
}
