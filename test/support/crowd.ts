import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FromCrowd, ToCrowd } from "./crowd-process.ts";

const PATIENCE_MS = 300_000;

/** Viewers of a link that are no browsers, in a process of their own: real signaling, real WebRTC, nothing decoded. */
export class Crowd implements Disposable {
  readonly #process: ChildProcess;

  constructor(link: string) {
    const file = fileURLToPath(new URL("./crowd-process.ts", import.meta.url));
    this.#process = fork(file, [link]);
  }

  /** So many come, and stay. */
  async enter(count: number): Promise<void> {
    await this.#ask({ type: "enter", count });
  }

  /**
   * So many come, see pictures and go, each place taken again at once.
   * @param vanishing the share of them that go without a good-bye
   * @param seed decides who that is
   */
  async comeAndGo(count: number, vanishing: number, seed: number): Promise<void> {
    await this.#ask({ type: "come-and-go", count, vanishing, seed });
  }

  /** Packets of media that those who stay have received since this was last asked; each of them. */
  async packets(): Promise<number[]> {
    return (await this.#ask({ type: "packets" })).packets ?? [];
  }

  async leave(): Promise<void> {
    await this.#ask({ type: "leave" });
  }

  async #ask(message: ToCrowd): Promise<FromCrowd> {
    this.#process.send(message);
    const [answer]: FromCrowd[] = await once(this.#process, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer?.failure !== undefined) throw new Error(answer.failure);
    return answer ?? {};
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
