import { FilterAPI, type Frame, type Rational } from "node-av";
import type { Turn } from "./display-turn.ts";

const FILTERS = { 90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock" } as const;

/** Turns pictures that were taken lying; FFmpeg's libraries leave that to who shows them. */
export class Turner implements Disposable {
  readonly #filter: FilterAPI;
  readonly #timeBase: Rational;

  /** @param timeBase of the pictures */
  constructor(turn: Exclude<Turn, 0>, timeBase: Rational) {
    this.#filter = FilterAPI.create(FILTERS[turn]);
    this.#timeBase = timeBase;
  }

  /** @returns another picture, which the caller frees; its pixels' shape is turned with it */
  async turn(frame: Frame): Promise<Frame> {
    frame.timeBase = this.#timeBase;
    const [turned, ...more] = await this.#filter.processAll(frame);
    for (const one of more) one.free();
    if (!turned) throw new Error("a picture cannot be turned");
    return turned;
  }

  [Symbol.dispose](): void {
    this.#filter.close();
  }
}
