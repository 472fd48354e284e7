import { type Demand, Ladder, type LadderState } from "../../../src/sender/congestion/ladder.ts";

export const M = 1_000_000;
export const SOURCE = { width: 1280, height: 720, fps: 30, maxBps: 2.5 * M };
export const TICK_MS = 100;

/** The estimate runs up to a third above what the camera wants; a viewer whose network is wide has that. */
export const WIDE = 3.2 * M;

/** A ladder, and what it gives each viewer while time passes. */
export class Climb {
  readonly ladder = new Ladder<string>(SOURCE);
  nowMs = 0;
  state: LadderState<string> = { rungs: [], choice: new Map() };
  changes = 0;

  run(ms: number, capacitiesBps: Record<string, number>, fresh: string[] = [], silent: string[] = []): this {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; this.nowMs += TICK_MS) {
      const demands = Object.entries(capacitiesBps).map(([viewer, bps]) => ({
        ...demand(viewer, bps, fresh.includes(viewer)),
        silent: silent.includes(viewer),
      }));
      const before = this.state;
      this.state = this.ladder.update(demands, M, this.nowMs);
      for (const [viewer, id] of this.state.choice) {
        if (before.choice.has(viewer) && before.choice.get(viewer) !== id) this.changes++;
      }
    }
    return this;
  }

  /** What each viewer gets, Mbps. */
  get given(): Record<string, number> {
    const entries = [...this.state.choice].map(([viewer, id]) => {
      const rung = this.state.rungs.find((each) => each.id === id);
      return [viewer, Math.round((rung?.bitrateBps ?? 0) / 10_000) / 100] as const;
    });
    return Object.fromEntries(entries);
  }
}

export function demand(viewer: string, bps: number, fresh = false): Demand<string> {
  return { viewer, targetBps: bps, estimateBps: bps, fresh };
}
