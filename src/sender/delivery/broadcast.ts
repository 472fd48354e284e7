import { Ladder, type LadderSource, type Rung } from "../congestion/ladder.ts";
import type { KeyframeNeed } from "../encode/keyframe-gate.ts";
import { Arrival } from "./arrival.ts";
import type { Connection, ConnectionEvents, ConnectionOptions } from "./connection.ts";
import { START_BPS } from "./delivery-report.ts";
import { DEFAULT_HALLS, Halls, type HallsOptions } from "./halls.ts";
import type { PackedPicture } from "./recent.ts";

/** What encodes the rungs. */
export interface Encoders {
  /** Best first; one that is new begins with a keyframe. */
  setRungs(rungs: readonly Rung[]): void;
  /** @returns whether that rung is encoded, and so has one soon */
  requestKeyframe(rung: number, need: KeyframeNeed): boolean;
}

export interface BroadcastOptions {
  /** See `HallsOptions`. */
  mainViewers?: number;
  threads?: number;
  /** A thread that served viewers failed; they come again by themselves. */
  onThreadFailure?(error: unknown): void;
  /** What came of asking the TURN servers for a relay; see `PeerOptions`. */
  onRelay?(failures: readonly string[]): void;
}

const LADDER_MS = 100;
/** A network that carries the camera's greatest bitrate has room for headers, and for retransmissions now and then. */
const NETWORK_SHARE = 1.35;

/** How a connection is to begin. */
export interface Beginning {
  /** Beside another one of the same viewer, who would see the picture jump back by what is a moment old. */
  beside?: boolean;
}

interface Taker extends Beginning {
  /** The rung that it was put on. */
  rung: number | undefined;
  arrival: Arrival;
}

/** One camera's pictures to all who watch it: each gets what its network carries, and nobody's network is another's. */
export class Broadcast {
  readonly #encoders: Encoders;
  readonly #ladder: Ladder<Connection>;
  readonly #halls: Pick<Halls, keyof Halls>;
  /** The connections that are up. */
  readonly #takers = new Map<Connection, Taker>();
  readonly #onRelay: (failures: readonly string[]) => void;
  #source: LadderSource;
  #rungs: readonly Rung[] = [];
  #ticker: NodeJS.Timeout | undefined;

  /** @param openHalls where its viewers are served */
  constructor(
    source: LadderSource,
    encoders: Encoders,
    options: BroadcastOptions = {},
    openHalls: (options: HallsOptions) => Pick<Halls, keyof Halls> = (options) => new Halls(options),
  ) {
    this.#source = source;
    this.#encoders = encoders;
    this.#onRelay = (failures) => options.onRelay?.(failures);
    this.#ladder = new Ladder(source);
    this.#halls = openHalls({
      ...DEFAULT_HALLS,
      ...options,
      onFailure: (error) => options.onThreadFailure?.(error),
      onBehind: (rung) => encoders.requestKeyframe(rung, "repair"),
    });
    this.#climb();
  }

  /** A connection that is made ahead, on this thread, would be served on it. */
  get servesStandby(): boolean {
    return this.#halls.mainHasRoom;
  }

  /** Best first. */
  get rungs(): readonly Rung[] {
    return this.#rungs;
  }

  /** Its size, rate or greatest bitrate changed. */
  setSource(source: LadderSource): void {
    this.#source = source;
    this.#ladder.configure(source);
    for (const connection of this.#takers.keys()) connection.setMaxBps(this.#networkBps);
    this.#climb();
  }

  /**
   * A connection to a viewer, who is shown the pictures as soon as it is up.
   * @throws when no connection can be made with these ICE servers
   */
  open(
    { beside, ...options }: Omit<ConnectionOptions, "maxBps"> & Beginning,
    events: Omit<ConnectionEvents, "onKeyframeRequest" | "onPath" | "onRelay">,
  ): Connection {
    const connection = this.#halls.open(
      { ...options, maxBps: this.#networkBps },
      {
        ...events,
        onPath: () => beside || this.#expect(),
        onRelay: this.#onRelay,
        onKeyframeRequest: (need) => this.#requestKeyframe(connection, need),
        onState: (state) => {
          if (state === "connected") this.#add(connection, { beside });
          if (state === "closed") this.#remove(connection);
          events.onState(state);
        },
      },
    );
    return connection;
  }

  send(picture: PackedPicture): void {
    this.#halls.send(picture);
  }

  async close(): Promise<void> {
    clearInterval(this.#ticker);
    this.#takers.clear();
    await this.#halls.close();
  }

  get #networkBps(): number {
    return Math.round(this.#source.maxBps * NETWORK_SHARE);
  }

  #add(connection: Connection, beginning: Beginning): void {
    // The greatest bitrate may have changed since it was opened.
    connection.setMaxBps(this.#networkBps);
    this.#takers.set(connection, { ...beginning, rung: undefined, arrival: new Arrival() });
    this.#ticker ??= setInterval(() => this.#climb(), LADDER_MS);
    this.#climb();
  }

  #remove(connection: Connection): void {
    if (!this.#takers.delete(connection)) return;
    if (this.#takers.size === 0) {
      clearInterval(this.#ticker);
      this.#ticker = undefined;
    }
    this.#climb();
  }

  /**
   * Somebody will be connected in a moment: a keyframe is then there, made while they shake hands. Not where others would
   * pay for it: from afar the handshake lasts longer than it stays recent, and they would pay for a second one.
   */
  #expect(): void {
    const rung = this.#ladder.freshRung;
    if (rung === undefined || this.#isTaken(rung) || this.#halls.hasRecent(rung, performance.now())) return;
    this.#encoders.requestKeyframe(rung, "unseen");
  }

  #isTaken(rung: number): boolean {
    return [...this.#takers.values()].some((taker) => taker.rung === rung);
  }

  /** Who is about to leave a rung costs those who stay nothing, unless the next is not encoded: it may be broken. */
  #requestKeyframe(connection: Connection, need: KeyframeNeed): void {
    const { rung } = this.#takers.get(connection) ?? {};
    if (rung === undefined || this.#encoders.requestKeyframe(rung, need)) return;
    const { rung: current } = connection.report;
    if (current !== undefined && current !== rung) this.#encoders.requestKeyframe(current, need);
  }

  #climb(): void {
    const nowMs = performance.now();
    const reports = [...this.#takers.keys()].map((viewer) => ({ viewer, ...viewer.report }));
    const demands = reports.map(({ viewer, demand }) => ({ ...demand, viewer }));
    const { rungs, choice } = this.#ladder.update(demands, START_BPS, nowMs);
    const ids = rungs.map(({ id }) => id);
    this.#rungs = rungs;
    this.#encoders.setRungs(rungs);
    this.#halls.setRungs(ids);
    for (const [connection, rung] of choice) this.#assign(connection, rung, nowMs);
    for (const { viewer, rung: current } of reports) {
      const { rung, arrival } = this.#takers.get(viewer) ?? {};
      if (rung !== undefined && arrival?.isOverdue(current === rung, nowMs)) {
        this.#encoders.requestKeyframe(rung, "repair");
      }
    }
  }

  #assign(connection: Connection, rung: number, nowMs: number): void {
    const taker = this.#takers.get(connection);
    if (!taker || taker.rung === rung) return;
    const replay = !taker.beside && taker.rung === undefined && this.#halls.hasRecent(rung, nowMs);
    const others = this.#isTaken(rung);
    taker.rung = rung;
    taker.arrival = new Arrival();
    connection.take(rung, replay);
    if (!replay) this.#encoders.requestKeyframe(rung, others ? "join" : "unseen");
  }
}
