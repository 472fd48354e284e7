import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { Browser } from "../../support/browser.ts";
import { Coturn } from "../../support/coturn.ts";
import { Crowd } from "../../support/crowd.ts";
import { Inside } from "../../support/inside.ts";
import { Sightline } from "../../support/processes.ts";
import { ShiftedClock } from "../../support/shifted-clock.ts";
import { SMALL_PICTURE } from "../../support/small-picture.ts";
import { openLink } from "../../support/viewing.ts";

const KEY = { PUBLISH_KEY: "publish-key-of-the-soak", SIGHTLINE_PUBLISH_KEY: "publish-key-of-the-soak" };
/** In what coturn hands out: longer than any jump of a clock here. */
const TURN_TTL_S = 86_400;
/** RFC 8656's default, which a server may look at a little late. */
const ALLOCATION_LIFE_MS = 660_000;

/** An edge, a TURN server, a sender that uses nothing else, and a page that watches: each can be broken by itself. */
export class World implements AsyncDisposable {
  readonly turn: Coturn;
  readonly browser: Browser;
  readonly clocks: { edge: ShiftedClock; sender: ShiftedClock };
  readonly #dir: string;
  #senders = 0;
  edge!: Sightline;
  sender!: Sightline;
  inside!: Inside;
  crowd!: Crowd;
  page!: Page;
  #port = "0";
  readonly #orphans: { atMs: number; count: number }[] = [];

  private constructor(dir: string, turn: Coturn, browser: Browser) {
    this.#dir = dir;
    this.turn = turn;
    this.browser = browser;
    this.clocks = {
      edge: new ShiftedClock(join(dir, "edge-clock")),
      sender: new ShiftedClock(join(dir, "sender-clock")),
    };
  }

  static async open(dir: string): Promise<World> {
    const world = new World(dir, await Coturn.open(), await Browser.open());
    await world.startEdge();
    await world.startSender();
    const link = await world.sender.link();
    world.page = await openLink(world.browser, link);
    world.crowd = new Crowd(link);
    return world;
  }

  /** On the port and with the state that it had before. */
  async startEdge(): Promise<void> {
    this.edge = new Sightline(["serve", "--port", this.#port, "--state", join(this.#dir, "edge")], {
      ...this.clocks.edge.env,
      ...KEY,
      TURN_URLS: this.turn.url,
      TURN_SHARED_SECRET: Coturn.secret,
      TURN_TTL: String(TURN_TTL_S),
    });
    this.#port = new URL(await this.edge.edge()).port;
  }

  /** With the session that it had before. */
  async startSender(): Promise<void> {
    const dir = join(this.#dir, `sender-${this.#senders++}`);
    mkdirSync(dir);
    this.inside = new Inside(dir);
    const edge = `http://127.0.0.1:${this.#port}`;
    const session = ["--edge", edge, "--session", "soak", "--state", join(this.#dir, "sender")];
    this.sender = new Sightline(["send", ...session, "--relay-only", ...SMALL_PICTURE], {
      ...this.clocks.sender.env,
      ...this.inside.env,
      ...KEY,
    });
    await this.sender.link();
  }

  /** What stands at the TURN server now may stand until its time is over: whoever could give it back is about to die. */
  async orphanAllocations(): Promise<void> {
    this.#orphans.push({ atMs: performance.now(), count: (await this.turn.allocations()).length });
  }

  /** How many allocations may stand at the TURN server that nobody could give back. */
  get orphans(): number {
    const sinceMs = performance.now() - ALLOCATION_LIFE_MS;
    return this.#orphans.reduce((sum, { atMs, count }) => (atMs > sinceMs ? sum + count : sum), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.crowd[Symbol.dispose]();
    await this.browser[Symbol.asyncDispose]();
    await this.sender.stop();
    await this.edge.stop();
    await this.turn[Symbol.asyncDispose]();
  }
}
