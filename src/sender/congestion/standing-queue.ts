/** A queue that has not been shorter than this for so long is no picture's, and its trend, being flat, tells nothing. */
const STANDING_MS = 45;
const WATCHED_MS = 1_000;
/** Our own queue, with 15 % less going in, is shorter by 150 ms after a second; half of that second the encoder may take. */
const EFFECT_MS = 1_000;
const FELL_MS = 40;
/** Another camera's flow gives way too, if later: it is waited for until we have less than our half of the link. */
const LEFT = 0.4;
/** Time constant of what is remembered as ours before the queue, while there is none. */
const FORGOTTEN_MS = 6_000;
/** While the queue stands nothing is forgotten: TCP's, too, is short for a moment now and then. */
const UPDATE_MAX_MS = 100;
/** Every so often it is tried again: two flows that both believed this of the other would never let the queue go. */
const TRY_AGAIN_MS = 30_000;
/** Past this the other flow may have the link: no live picture can be had behind such a queue. */
const HOPELESS_MS = 500;
const HOLD_MS = 2_000;
/** A flow that heeds losses would have made room before there were so many. */
const LOSSY = 0.05;

interface Competing {
  sinceMs: number;
  untilMs: number;
}

/** What to do about it: `give-way` as for over-use, `compete` with another flow that keeps the queue full. */
export type Standing = "none" | "give-way" | "compete";

export interface StandingInput {
  queueMs: number;
  estimateBps: number;
  /** 0 to 1, over the last seconds. */
  lossFraction: number;
  /** The link itself was just seen to carry far less than thought. */
  fallen: boolean;
  /** Far less than the link carries is sent, so that our own queue would go in no time. */
  draining: boolean;
  /** The queue was there after a drain that our own could not have survived. */
  outlasted?: boolean;
  /** When the rate was last lowered. */
  decreasedAtMs: number;
}

/**
 * Notices a queue that is not our own. Our own shortens once the rate was lowered, whatever for; one that does not is
 * another's, as TCP's is. Then each rise of the queue would be taken for our doing and cost 15 %, so for as long as it is
 * there losses count for more than delays. A queue that stands without growing is given way to first, which puts the
 * question.
 */
export class StandingQueue {
  #lowAtMs: number | undefined;
  /** The estimate while there was no such queue. */
  #lowBps = 0;
  /** The same before the link was seen to have fallen. */
  #beforeFallBps = 0;
  #gaveWayAtMs = Number.NEGATIVE_INFINITY;
  /** A decrease whose effect is waited for, and the longest queue since. */
  #asked: { atMs: number; peakMs: number; formerPeakMs?: number } | undefined;
  #inVain = false;
  #competing: Competing | undefined;

  /** Of what we had alone, with one other flow. */
  get fairShareBps(): number {
    return this.#oursBps / 2;
  }

  update(input: StandingInput, nowMs: number): Standing {
    const { queueMs, estimateBps, draining, decreasedAtMs } = input;
    if (queueMs < STANDING_MS || this.#lowAtMs === undefined) {
      this.#remember(estimateBps, nowMs);
    }
    if (input.fallen) {
      this.#beforeFallBps = Math.max(this.#beforeFallBps, this.#lowBps);
      this.#lowBps = estimateBps;
    }
    if (this.#competing) {
      const mistaken = this.#isMistaken(input);
      if (!mistaken && this.#isCompeting(input, this.#competing, nowMs)) return "compete";
      this.#competing = undefined;
      if (mistaken) return this.#giveWay(nowMs);
    }
    this.#judge(input, nowMs);
    if (input.outlasted) this.#inVain = true;
    const littleLeft = estimateBps <= LEFT * this.#oursBps;
    if (this.#inVain && littleLeft && queueMs < HOPELESS_MS) {
      this.#inVain = false;
      this.#asked = undefined;
      this.#competing = { sinceMs: nowMs, untilMs: nowMs + HOLD_MS };
      return "compete";
    }
    if (draining) return "none";
    const lowAtMs = this.#lowAtMs ?? nowMs;
    if (nowMs - Math.max(lowAtMs, this.#gaveWayAtMs, decreasedAtMs) < WATCHED_MS) return "none";
    return this.#giveWay(nowMs);
  }

  /** TCP that begins looks like a fall of the link, for its packets come between ours: what was before that counts too. */
  get #oursBps(): number {
    return Math.max(this.#lowBps, this.#beforeFallBps);
  }

  #giveWay(nowMs: number): Standing {
    this.#gaveWayAtMs = nowMs;
    return "give-way";
  }

  /** The fall may have come before the queue was told of, so that not only the last estimate counts. */
  #remember(estimateBps: number, nowMs: number): void {
    const kept = Math.exp(-Math.min(nowMs - (this.#lowAtMs ?? nowMs), UPDATE_MAX_MS) / FORGOTTEN_MS);
    this.#lowBps = Math.max(estimateBps, this.#lowBps * kept);
    this.#beforeFallBps *= kept;
    this.#lowAtMs = nowMs;
    this.#asked = undefined;
    this.#inVain = false;
  }

  /** Each second since the first decrease: is the queue shorter? TCP's saws up and down, so that its longest counts. */
  #judge({ queueMs, decreasedAtMs }: StandingInput, nowMs: number): void {
    if (!this.#asked) {
      if (decreasedAtMs < (this.#lowAtMs ?? nowMs)) return;
      this.#asked = { atMs: decreasedAtMs, peakMs: queueMs };
    }
    const { atMs, peakMs, formerPeakMs } = this.#asked;
    this.#asked.peakMs = Math.max(peakMs, queueMs);
    // What was sent before it stands in the queue itself.
    if (nowMs - atMs < EFFECT_MS + peakMs) return;
    const shorterByMs = formerPeakMs === undefined ? peakMs - queueMs : formerPeakMs - peakMs;
    this.#inVain = shorterByMs <= FELL_MS;
    this.#asked = { atMs: nowMs, peakMs: queueMs, formerPeakMs: peakMs };
  }

  /** So many losses that the other flow cannot be one that heeds them, or a queue that grew with our rate alone. */
  #isMistaken({ queueMs, estimateBps, lossFraction }: StandingInput): boolean {
    if (queueMs >= HOPELESS_MS) {
      this.#lowBps = estimateBps;
      this.#beforeFallBps = 0;
    }
    return queueMs >= HOPELESS_MS || lossFraction > LOSSY;
  }

  #isCompeting({ queueMs }: StandingInput, competing: Competing, nowMs: number): boolean {
    if (queueMs >= STANDING_MS) competing.untilMs = nowMs + HOLD_MS;
    return nowMs - competing.sinceMs < TRY_AGAIN_MS && nowMs < competing.untilMs;
  }
}
