import { randomToken } from "../protocol/bytes.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { CreateSession } from "../protocol/http.ts";
import type { IceServer } from "../protocol/ice.ts";
import { makeSenderInstance } from "../protocol/ids.ts";
import { VIEWERS_DEFAULT_MAX } from "../protocol/limits.ts";
import { deriveLinkKeys, hashToken } from "../protocol/link.ts";
import type { ToSenderMessage } from "../protocol/messages.ts";
import type { SenderReport } from "../protocol/stream.ts";
import { isLoopback } from "./addresses.ts";
import { announce } from "./announce.ts";
import { Audience } from "./audience.ts";
import { chooseCamera } from "./capture/camera.ts";
import type { Camera, SourceFormat } from "./capture/source.ts";
import type { SendConfig } from "./config.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { fitInside } from "./encode/converter.ts";
import { edgeError, SenderError } from "./errors.ts";
import { type Identity, keptIdentity, makeIdentity } from "./identity.ts";
import { keptPublishKey, publicOrigins, startLocalEdge } from "./local-edge.ts";
import type { Output } from "./output.ts";
import { packetize } from "./peer/packetizer.ts";
import { createSession, endSession } from "./signaling/api.ts";
import { SignalingClient } from "./signaling/client.ts";
import { CameraStream } from "./stream.ts";

const SWEEP_MS = 2_000;

/**
 * Streams a camera until `signal` aborts: the one file that knows every room.
 * @throws SenderError with what the process is to exit with
 */
export async function runSend(
  config: SendConfig,
  env: Record<string, string | undefined>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const identity = config.session === undefined ? makeIdentity() : keptIdentity(config.stateDir, config.session);
  const camera = chooseCamera(config.cameras[0] ?? "pattern", config);
  await using cleanup = new AsyncDisposableStack();
  const [format, edge] = await bothOrNeither(probe(camera, signal), findEdge(config, env, output, cleanup));
  signal.throwIfAborted();

  const request = sessionRequest(identity);
  await createSession(edge.origin, edge.publishKey, request);
  const size = fitInside(format, config);
  const fps = Math.min(config.fps ?? format.fps, format.fps);
  output.emit({ event: "camera", name: camera.name, ...size, fps });
  announce(identity, edge, config, output);

  const report: SenderReport = {
    cameras: [{ name: camera.name.slice(0, 200), ...size, fps, encoder: "libx264" }],
    parameters: { bitrateBps: config.bitrateBps },
  };
  const ended = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  await using session = new Session(config, identity, camera, edge, request, report, output, ended.reject);
  session.open();
  await ended.promise;
  // A session with a name of its own waits for its sender to come back; one made up for this run is over.
  if (config.session === undefined)
    await endSession(edge.origin, identity.sessionId, identity.senderToken).catch(() => {});
}

/** An edge that sessions can be created on. */
export interface ReachedEdge {
  origin: string;
  publishKey: string;
  /** Origins to print links for, the best first. */
  shown: string[];
}

async function findEdge(
  config: SendConfig,
  env: Record<string, string | undefined>,
  output: Output,
  cleanup: AsyncDisposableStack,
): Promise<ReachedEdge> {
  if (config.edge) {
    // The kept key is this machine's own edge's: it is shown to no other.
    const publishKey = config.publishKey ?? (isLoopback(config.edge) ? keptPublishKey(config.stateDir) : undefined);
    if (publishKey) return { origin: config.edge, publishKey, shown: [config.edge] };
    const message = `Creating a session on ${config.edge} takes its publish key. Set SIGHTLINE_PUBLISH_KEY.`;
    throw edgeError("publish-key-refused", message);
  }
  const publishKey = randomToken(32);
  const local = await startLocalEdge(config, publishKey, undefined, env, output);
  cleanup.defer(() => local.close());
  const { lan, local: own } = publicOrigins(config, local);
  return { origin: own, publishKey, shown: [...lan, own] };
}

