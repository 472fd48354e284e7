import { SightlineError } from "../../protocol/errors.ts";
import type { WireCandidate } from "../peer/candidates.ts";
import type { OfferRefusal } from "../peer/offer-refusal.ts";
import type { PeerState } from "../peer/peer.ts";
import type { PeerStages } from "../peer/stages.ts";
import type { Connection, ConnectionEvents, ConnectionOptions, DeliveryReport } from "./connection.ts";
import { untried } from "./delivery-report.ts";
import { byClock, type FromHall, fromShared, stagesByClock, type ToHall } from "./hall-messages.ts";

/** Less the id, which the hall adds. */
type Telling<Message = ToHall> = Message extends { id: number } ? Omit<Message, "id"> : never;

/** How long another thread may take to close a connection. */
const CLOSE_MS = 3_000;

/** A connection of another thread, as this one knows it. */
export class RemoteConnection implements Connection {
  readonly stages: PeerStages = {};
  readonly #tell: (message: Telling) => void;
  readonly #events: ConnectionEvents;
  readonly #answer = Promise.withResolvers<string>();
  readonly #closed = Promise.withResolvers<void>();
  #state: PeerState = "connecting";
  #report: DeliveryReport;

  constructor({ maxBps }: ConnectionOptions, tell: (message: Telling) => void, events: ConnectionEvents) {
    this.#tell = tell;
    this.#events = events;
    this.#report = untried(maxBps, performance.now());
    this.#answer.promise.catch(() => {});
  }

  get state(): PeerState {
    return this.#state;
  }

  get report(): DeliveryReport {
    return this.#report;
  }

  answer(sdp: string, gatherMs: number): Promise<string> {
    this.#tell({ type: "answer", sdp, gatherMs });
    return this.#answer.promise;
  }

  async addCandidate(candidate: WireCandidate): Promise<void> {
    this.#tell({ type: "candidate", candidate });
  }

  take(rung: number, replay: boolean): void {
    this.#tell({ type: "take", rung, replay });
  }

  setMaxBps(maxBps: number): void {
    this.#tell({ type: "max-bps", maxBps });
  }

  async close(): Promise<void> {
    this.#tell({ type: "close" });
    const timer = setTimeout(this.#closed.resolve, CLOSE_MS);
    await this.#closed.promise;
    clearTimeout(timer);
    this.lose();
  }

  /** It is gone, and its thread may be. */
  lose(): void {
    this.#setState("closed");
  }

  hear(message: Extract<FromHall, { id: number }>): void {
    if (message.type === "answered") this.#answer.resolve(message.sdp);
    else if (message.type === "unanswerable") this.#answer.reject(errorOf(message.refusal));
    else if (message.type === "candidate") this.#events.onCandidate(message.candidate);
    else if (message.type === "path") this.#events.onPath();
    else if (message.type === "relay") this.#events.onRelay(message.failures);
    else if (message.type === "keyframe") this.#events.onKeyframeRequest(message.need);
    else if (message.type === "first-picture") this.#events.onFirstPicture();
    else if (message.type === "state") this.#setState(message.state);
    else {
      this.#report = byClock(message.report, fromShared);
      Object.assign(this.stages, stagesByClock(message.stages, fromShared));
    }
  }

  #setState(state: PeerState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    if (state === "closed") {
      this.#answer.reject(new Error("the connection is closed"));
      this.#closed.resolve();
    }
    this.#events.onState(state);
  }
}

/** An error's class does not survive the way between threads. */
function errorOf(refusal: OfferRefusal | undefined): Error {
  return refusal ? new SightlineError(refusal.code, refusal.message) : new Error("the offer could not be answered");
}
