import { type LossObservation, mostLikely } from "./loss-model.ts";
import type { PacketResult } from "./packet.ts";

const OBSERVATION_MS = 250;
/** A slow stream's observation waits for this many packets, but not for longer than a second. */
const OBSERVATION_PACKETS = 15;
const OBSERVATION_MAX_MS = 1_000;
const WINDOW = 20;
/** Losses in a row count as so many at most: a radio's fade is one event, not forty independent ones. */
const RUN_MAX = 3;
/** Up to 20 % a second, where nothing speaks against it; down by 5 % in an observation, or to what came through. */
const FACTORS = [1.05, 1.02, 1, 0.95];
/** What every link is granted. */
const FIRST_KNOWN_LOSS = 0.02;
const KNOWN_LOSS_MAX = 0.1;
const KNOWN_LOSS_ALPHA = 0.1;
/** Losses of more than this that end at so little above the least that is sent end with a fade, not for the rate's sake. */
const HEAVY = 0.3;
const NEAR_LEAST = 1.5;
/** A bound so far above the other estimate bounds nothing. */
const RELEASED = 1.5;

/** Packets that left one after the other, until they are enough to tell something of. */
interface Observation {
  startMs: number;
  bytes: number;
  received: number;
  /** Of {@link rawLost} what counts: see {@link RUN_MAX}. */
  lost: number;
  rawLost: number;
}

export interface LossInput {
  /** What the delays allow. */
  delayBps: number;
  /** What came through lately, if it is known. */
  ackedBps?: number;
  /** Less is never sent, whatever the bound. */
  minBps: number;
  /** Next to no queue stands on the link, so that losses may well be its own. */
  quiet: boolean;
  /** What the link carries can be asked for. */
  probes: boolean;
}

/** Bounds the rate by losses that more rate makes worse, and by those alone. */
export class LossControl {
  #observations: LossObservation[] = [];
  #open: Observation | undefined;
  #run = 0;
  #boundBps: number | undefined;
  #knownLoss = FIRST_KNOWN_LOSS;
  #lossFraction = 0;

  /** `undefined` while losses bound nothing. */
  get boundBps(): number | undefined {
    return this.#boundBps;
  }

  /** Whether enough packets were told of for a first {@link lossFraction}. */
  get known(): boolean {
    return this.#observations.length > 0;
  }

  /** Of the packets of the last seconds, 0 to 1. */
  get lossFraction(): number {
    return this.#lossFraction;
  }

  /**
   * @param results in the order in which they were sent
   * @returns the bound of heavy losses that are over, and were none of the rate's: the link is to be asked what it carries
   */
  update(results: readonly PacketResult[], input: LossInput): number | undefined {
    let overBps: number | undefined;
    for (const { packet, arrivalMs, lateArrival } of results) {
      // Both are faster than the rest of their quarter of a second: what a shallow queue drops of them tells nothing of it.
      const isBurst = packet.probeCluster !== undefined || packet.kind === "keyframe";
      if (lateArrival || isBurst) continue;
      this.#open ??= begun(packet.sentAtMs);
      const open = this.#open;
      const spanMs = packet.sentAtMs - open.startMs;
      const enough = open.received + open.rawLost >= OBSERVATION_PACKETS && spanMs >= OBSERVATION_MS;
      if (enough || spanMs >= OBSERVATION_MAX_MS) {
        overBps = this.#close(open, spanMs, input) ?? overBps;
        this.#open = begun(packet.sentAtMs);
      }
      this.#count(this.#open, packet.bytes, arrivalMs === undefined);
    }
    return overBps;
  }

  #count(open: Observation, bytes: number, lost: boolean): void {
    open.bytes += bytes;
    this.#run = lost ? this.#run + 1 : 0;
    if (!lost) open.received++;
    else {
      open.rawLost++;
      if (this.#run <= RUN_MAX) open.lost++;
    }
  }

  #close({ bytes, received, lost, rawLost }: Observation, spanMs: number, input: LossInput): number | undefined {
    const boundBps = this.#boundBps ?? Number.POSITIVE_INFINITY;
    const ended = rawLost === 0 && boundBps <= NEAR_LEAST * input.minBps;
    const over = ended && input.probes && this.#lossFraction > HEAVY;
    this.#lossFraction += 0.25 * (rawLost / (received + rawLost) - this.#lossFraction);
    const observation = { sentBps: (bytes * 8_000) / spanMs, received, lost };
    if (over) this.#boundBps = undefined;
    // Losses that end while no less may be sent were none of the rate's.
    const forget = over || (ended && boundBps <= input.minBps);
    this.#observations = forget ? [] : this.#observations.slice(1 - WINDOW);
    this.#observations.push(observation);
    const quiet = this.#boundBps === undefined && this.#observations.every((each) => each.lost === 0);
    if (!quiet) this.#decide(input);
    return over ? boundBps : undefined;
  }

  #decide({ delayBps, ackedBps, minBps, quiet }: LossInput): void {
    const fromBps = this.#boundBps ?? delayBps * RELEASED;
    const candidatesBps = FACTORS.map((factor) => fromBps * factor);
    if (this.#boundBps === undefined) candidatesBps.push(delayBps, delayBps * 0.95);
    if (ackedBps !== undefined && ackedBps < fromBps) candidatesBps.push(ackedBps);
    const knownLoss = quiet ? this.#knownLoss : FIRST_KNOWN_LOSS;
    const found = mostLikely(this.#observations, candidatesBps, { knownLoss, mostLoss: quiet ? 1 : knownLoss });
    if (!found) return;
    if (quiet) {
      const confirmed = Math.min(Math.max(found.inherentLoss, FIRST_KNOWN_LOSS), KNOWN_LOSS_MAX);
      this.#knownLoss += KNOWN_LOSS_ALPHA * (confirmed - this.#knownLoss);
    }
    const released = found.bandwidthBps >= delayBps * RELEASED * 0.99;
    this.#boundBps = released ? undefined : Math.max(found.bandwidthBps, minBps);
  }
}

function begun(startMs: number): Observation {
  return { startMs, bytes: 0, received: 0, lost: 0, rawLost: 0 };
}
