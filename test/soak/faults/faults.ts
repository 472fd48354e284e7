import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_HALLS } from "../../../src/sender/delivery/halls.ts";
import type { Random } from "../../support/random.ts";
import type { World } from "./world.ts";

const AWAY_MAX_MS = 5_000;
const CLOCKS_S = [-3_600, 0, 3_600] as const;
const RUSH = 20;

/** What is done to the world; afterwards everything runs again. */
export type Fault = (world: World, random: Random) => Promise<void>;

const away = (random: Random) => sleep(random.below(AWAY_MAX_MS));

export const FAULTS: Record<string, Fault> = {
  "the edge is killed": async (world, random) => {
    await world.edge.stop("SIGKILL");
    await away(random);
    await world.startEdge();
  },
  "the edge restarts": async (world, random) => {
    await world.edge.stop();
    await away(random);
    await world.startEdge();
  },
  "the sender is killed": async (world, random) => {
    await world.orphanAllocations();
    await world.sender.stop("SIGKILL");
    await away(random);
    await world.startSender();
  },
  "the TURN server is killed": async (world, random) => {
    await world.turn.kill();
    await away(random);
    await world.turn.start();
  },
  "the sender's clock is set": async (world, random) => world.clocks.sender.shift(random.pick(CLOCKS_S)),
  "the edge's clock is set": async (world, random) => world.clocks.edge.shift(random.pick(CLOCKS_S)),
  "the sender's machine stops for a while": async (world, random) => {
    world.sender.process.kill("SIGSTOP");
    await away(random);
    world.sender.process.kill("SIGCONT");
  },
  "the encoder fails": async (world) => world.inside.breakEncoder(),
  "a thread fails": async (world) => {
    await world.crowd.enter(DEFAULT_HALLS.mainViewers + 4);
    await world.orphanAllocations();
    await world.inside.breakThreads();
    await world.crowd.leave();
  },
  "viewers come and go at a rush": (world, random) => world.crowd.comeAndGo(RUSH, 0.5, random.below(2 ** 31)),
  "the page is loaded anew": async (world) => void (await world.page.reload()),
};
