import { Miniflare } from "miniflare";
import { runtimeOptions } from "../../src/sender/edge/embedded.ts";
import { requireFreePort } from "../../src/sender/edge/port.ts";

/** The edge as `sightline serve` runs it, whose sessions can be thrown out of memory as Cloudflare does when it likes. */
export class EvictableEdge implements AsyncDisposable {
  readonly url: string;
  readonly #runtime: Miniflare;

  private constructor(url: string, runtime: Miniflare) {
    this.url = url;
    this.#runtime = runtime;
  }

  static async open(vars: Record<string, string>): Promise<EvictableEdge> {
    const port = await requireFreePort("127.0.0.1", 0);
    const runtime = new Miniflare(runtimeOptions({ host: "127.0.0.1", port, vars }, port));
    await runtime.ready;
    return new EvictableEdge(`http://127.0.0.1:${port}`, runtime);
  }

  /**
   * Its sockets stay open, its memory is gone. Waits for its open requests, as workerd does.
   * @throws when it is not in memory
   */
  async evict(sessionId: string): Promise<void> {
    const options = { name: sessionId, webSockets: "hibernate" } as const;
    await this.#runtime.unsafeEvictDurableObject("sightline", "Session", options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime.dispose();
  }
}
