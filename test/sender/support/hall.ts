import type { SenderMessage } from "../../../src/protocol/messages.ts";
import { Audience } from "../../../src/sender/audience.ts";
import type { AudienceOptions } from "../../../src/sender/audience-options.ts";
import { Broadcast, type BroadcastOptions } from "../../../src/sender/delivery/broadcast.ts";
import { Doorkeeper } from "../../../src/sender/doorkeeper.ts";
import type { KeyframeNeed } from "../../../src/sender/encode/keyframe-gate.ts";
import { makeIdentity } from "../../../src/sender/identity.ts";
import { until, Viewer, type ViewerOptions } from "./viewer.ts";

/** An audience whose every word is kept, and viewers that can come to it. */
export class Hall implements AsyncDisposable {
  readonly identity = makeIdentity("front-door");
  readonly sent: SenderMessage[] = [];
  readonly states: string[] = [];
  readonly watching: number[] = [];
  /** What each keyframe was wanted for. */
  readonly needs: KeyframeNeed[] = [];
  readonly broadcast: Broadcast;
  readonly audience: Audience;
  readonly #viewers: Viewer[] = [];

  constructor(options: Partial<AudienceOptions> = {}, broadcast: BroadcastOptions = {}) {
    const source = { width: 640, height: 360, fps: 30, maxBps: 500_000 };
    const encoders = { setRungs() {}, requestKeyframe: (_: number, need: KeyframeNeed) => this.needs.push(need) > 0 };
    this.broadcast = new Broadcast(source, encoders, broadcast);
    this.audience = new Audience({
      broadcast: this.broadcast,
      doorkeeper: new Doorkeeper(this.identity, true),
      maxViewers: 10,
      loopback: true,
      relayOnly: false,
      iceServers: () => [],
      send: (message) => this.sent.push(message),
      onViewer: (viewer, state) => this.states.push(`${viewer.slice(0, 4)} ${state}`),
      onWatching: (count) => this.watching.push(count),
      ...options,
    });
  }

  viewer(options: ViewerOptions = {}): Viewer {
    const viewer = new Viewer(this.identity, options);
    this.#viewers.push(viewer);
    return viewer;
  }

  /** Shows a picture to everybody who takes this rung. */
  show(payloads: Buffer[], keyframe: boolean, capturedAtMs: number, rung = this.broadcast.rungs[0]): void {
    const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
    this.broadcast.send({ rung: rung?.id ?? 0, payloads, bytes, keyframe, capturedAtMs });
  }

  of(type: SenderMessage["type"]): SenderMessage[] {
    return this.sent.filter((message) => message.type === type);
  }

  /** Offers and accepts; the connection is then on its way. */
  async enter(viewer = this.viewer()): Promise<Viewer> {
    const before = this.of("answer").length;
    await this.audience.offer(await viewer.offer());
    const answer = this.of("answer")[before];
    if (!answer) throw new Error(`no answer: ${JSON.stringify(this.sent.at(-1))}`);
    await viewer.accept(answer);
    return viewer;
  }

  async connect(viewer = this.viewer()): Promise<Viewer> {
    const before = this.audience.watching.length;
    await this.enter(viewer);
    await until(() => this.audience.watching.length > before && viewer.state === "connected", "the connection");
    return viewer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.audience.close();
    await this.broadcast.close();
    await Promise.all(this.#viewers.map((viewer) => viewer[Symbol.asyncDispose]()));
  }
}
