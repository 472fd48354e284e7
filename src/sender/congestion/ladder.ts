import { Allocation, type PictureFormat, type RungShape } from "./allocation.ts";
import { alike, matchRungs } from "./ladder-match.ts";
import { planRungs, worthOf } from "./ladder-plan.ts";
import { GIVES_WAY, RungChoice } from "./rung-choice.ts";

/** What one viewer's network carries of pictures: packet headers and retransmissions taken off. */
export interface Demand<Viewer> {
  viewer: Viewer;
  targetBps: number;
  estimateBps: number;
  /** Its network is hardly known yet. */
  fresh: boolean;
  /** Its network may yet turn out far wider. */
  guessed?: boolean;
  /** See `Decision`. */
  doubted?: boolean;
  /** Likewise. */
  silent?: boolean;
}

/** One encoding of the picture, for all viewers that take it. */
export interface Rung extends RungShape {
  /** Stays as long as the rung does, whatever stands above or below it. */
  id: number;
}

export interface LadderSource extends PictureFormat {
  /** More is not wanted, however wide the networks. */
  maxBps: number;
}

export interface LadderState<Viewer> {
  /** Best first; at least one. */
  rungs: readonly Rung[];
  /** The id of the rung that each viewer is to have. */
  choice: ReadonlyMap<Viewer, number>;
}

interface Step {
  id: number;
  /** What the rung is planned for; several viewers' rung gives way below it only a little. */
  plannedBps: number;
  allocation: Allocation;
}

interface Choice {
  rung: RungChoice;
  /** Of the rung that it came to. */
  id: number;
}

const PLAN_EVERY_MS = 2_000;
/** Where one of many has fallen out of the lowest rung, the others should not follow for long. */
const PLAN_FALLEN_MS = 500;
/** What a new plan must be worth more than the old one: a change costs keyframes. Less than an idle encoder costs. */
const WORTH_CHANGING = 0.25;
/** The same of one that keeps every rung, and with it everybody where they are. */
const WORTH_RAISING = 0.05;
/** So that a rung fits the viewer it is made for, with what `RungChoice` wants to be left. */
const FIT = 1 / 1.06;
/** One that nobody knows yet begins on the best rung below this. */
const FRESH_MAX_BPS = 4_000_000;
const NEAR_MAXIMUM = 0.95;

/**
 * The rungs to be encoded, and who takes which. A single viewer has one that follows its network exactly; several have at
 * most three, each viewer the best that its network carries. Pure; to be updated some ten times a second.
 */
export class Ladder<Viewer> {
  #source: LadderSource;
  #steps: Step[] = [];
  #nextId = 0;
  #plannedAtMs = Number.NEGATIVE_INFINITY;
  #audience = 0;
  readonly #choices = new Map<Viewer, Choice>();

  constructor(source: LadderSource) {
    this.#source = source;
  }