/** Waits for both, so that what one has opened is closed when the other fails. */
async function bothOrNeither<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return [first.value, second.value];
}

/** Opens the camera once, to know that it is there before anybody is sent a link. */
async function probe(camera: Camera, signal: AbortSignal): Promise<SourceFormat> {
  await using source = await camera.open(signal);
  return source.format;
}

function sessionRequest(identity: Identity): CreateSession {
  const hashOf = (role: "viewer" | "operator", secret: string) =>
    hashToken(deriveLinkKeys(identity.sessionId, role, secret).joinToken);
  return {
    id: identity.sessionId,
    senderToken: identity.senderToken,
    viewerTokenHash: hashOf("viewer", identity.viewerSecret),
    operatorTokenHash: hashOf("operator", identity.operatorSecret),
  };
}

/** A session that runs: signaling, audience and camera, wired to one another. */
class Session implements AsyncDisposable {
  readonly #signaling: SignalingClient;
  readonly #audience: Audience;
  readonly #stream: CameraStream;
  readonly #report: SenderReport;
  readonly #sweeper: NodeJS.Timeout;
  #iceServers: IceServer[] = [];
  #wasOffline = false;

  constructor(
    config: SendConfig,
    identity: Identity,
    camera: Camera,
    edge: ReachedEdge,
    request: CreateSession,
    report: SenderReport,
    output: Output,
    fail: (error: unknown) => void,
  ) {
    this.#report = report;
    this.#stream = new CameraStream(camera, {
      ...config,
      onUnit: ({ nals, keyframe, capturedAtMs }) => this.#audience.send(packetize(nals), keyframe, capturedAtMs),
      onFailure: (error, retryInMs) => {
        const message = `${messageOf(error)} Trying again in ${(retryInMs / 1_000).toFixed(1)} s.`;
        output.emit({ event: "error", code: error instanceof SenderError ? error.code : "camera-failed", message });
      },
    });
    this.#audience = new Audience({
      doorkeeper: new Doorkeeper(identity),
      maxViewers: VIEWERS_DEFAULT_MAX,
      loopback: isLoopback(edge.origin),
      iceServers: () => this.#iceServers,
      send: (message) => this.#signaling.send(message),
      onViewer: (id, state) => output.emit({ event: "viewer", id, state }),
      onKeyframeRequest: () => this.#stream.requestKeyframe(),
      onWatching: (count) => {
        if (count > 0) this.#stream.start();
        else void this.#stream.stop();
      },
    });
    this.#signaling = new SignalingClient({
      edge: edge.origin,
      sessionId: identity.sessionId,
      senderToken: identity.senderToken,
      instance: makeSenderInstance(),
      onMessage: (message) => void this.#receive(message).catch(fail),
      onOnline: () => {
        if (this.#wasOffline) output.note("The edge is back.");
        this.#wasOffline = false;
      },
      onOffline: () => {
        if (!this.#wasOffline) output.note("The edge is gone. Who watches goes on watching; trying to reach it again.");
        this.#wasOffline = true;
      },
      recreate: async () => void (await createSession(edge.origin, edge.publishKey, request)),
      onFatal: (code, message) => fail(fatal(code, message)),
    });
    this.#sweeper = setInterval(() => this.#audience.sweep(performance.now()), SWEEP_MS);
  }

  open(): void {
    this.#signaling.open();
  }

  async #receive(message: ToSenderMessage): Promise<void> {
    switch (message.type) {
      case "welcome":
        this.#iceServers = message.iceServers;
        this.#audience.setPresent(message.viewers.map(({ viewer }) => viewer));
        this.#signaling.send({ type: "report", report: this.#report });
        return;
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
      case "error":
        return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#audience.close();
    await this.#stream.stop();
    this.#signaling.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fatal(code: ErrorCode, message: string): SenderError {
  const why = code === "replaced" ? "Another sender took this session over." : message;
  return edgeError(code, why);
}
