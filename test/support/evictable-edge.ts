import { fileURLToPath } from "node:url";
import { type Edge, startEdge } from "../../src/sender/edge/embedded.ts";

const CONFIG = fileURLToPath(new URL("../fixtures/evictable.capnp", import.meta.url));

/** The edge as `sightline serve` runs it, whose sessions can be thrown out of memory as Cloudflare does when it likes. */
export class EvictableEdge implements AsyncDisposable {
  readonly #edge: Edge;

  private constructor(edge: Edge) {
    this.#edge = edge;
  }

  static async open(vars: Record<string, string>): Promise<EvictableEdge> {
    return new EvictableEdge(await startEdge({ host: "127.0.0.1", port: 0, vars, config: CONFIG }));
  }

  get url(): string {
    return this.#edge.url;
  }

  /**
   * Its sockets stay open, its memory is gone. Waits for its open requests, as workerd does.
   * @throws when it is not in memory
   */
  async evict(sessionId: string): Promise<void> {
    const answer = await fetch(`${this.url}/evict/${sessionId}`, { method: "POST" });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#edge.close();
  }
}
