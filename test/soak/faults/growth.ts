import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Held } from "../../support/inside.ts";
import { childOf, holding } from "../../support/proc.ts";
import type { Sightline } from "../../support/processes.ts";
import type { World } from "./world.ts";

/** Longer than the sender waits for somebody who is silent, and than a connection takes that never comes up. */
const PATIENCE_MS = 40_000;
const LOOK_MS = 2_000;
const HEAP_MAX_BYTES = 12_000_000;
const EDGE_MAX_BYTES = 60_000_000;
/** Timers that are there for a moment only. */
const TIMERS_MAX = 6;

interface Base<T> {
  of: Sightline;
  held: T;
}

/** Compares what the processes hold with what they held when they were first looked at, for as long as each lives. */
export class Growth {
  #sender: Base<Held> | undefined;
  #edge: Base<number> | undefined;

  /** @returns what stands now, for people */
  async check(world: World): Promise<string> {
    const { sender, edge, inside, turn } = world;
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const held = await inside.held();
      const edgeBytes = holding(childOf(edge.process.pid ?? 0, "workerd")).residentBytes;
      const allocations = (await turn.allocations()).length;
      if (this.#sender?.of !== sender) this.#sender = { of: sender, held };
      if (this.#edge?.of !== edge) this.#edge = { of: edge, held: edgeBytes };
      const before = this.#sender.held;
      try {
        expect(held.resources.UDPWrap ?? 0).toBeLessThanOrEqual(before.resources.UDPWrap ?? 0);
        expect(held.resources.Timeout ?? 0).toBeLessThanOrEqual((before.resources.Timeout ?? 0) + TIMERS_MAX);
        expect(held.heapBytes - before.heapBytes).toBeLessThan(HEAP_MAX_BYTES);
        expect(held.bufferBytes - before.bufferBytes).toBeLessThan(HEAP_MAX_BYTES);
        expect(edgeBytes - this.#edge.held).toBeLessThan(EDGE_MAX_BYTES);
        // One for the page, one for the sender.
        expect(allocations).toBeLessThanOrEqual(2 + world.orphans);
        const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
        return `heap ${mib(held.heapBytes)}, edge ${mib(edgeBytes)}, ${held.resources.UDPWrap} sockets, ${allocations} allocations`;
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await sleep(LOOK_MS);
      }
    }
  }
}
