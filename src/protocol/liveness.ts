/**
 * When a path is called silent and a socket dead. Both ends go by the same rules, and whoever notices first begins the
 * repair. A needless repair costs a connection that nobody shows; a late one costs the picture.
 */

/** Nothing for so long is silence, where something comes all the time. */
export const SILENCE_MS = 1_200;
/** The same once the network is known to have changed. */
const DOUBTED_SILENCE_MS = 400;
/** The same at most, however rarely something comes. */
export const SILENCE_MAX_MS = 5_000;
/** Silence is so many times the longest pause of late, and so many once the network is known to have changed. */
const GAPS = 3;
const DOUBTED_GAPS = 2;
/** What a pause still counts for at the next sign of life. */
const GAP_DECAY = 0.8;

/** A pause counts for at most so many times the usual one, and a little: an outage is no habit. */
const GAP_GROWTH = 2;
const GAP_GROWTH_MS = 100;

/** The signs of life of one path. */
export interface Heard {
  lastAtMs: number;
  /** The longest pause of late, older ones counting for less. */
  gapMs: number;
}

/** After a sign of life. */
export function hear({ lastAtMs, gapMs }: Heard, nowMs: number): Heard {
  const pauseMs = Math.min(nowMs - lastAtMs, gapMs * GAP_GROWTH + GAP_GROWTH_MS, SILENCE_MAX_MS);
  return { lastAtMs: nowMs, gapMs: Math.max(pauseMs, gapMs * GAP_DECAY) };
}

/** How long a path may be silent. @param doubted the network changed since the last sign of life */
export function silenceLimitMs({ gapMs }: Heard, doubted = false): number {
  const limitMs = doubted ? Math.max(gapMs * DOUBTED_GAPS, DOUBTED_SILENCE_MS) : Math.max(gapMs * GAPS, SILENCE_MS);
  return Math.min(limitMs, SILENCE_MAX_MS);
}

/** A path that is silent for half its limit is worth asking the edge whether it is still there. */
export function isQuestionable(heard: Heard, nowMs: number, doubted = false): boolean {
  return nowMs - heard.lastAtMs >= silenceLimitMs(heard, doubted) / 2;
}

export function isSilent(heard: Heard, nowMs: number, doubted = false): boolean {
  return nowMs - heard.lastAtMs >= silenceLimitMs(heard, doubted);
}

/** For so long after a socket was lost, the next is opened in haste: most often the network comes back soon. */
const HASTE_MS = 60_000;
/** The longest pause between two attempts made in haste. */
const HASTE_PAUSE_MAX_MS = 1_000;
/** While nothing is known, an edge is taken for so far away. */
const OPENED_ASSUMED_MS = 800;
const OPENED_LEAST_MS = 10;
/** An attempt made in haste may take so long, and so long once it did not help at first: this network may be slower. */
const OPEN_WAIT_MIN_MS = 1_500;
const OPEN_WAIT_LATER_MIN_MS = 3_000;
const LATER_MS = 15_000;
const PONG_WAIT_MIN_MS = 600;
/** However far the edge is. */
export const PONG_WAIT_MAX_MS = 2_500;

/** What is known of an end's signaling sockets. */
export interface SocketPast {
  /** The shortest time that one took to be welcomed: several round trips. */
  openedInMs?: number | undefined;
  /** When one was lost; absent while one stands, and before the first. */
  lostAtMs?: number;
  /** Set when that one gave no sign of life. */
  unanswered?: boolean;
}

/** What is known once a socket was welcomed. */
export function opened({ openedInMs }: SocketPast, tookMs: number): SocketPast {
  // One that was opened before anybody looked tells nothing.
  if (tookMs < OPENED_LEAST_MS) return { openedInMs };
  return { openedInMs: Math.min(openedInMs ?? tookMs, tookMs) };
}

/** Whether the next socket is opened in haste. */
function isHasty({ lostAtMs }: SocketPast, nowMs: number): boolean {
  return lostAtMs !== undefined && nowMs - lostAtMs < HASTE_MS;
}

/**
 * How long a socket may take to be welcomed. TCP repeats an attempt that was made while the network was away ever more
 * rarely; a fresh one is answered at once.
 * @param patientMs the same without haste
 */
export function openWaitMs(past: SocketPast, startedAtMs: number, patientMs: number): number {
  const { openedInMs = OPENED_ASSUMED_MS, lostAtMs = startedAtMs } = past;
  if (!isHasty(past, startedAtMs)) return patientMs;
  const leastMs = startedAtMs - lostAtMs < LATER_MS ? OPEN_WAIT_MIN_MS : OPEN_WAIT_LATER_MIN_MS;
  return Math.min(Math.max(3 * openedInMs, leastMs), patientMs);
}

/**
 * @param backoffMs the pause without haste
 * @param random uniform in [0, 1)
 */
export function reopenPauseMs(past: SocketPast, nowMs: number, backoffMs: number, random: number): number {
  if (!isHasty(past, nowMs)) return backoffMs;
  // It stood until now, and ended in silence: nobody said that it is unwelcome.
  if (past.lostAtMs === nowMs && past.unanswered) return 0;
  return Math.min(backoffMs, (HASTE_PAUSE_MAX_MS / 2) * (1 + random));
}

/** How long the answer to a ping may take that is to settle whether a socket lives. */
export function pongWaitMs({ openedInMs = OPENED_ASSUMED_MS }: SocketPast): number {
  return Math.min(Math.max(openedInMs, PONG_WAIT_MIN_MS), PONG_WAIT_MAX_MS);
}
