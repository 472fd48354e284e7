import { type Judged, median } from "../figures.ts";
import type { FlowFigures } from "./figures.ts";
import type { Outcome } from "./outcome.ts";

/** What Sightline is to come to, of what the other comes to in the same round. */
export const TARGETS = { deliveredAtLeast: 0.9, queueP95AtMost: 1.1, frozenAtMost: 1.1 } as const;

/** Sightline's of the other's, in one round. */
export interface Ratios {
  delivered: number;
  queueP95: number;
  frozen: number;
  frozenMsMore: number;
  glassP50MsMore: number;
  glassP95MsMore: number;
}

export interface Comparison extends Record<keyof Ratios, Judged> {
  scenario: string;
  against: string;
  rounds: ({ round: number } & Ratios)[];
  /** Of how many pictures the age is known, where they are fewest: of either's rounds and flows. */
  agedPercent: number;
  /** Targets that the median misses, and those that only the worst round does. */
  missed: string[];
  missedAtWorst: string[];
}

/** Sightline beside each of the others, of those rounds that both came through. */
export function compare(runs: readonly Outcome[]): Comparison[] {
  const groups = Map.groupBy(
    runs.filter(({ sender }) => sender !== "sightline"),
    ({ scenario, sender }) => `${scenario}, ${sender}`,
  );
  return [...groups.values()].flatMap((others) => {
    const [first] = others;
    const pairs = others.flatMap((other) => {
      const { scenario, round } = other;
      const own = runs.find((run) => run.sender === "sightline" && run.scenario === scenario && run.round === round);
      return own ? [{ round, own: own.flows, other: other.flows }] : [];
    });
    if (!first || pairs.length === 0) return [];
    const rounds = pairs.map(({ round, own, other }) => ({ round, ...ratiosOf(own, other) }));
    const agedPercent = Math.min(
      ...pairs.flatMap(({ own, other }) => [...own, ...other].map((flow) => flow.agedPercent)),
    );
    const least = (key: keyof Ratios) => judged(rounds, key, Math.min);
    const most = (key: keyof Ratios) => judged(rounds, key, Math.max);
    const figures = {
      delivered: least("delivered"),
      queueP95: most("queueP95"),
      frozen: most("frozen"),
      frozenMsMore: most("frozenMsMore"),
      glassP50MsMore: most("glassP50MsMore"),
      glassP95MsMore: most("glassP95MsMore"),
    };
    const missed = missesOf(figures, "median");
    const missedAtWorst = missesOf(figures, "worst").filter((target) => !missed.includes(target));
    const { scenario, sender: against } = first;
    return [{ scenario, against, ...figures, agedPercent, missed, missedAtWorst, rounds }];
  });
}

/** Of all flows together: what one of them gets more, another has less. The queue is everybody's, from the first's begin. */
export function ratiosOf(own: readonly FlowFigures[], other: readonly FlowFigures[]): Ratios {
  const queueMs = (flows: readonly FlowFigures[]) => flows[0]?.queueP95Ms ?? Number.NaN;
  const oldestMs = (flows: readonly FlowFigures[], age: "glassP50Ms" | "glassP95Ms") =>
    Math.max(...flows.map((flow) => flow[age]));
  const [ownFrozenMs, otherFrozenMs] = [frozenMs(own), frozenMs(other)];
  return {
    delivered: ratio(deliveredMegabits(own), deliveredMegabits(other)),
    queueP95: ratio(queueMs(own), queueMs(other)),
    frozen: ratio(ownFrozenMs, otherFrozenMs),
    frozenMsMore: ownFrozenMs - otherFrozenMs,
    glassP50MsMore: oldestMs(own, "glassP50Ms") - oldestMs(other, "glassP50Ms"),
    glassP95MsMore: oldestMs(own, "glassP95Ms") - oldestMs(other, "glassP95Ms"),
  };
}

export interface Share {
  scenario: string;
  sender: string;
  /** While all flows were there, from the last one's coming on. */
  together: Judged;
  /** In the scenario's last third, when they had time to agree. */
  last: Judged;
}

/** How evenly flows shared: the lesser rate of the greater, round by round. */
export function sharesOf(runs: readonly Outcome[]): Share[] {
  const several = runs.filter(({ flows }) => flows.length > 1);
  const groups = Map.groupBy(several, ({ scenario, sender }) => `${scenario}, ${sender}`);
  return [...groups.values()].flatMap((rounds) => {
    const shares = (of: "togetherMbps" | "lastMbps"): Judged => {
      const ofRounds = rounds.map(({ flows }) => {
        const rates = flows.map((flow) => flow[of]);
        return ratio(Math.min(...rates), Math.max(...rates));
      });
      return { median: median(ofRounds), worst: Math.min(...ofRounds) };
    };
    const [first] = rounds;
    if (!first) return [];
    const { scenario, sender } = first;
    return [{ scenario, sender, together: shares("togetherMbps"), last: shares("lastMbps") }];
  });
}

function judged(rounds: readonly Ratios[], key: keyof Ratios, worst: (...values: number[]) => number): Judged {
  const values = rounds.map((round) => round[key]);
  return { median: median(values), worst: worst(...values) };
}

function missesOf({ delivered, queueP95, frozen }: Record<keyof Ratios, Judged>, which: keyof Judged): string[] {
  const misses = {
    delivered: delivered[which] < TARGETS.deliveredAtLeast,
    queue: queueP95[which] > TARGETS.queueP95AtMost,
    frozen: frozen[which] > TARGETS.frozenAtMost,
  };
  return Object.entries(misses).flatMap(([target, isMissed]) => (isMissed ? [target] : []));
}

function deliveredMegabits(flows: readonly FlowFigures[]): number {
  return flows.reduce((sum, { deliveredMbps, seconds }) => sum + deliveredMbps * seconds, 0);
}

function frozenMs(flows: readonly FlowFigures[]): number {
  return flows.reduce((sum, flow) => sum + flow.frozenMs, 0);
}

/** Nothing beside nothing is the same; something beside nothing infinitely more, which JSON tells as null. */
function ratio(own: number, other: number): number {
  return own === other ? 1 : own / other;
}
