/** More delay than this is no live picture. */
export const PLAYOUT_MAX_MS = 500;
const STEP_MS = 20;
/** The header extension's own. */
const UNIT_MS = 10;
/** A delay that changes at once is a stop, or a leap, itself: so the picture is a quarter slower, or faster, for a while. */
const SLOPE = 0.25;
/** Two messages of feedback are seldom further apart. */
const ELAPSED_MAX_MS = 300;
/** A picture that comes so much later than the one before is a freeze to the eye; less is a hiccup. */
const FREEZE_MS = 120;
/** What comes late within so long of another is part of the same freeze. */
const SAME_MS = 500;
/** One is chance, but where another flow keeps the queue full: it goes on losing packets there. */
const FREEZES_MIN = 2;
const FREEZES_MIN_COMPETING = 1;
const WINDOW_MS = 10_000;
/** From the viewer's noticing a gap to its NACK's leaving, and the retransmission's turn in the pacer. */
const NACK_MS = 30;
const MARGIN = 0.1;
/** So much of a stall may show: it is a hiccup, and delay is worse. */
const SHOWS_MS = 100;
/** Lowered by half each time, so that a delay that was needed after all is only half missing. */
const LOWER_EVERY_MS = 5_000;
const LOWER_TO = 0.5;
const NEGLIGIBLE_MS = 40;

export interface PlayoutSample {
  /** The most by which one packet was later than the one before; absent when the sender's own queue made it so. */
  riseMs?: number;
  /** A packet was lost, so that its picture, and all after it, waited for the retransmission. */
  lost: boolean;
  /** What a retransmission takes, its time in another flow's queue included. */
  rttMs: number;
  /** Another flow keeps the queue full. */
  competing: boolean;
}

/**
 * Chooses one viewer's playout delay. Zero shows each picture as it comes; it is raised when that would have frozen the
 * picture more than once in ten seconds, beside another flow once, by as much as would have left hiccups, and lowered again
 * after.
 */
export class Playout {
  readonly #fixedMs: number | undefined;
  #stalls: { atMs: number; ms: number }[] = [];
  /** Where {@link #delayMs} goes. */
  #wantedMs = 0;
  #delayMs = 0;
  #updatedAtMs: number | undefined;
  #changedAtMs = Number.NEGATIVE_INFINITY;

  /** @param fixedMs the user's own choice, which then stands */
  constructor(fixedMs?: number) {
    this.#fixedMs = fixedMs === undefined ? undefined : Math.min(Math.max(fixedMs, 0), PLAYOUT_MAX_MS);
  }

  get delayMs(): number {
    return this.#fixedMs ?? Math.round(this.#delayMs / UNIT_MS) * UNIT_MS;
  }

  update({ riseMs = 0, lost, rttMs, competing }: PlayoutSample, nowMs: number): void {
    const stallMs = Math.max(riseMs, lost ? rttMs + NACK_MS : 0);
    this.#stalls = this.#stalls.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
    if (stallMs > FREEZE_MS) this.#note(stallMs, nowMs);
    this.#want(competing ? FREEZES_MIN_COMPETING : FREEZES_MIN, nowMs);
    this.#move(nowMs);
  }

  #note(ms: number, nowMs: number): void {
    const last = this.#stalls.at(-1);
    if (last && nowMs - last.atMs < SAME_MS) last.ms = Math.max(last.ms, ms);
    else this.#stalls.push({ atMs: nowMs, ms });
  }

  #want(freezesMin: number, nowMs: number): void {
    const longestFirst = this.#stalls.map(({ ms }) => ms).sort((a, b) => b - a);
    // What is chance may be far from the others, and covers nothing.
    const neededMs = coverMs(longestFirst[freezesMin - 1] ?? longestFirst[0] ?? 0);
    const isChance = longestFirst.length < freezesMin;
    if (neededMs > this.#wantedMs && !isChance) this.#wantedMs = neededMs;
    else if (neededMs < this.#wantedMs && nowMs - this.#changedAtMs >= LOWER_EVERY_MS) this.#lower(neededMs);
    else return;
    this.#changedAtMs = nowMs;
  }

  #lower(toMs: number): void {
    const lessMs = Math.floor((this.#wantedMs * LOWER_TO) / STEP_MS) * STEP_MS;
    this.#wantedMs = Math.max(lessMs < NEGLIGIBLE_MS ? 0 : lessMs, toMs);
  }

  #move(nowMs: number): void {
    const stepMs = SLOPE * Math.min(nowMs - (this.#updatedAtMs ?? nowMs), ELAPSED_MAX_MS);
    this.#updatedAtMs = nowMs;
    this.#delayMs = Math.min(Math.max(this.#wantedMs, this.#delayMs - stepMs), this.#delayMs + stepMs);
  }
}

/** What leaves a hiccup of a stall. */
function coverMs(stallMs: number): number {
  const coveredMs = Math.ceil((stallMs + MARGIN * stallMs - SHOWS_MS) / STEP_MS) * STEP_MS;
  return Math.min(Math.max(coveredMs, 0), PLAYOUT_MAX_MS);
}
