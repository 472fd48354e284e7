import type { ErrorCode } from "../protocol/errors.ts";
import type { CreateSession } from "../protocol/http.ts";
import type { IceServer } from "../protocol/ice.ts";
import { makeSenderInstance, type Role } from "../protocol/ids.ts";
import { VIEWERS_DEFAULT_MAX } from "../protocol/limits.ts";
import type { ToSenderMessage } from "../protocol/messages.ts";
import { isLoopback } from "./addresses.ts";
import { Audience } from "./audience.ts";
import type { SendConfig } from "./config.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { edgeError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import type { LiveCamera } from "./live-camera.ts";
import type { Output } from "./output.ts";
import { packetize } from "./peer/packetizer.ts";
import type { ReachedEdge } from "./reach-edge.ts";
import { createSession } from "./signaling/api.ts";
import { SignalingClient } from "./signaling/client.ts";

const SWEEP_MS = 2_000;
/** A socket that is back within this time is not worth a line. */
const BLINK_MS = 1_000;

export interface SessionOptions {
  config: SendConfig;
  identity: Identity;
  edge: ReachedEdge;
  request: CreateSession;
  camera: LiveCamera;
  output: Output;
  onEnd(ending: Ending): void;
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
  #iceServers: IceServer[] = [];
  #offlineNotice: NodeJS.Timeout | undefined;
  #wasOffline = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { config, identity, edge, camera, output } = options;
    this.#request = options.request;
    this.#doorkeeper = new Doorkeeper(identity, config.whep);
    this.#audience = new Audience({
      doorkeeper: this.#doorkeeper,
      maxViewers: config.maxViewers ?? VIEWERS_DEFAULT_MAX,
      loopback: isLoopback(edge.origin),
      relayOnly: config.relayOnly,
      iceServers: () => this.#iceServers,
      send: (message) => this.#signaling.send(message),
      onViewer: (id, state) => output.emit({ event: "viewer", id, state }),
      onKeyframeRequest: () => camera.requestKeyframe(),
      onWatching: (count) => camera.setWatched(count > 0),
    });
    camera.onUnit = ({ nals, keyframe, capturedAtMs }) => this.#audience.send(packetize(nals), keyframe, capturedAtMs);
    this.#signaling = new SignalingClient({
      edge: edge.origin,
      sessionId: identity.sessionId,
      senderToken: identity.senderToken,
      instance: makeSenderInstance(),
      onMessage: (message) => void this.#receive(message).catch((error) => options.onEnd({ error })),
      onOnline: () => this.#setOffline(false),
      onOffline: () => this.#setOffline(true),
      recreate: async () => void (await createSession(edge.origin, edge.publishKey, this.#request)),
      onFatal: (code, message) => options.onEnd(endingOf(code, message)),
    });
    this.#sweeper = setInterval(() => this.#audience.sweep(performance.now()), SWEEP_MS);
  }

  open(): void {
    this.#signaling.open();
  }

  /** The owner made new links: whoever came by an old one is dropped here, whatever the edge does. */
  async replaceLinks(identity: Identity, request: CreateSession, rotated: readonly Role[]): Promise<void> {
    this.#request = request;
    this.#doorkeeper.replaceLinks(identity);
    await this.#audience.drop(rotated, "link-rotated");
  }

  async #receive(message: ToSenderMessage): Promise<void> {
    switch (message.type) {
      case "welcome":
        this.#iceServers = message.iceServers;
        this.#audience.setPresent(message.viewers.map(({ viewer }) => viewer));
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

  async #obey(parameters: Parameters<LiveCamera["obey"]>[0]): Promise<void> {
    const report = await this.#options.camera.obey(parameters);
    this.#signaling.send({ type: "report", report });
  }

  #setOffline(offline: boolean): void {
    const { output } = this.#options;
    clearTimeout(this.#offlineNotice);
    if (offline) {
      this.#offlineNotice = setTimeout(() => {
        this.#wasOffline = true;
        output.note("The edge is gone. Who watches goes on watching; trying to reach it again.");
      }, BLINK_MS);
    } else if (this.#wasOffline) {
      this.#wasOffline = false;
      output.note("The edge is back.");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    clearTimeout(this.#offlineNotice);
    await this.#audience.close();
    this.#signaling.close();
  }
}

function endingOf(code: ErrorCode, message: string): Ending {
  if (code === "session-ended") return { sentence: "The session has ended." };
  return { error: edgeError(code, code === "replaced" ? "Another sender took this session over." : message) };
}
