import { type Heard, hear, isQuestionable, isSilent, SILENCE_MAX_MS } from "../protocol/liveness.ts";

/** A path that is still silent is asked for again after so long, then after twice as long, and so on. */
const ASK_AGAIN_MS = 2_000;
const ASK_AGAIN_MAX_MS = 30_000;

/** One connection that stands, as it is now. Times are of one clock. */
export interface SeenPath {
  viewer: string;
  connection: number;
  /** When the viewer's RTCP was last heard. */
  lastHeardAtMs: number;
  /** See `DeliveryReport`: what leaves for a viewer it acknowledges soon, many times a second. */
  unansweredSinceMs: number | undefined;
  /** How many packets the machine refused to send. */
  sendErrors: number;
}

export interface Verdict {
  /** The edge is to be asked for a sign of life. */
  probe: boolean;
  /** These are to be replaced. */
  renew: SeenPath[];
}

interface Known {
  heard: Heard;
  sendErrors: number;
  doubted: boolean;
  questioned: boolean;
  asked: number;
  askAtMs: number;
}

/** Decides when a path to a viewer is dead, from what is heard of the viewer. Pure: what is seen and the time go in. */
export class PathWatch {
  #known = new Map<string, Known>();

  /** Until something is heard on it again, less silence is enough to call a path dead. */
  networkChanged(): void {
    for (const path of this.#known.values()) path.doubted = true;
  }

  /** Viewers can be reached again, so that whoever is silent is asked at once. */
  reachable(): void {
    for (const path of this.#known.values()) path.asked = path.askAtMs = 0;
  }

  /** @param seen all there are now */
  look(seen: readonly SeenPath[], nowMs: number): Verdict {
    const before = this.#known;
    this.#known = new Map();
    const verdict: Verdict = { probe: false, renew: [] };
    for (const path of seen) {
      const name = `${path.viewer} ${path.connection}`;
      const known = before.get(name) ?? fresh(path);
      this.#known.set(name, known);
      if (path.lastHeardAtMs > known.heard.lastAtMs) {
        Object.assign(known, fresh(path), { heard: hear(known.heard, path.lastHeardAtMs) });
        continue;
      }
      if (path.sendErrors > known.sendErrors) known.doubted = true;
      if (!known.questioned && isOver(isQuestionable, path, known, nowMs)) known.questioned = verdict.probe = true;
      if (!isOver(isSilent, path, known, nowMs) || nowMs < known.askAtMs) continue;
      known.askAtMs = nowMs + Math.min(ASK_AGAIN_MS * 2 ** known.asked++, ASK_AGAIN_MAX_MS);
      verdict.renew.push(path);
    }
    return verdict;
  }
}

function fresh({ lastHeardAtMs, sendErrors }: SeenPath): Known {
  const heard = { lastAtMs: lastHeardAtMs, gapMs: 0 };
  return { heard, sendErrors, doubted: false, questioned: false, asked: 0, askAtMs: 0 };
}

/** Where nothing flows, as while the camera is paused, a viewer has little to say. */
function isOver(
  test: typeof isSilent,
  { unansweredSinceMs }: SeenPath,
  { heard, doubted }: Known,
  nowMs: number,
): boolean {
  if (unansweredSinceMs === undefined) return nowMs - heard.lastAtMs >= SILENCE_MAX_MS;
  return test({ ...heard, lastAtMs: unansweredSinceMs }, nowMs, doubted);
}