  /** The source's size, rate or greatest bitrate changed. */
  configure(source: LadderSource): void {
    const { width, height, fps } = this.#source;
    this.#source = source;
    if (source.width === width && source.height === height && source.fps === fps) return;
    for (const step of this.#steps) step.allocation = new Allocation(source, this.#enoughFor(step.plannedBps));
  }

  /** @param startBps of a viewer that nobody knows yet, and where there is none */
  update(demands: readonly Demand<Viewer>[], startBps: number, nowMs: number): LadderState<Viewer> {
    for (const viewer of this.#choices.keys()) {
      if (!demands.some((each) => each.viewer === viewer)) this.#choices.delete(viewer);
    }
    const counted = this.#counted(demands);
    const [first] = counted;
    const known = counted.filter(({ fresh }) => !fresh);
    if (counted.length <= 1) this.#planFor(first?.targetBps ?? startBps, first?.viewer);
    else if (known.length > 0 && this.#steps.length > 0) this.#plan(known, nowMs);
    else if (counted.length < demands.length || this.#steps.length === 0)
      this.#planFor(Math.max(...counted.map(({ targetBps }) => targetBps)), first?.viewer);
    for (const demand of demands) this.#choose(demand, counted, nowMs);
    const rungs = this.#steps.map((step) => this.#rung(step, counted, nowMs));
    return { rungs, choice: new Map([...this.#choices].map(([viewer, { id }]) => [viewer, id])) };
  }

  /** The id of the rung that a viewer begins on whom nobody knows yet. */
  get freshRung(): number | undefined {
    const known = this.#steps.find(({ plannedBps }) => plannedBps <= FRESH_MAX_BPS);
    return (known ?? this.#steps.at(-1))?.id;
  }

  /**
   * Those whose networks count. Not who is silent beside others: what became of its rate is no network's, and it may have
   * left, or come again by another path and be one of them. A rung that it has for itself follows it all the same, as long
   * as somebody is there who is known, and so is not it.
   */
  #counted(demands: readonly Demand<Viewer>[]): readonly Demand<Viewer>[] {
    const heard = demands.filter(({ silent }) => !silent);
    if (heard.length === demands.length || heard.length === 0) return demands;
    if (heard.every(({ fresh }) => fresh)) return heard;
    const rungOf = (viewer: Viewer) => this.#choices.get(viewer)?.id;
    const taken = new Set(heard.map(({ viewer }) => rungOf(viewer) ?? this.freshRung));
    return demands.filter(({ viewer, silent }) => !silent || !taken.has(rungOf(viewer)));
  }

  /** One rung, which follows. */
  #planFor(bitrateBps: number, viewer?: Viewer): void {
    const [choice] = viewer === undefined ? this.#choices.values() : [this.#choices.get(viewer)];
    const own = this.#steps.find(({ id }) => id === choice?.id) ?? this.#steps[0];
    const plannedBps = Math.min(bitrateBps, this.#source.maxBps);
    // Who comes next has another network than who left, or is heard no more.
    if (own && !choice) own.allocation = new Allocation(this.#source, this.#enoughFor(this.#source.maxBps));
    // A network that turns out wide does so before its viewer is given less than the whole picture.
    this.#steps = [own ? { ...own, plannedBps } : this.#step(plannedBps, this.#source.maxBps)];
    this.#audience = 1;
  }

  #plan(known: readonly Demand<Viewer>[], nowMs: number): void {
    const capacitiesBps = known.map((demand) => this.#capacityBps(demand));
    const fallen = Math.min(...capacitiesBps) < GIVES_WAY * (this.#steps.at(-1)?.plannedBps ?? 0);
    const sinceMs = nowMs - this.#plannedAtMs;
    const urgent =
      known.length !== this.#audience || this.#someOutgrown(known) || (fallen && sinceMs >= PLAN_FALLEN_MS);
    if (!urgent && sinceMs < PLAN_EVERY_MS) return;
    this.#plannedAtMs = nowMs;
    this.#audience = known.length;
    const planned = planRungs(capacitiesBps);
    const now = this.#steps.map(({ plannedBps }) => plannedBps);
    const sameCount = planned.length === now.length;
    const worth = worthOf(planned, capacitiesBps) - worthOf(now, capacitiesBps);
    // The lowest must carry everybody, and a single one follows.
    const lowest = planned.at(-1) ?? 0;
    const carries = lowest >= (now.at(-1) ?? 0);
    const isSame = sameCount && planned.every((bps, i) => alike(bps, now[i] ?? 0));
    if (carries && worth < (isSame ? WORTH_RAISING : WORTH_CHANGING) && !(sameCount && now.length === 1)) return;
    const before = this.#steps;
    const standing = before.map(({ id, plannedBps }) => {
      const takers = known.filter(({ viewer }) => this.#choices.get(viewer)?.id === id);
      return { plannedBps, takersBps: takers.map((demand) => this.#capacityBps(demand)) };
    });
    const matches = matchRungs(planned, standing);
    this.#steps = planned.map((plannedBps, i) => {
      const same = before[matches[i] ?? -1];
      return same ? { ...same, plannedBps } : this.#step(plannedBps);
    });
    const estimates = new Map(known.map(({ viewer, estimateBps }) => [viewer, estimateBps]));
    for (const [viewer, choice] of this.#choices) this.#place(choice, estimates.get(viewer) ?? 0, before);
  }

  /** What the network carries of a rung. */
  #capacityBps({ estimateBps }: Demand<Viewer>): number {
    return Math.min(estimateBps * FIT, this.#source.maxBps);
  }

  /** A rung that no taker can keep is of more use lower: it takes them along without a keyframe. */
  #someOutgrown(known: readonly Demand<Viewer>[]): boolean {
    return this.#steps.slice(0, -1).some(({ id, plannedBps }) => {
      const takers = known.filter(({ viewer }) => this.#choices.get(viewer)?.id === id);
      return takers.length > 0 && takers.every(({ estimateBps }) => estimateBps < GIVES_WAY * plannedBps);
    });
  }

  /**
   * A rung that is new, or for much more or less than it was, was made for those who can take it, and is worth its encoder
   * only if they do; nor did those who had it before ask for it as it is now.
   */
  #place(choice: Choice, estimateBps: number, before: readonly Step[]): void {
    const best = this.#steps.find(({ plannedBps }) => plannedBps <= estimateBps * FIT);
    const index = this.#steps.findIndex(({ id }) => id === choice.id);
    const own = this.#steps[index];
    const stood = (step: Step) => before.some((old) => old.id === step.id && alike(old.plannedBps, step.plannedBps));
    const anew = best !== undefined && !(own && stood(best) && stood(own));
    choice.rung.moved(index < 0 || anew ? undefined : index);
  }

  #choose(demand: Demand<Viewer>, counted: readonly Demand<Viewer>[], nowMs: number): void {
    const { viewer, estimateBps, fresh, silent } = demand;
    const several = counted.length > 1;
    const waits = (several && fresh) || (silent && !counted.includes(demand));
    const held = this.#choices.get(viewer);
    const choice = held ?? { rung: new RungChoice(), id: -1 };
    this.#choices.set(viewer, choice);
    const rungsBps = this.#steps.map(({ plannedBps }) => plannedBps);
    const stands = this.#steps.some(({ id }) => id === choice.id);
    if (waits) {
      if (stands) return;
      choice.id = this.freshRung ?? 0;
      choice.rung.moved(this.#steps.findIndex(({ id }) => id === choice.id));
      return;
    }
    const index = several ? choice.rung.update(estimateBps, rungsBps, nowMs) : 0;
    choice.id = this.#steps[index]?.id ?? 0;
  }

  #rung({ id, plannedBps, allocation }: Step, counted: readonly Demand<Viewer>[], nowMs: number): Rung {
    const { maxBps } = this.#source;
    const last = this.#steps.at(-1)?.id === id;
    const alone = counted.length <= 1;
    const takers = counted.filter(({ viewer, fresh }) => this.#choices.get(viewer)?.id === id && (alone || !fresh));
    const weakestBps = Math.min(...takers.map(({ targetBps }) => targetBps), Number.POSITIVE_INFINITY);
    const leastBps = alone || last ? 0 : plannedBps * GIVES_WAY;
    const bitrateBps = Math.min(Math.max(Math.min(weakestBps, plannedBps), leastBps), maxBps);
    const estimateBps = alone ? Math.min(...takers.map((each) => each.estimateBps), maxBps) : plannedBps;
    const enoughBps = this.#enoughFor(estimateBps);
    const doubted = alone && takers.some((each) => each.doubted);
    const guessed = counted.every(({ fresh, guessed }) => fresh || guessed);
    return { id, ...allocation.update({ targetBps: bitrateBps, estimateBps: enoughBps, doubted, guessed }, nowMs) };
  }

  #step(plannedBps: number, shapedForBps = plannedBps): Step {
    const allocation = new Allocation(this.#source, this.#enoughFor(shapedForBps));
    return { id: this.#nextId++, plannedBps, allocation };
  }

  /** Where no network limits it, the owner's own choice of size and bitrate stands. */
  #enoughFor(bitrateBps: number): number {
    return bitrateBps >= this.#source.maxBps * NEAR_MAXIMUM ? Number.POSITIVE_INFINITY : bitrateBps;
  }
}
