import { Ladder, type LadderSource, type Rung } from "../congestion/ladder.ts";
import { type Delivery, START_BPS } from "./delivery.ts";
import { KeyframeBudget } from "./keyframe-budget.ts";
import { type Picture, Recent } from "./recent.ts";

/** What encodes the rungs. */
export interface Encoders {
  /** Best first; one that is new begins with a keyframe. */
  setRungs(rungs: readonly Rung[]): void;
  /** @param atOnce however short a while ago the last one was, for nobody has had it */
  requestKeyframe(rung: number, atOnce: boolean): void;
}

const TICK_MS = 25;
/** Every so many ticks the ladder is looked at. */
const LADDER_TICKS = 4;

interface Taker {
  budget: KeyframeBudget;
  /** The rung that it was put on, its keyframe asked for. */
  promised: number | undefined;
}

/** One camera's pictures to all who watch it: each gets what its network carries, and nobody's network is another's. */
export class Broadcast {
  readonly #encoders: Encoders;
  readonly #ladder: Ladder<Delivery>;
  readonly #takers = new Map<Delivery, Taker>();
  readonly #recent = new Map<number, Recent>();
  #source: LadderSource;
  #rungs: readonly Rung[] = [];
  #ticks = 0;
  #ticker: NodeJS.Timeout | undefined;

  constructor(source: LadderSource, encoders: Encoders) {
    this.#source = source;
    this.#encoders = encoders;
    this.#ladder = new Ladder(source);
    this.#climb(performance.now());
  }

  get source(): LadderSource {
    return this.#source;
  }

  /** Best first. */
  get rungs(): readonly Rung[] {
    return this.#rungs;
  }

  /** Its size, rate or greatest bitrate changed. */
  setSource(source: LadderSource): void {
    this.#source = source;
    this.#ladder.configure(source);
    for (const delivery of this.#takers.keys()) delivery.setMaxBps(networkBps(source.maxBps));
    this.#climb(performance.now());
  }

  /** A connection that is up. */
  add(delivery: Delivery): void {
    const nowMs = performance.now();
    delivery.setMaxBps(networkBps(this.#source.maxBps));
    this.#takers.set(delivery, { budget: new KeyframeBudget(), promised: undefined });
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    this.#climb(nowMs);
    const rung = delivery.lane.wanted;
    const recent = rung === undefined ? [] : (this.#recent.get(rung)?.at(nowMs) ?? []);
    for (const picture of recent) delivery.send(picture);
  }

  remove(delivery: Delivery): void {
    if (!this.#takers.delete(delivery)) return;
    if (this.#takers.size === 0) {
      clearInterval(this.#ticker);
      this.#ticker = undefined;
      this.#recent.clear();
    }
    this.#climb(performance.now());
  }

  /** The viewer's decoder cannot go on. */
  requestKeyframe(delivery: Delivery): void {
    // Who is about to leave a rung costs those who stay nothing.
    const rung = delivery.lane.wanted ?? delivery.lane.current;
    const taker = this.#takers.get(delivery);
    if (rung === undefined || !taker) return;
    // One who watches alone spoils nothing for others.
    if (this.#takers.size > 1 && !taker.budget.take(performance.now())) return;
    this.#encoders.requestKeyframe(rung, false);
  }

  send(picture: Picture): void {
    const recent = this.#recent.get(picture.rung) ?? new Recent();
    this.#recent.set(picture.rung, recent);
    recent.add(picture);
    for (const delivery of this.#takers.keys()) delivery.send(picture);
  }

  close(): void {
    clearInterval(this.#ticker);
    this.#takers.clear();
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const delivery of this.#takers.keys()) delivery.tick(nowMs);
    if (++this.#ticks % LADDER_TICKS === 0) this.#climb(nowMs);
  }

  #climb(nowMs: number): void {
    const demands = [...this.#takers.keys()].map((delivery) => delivery.demand(nowMs));
    const { rungs, choice } = this.#ladder.update(demands, START_BPS, nowMs);
    this.#rungs = rungs;
    this.#encoders.setRungs(rungs);
    for (const id of this.#recent.keys()) if (!rungs.some((rung) => rung.id === id)) this.#recent.delete(id);
    for (const [delivery, rung] of choice) this.#assign(delivery, rung, nowMs);
  }

  #assign(delivery: Delivery, rung: number, nowMs: number): void {
    const taker = this.#takers.get(delivery);
    delivery.lane.wanted = rung;
    if (!taker || taker.promised === rung) return;
    taker.promised = rung;
    if (delivery.lane.current === rung) return;
    if ((this.#recent.get(rung)?.at(nowMs) ?? []).length > 0 && delivery.lane.current === undefined) return;
    const others = [...this.#takers.keys()].some((each) => each.lane.current === rung);
    this.#encoders.requestKeyframe(rung, !others);
  }
}

/** A network that carries the camera's greatest bitrate with headers, and retransmissions now and then. */
function networkBps(maxBps: number): number {
  return Math.round(maxBps * 1.35);
}
