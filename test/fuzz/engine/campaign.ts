import { Random } from "../../support/random.ts";
import { type Coverage, Progress } from "./coverage.ts";
import { Mutator } from "./mutator.ts";
import type { FuzzTarget } from "./target.ts";

/** Inputs between two looks at the coverage; a look costs as much as some hundred small inputs. */
const BATCH = 40;
const EMPTY = Buffer.alloc(0);

export interface Finding {
  input: Buffer;
  error: unknown;
}

export interface CampaignOptions {
  coverage: Coverage;
  seed: number;
  /** Asked before each batch. */
  goesOn(inputs: number): boolean;
  /** Told of each input before it is run. */
  onInput?(input: Buffer): void;
  /** An input that reached what none had before. */
  onNews?(input: Buffer): void;
}

export interface Outcome {
  inputs: number;
  /** Of the sources, that ran. */
  characters: number;
  finding?: Finding;
}

/** Tries the corpus, then what comes of it by mutation, until told to stop or something breaks. */
export async function guided(target: FuzzTarget, seeds: Buffer[], options: CampaignOptions): Promise<Outcome> {
  const mutator = new Mutator(new Random(options.seed), target.words ?? [], target.maxBytes);
  const corpus = seeds.length > 0 ? [...seeds] : [EMPTY];
  const { coverage } = options;
  const progress = new Progress();
  let inputs = 0;
  const firstFinding = async (batch: readonly Buffer[]): Promise<Finding | undefined> => {
    for (const input of batch) {
      inputs++;
      options.onInput?.(input);
      const finding = await attempt(target, input);
      if (finding) return finding;
    }
    return undefined;
  };
  let finding = await firstFinding(corpus);
  progress.learn(coverage.take(target.covers));
  while (!finding && options.goesOn(inputs)) {
    const batch = Array.from({ length: BATCH }, () => mutator.next(corpus));
    finding = await firstFinding(batch);
    if (!progress.isNews(coverage.take(target.covers))) continue;
    // Which of them it was shows when each runs again by itself.
    for (const input of batch) {
      if (finding) break;
      finding = await firstFinding([input]);
      if (!progress.learn(coverage.take(target.covers))) continue;
      corpus.push(input);
      options.onNews?.(input);
    }
  }
  return { inputs, characters: progress.characters, ...(finding && { finding }) };
}

/** Runs one input. */
export async function attempt(target: FuzzTarget, input: Buffer): Promise<Finding | undefined> {
  try {
    // A target that answers at once is not waited for: a turn of the event loop costs more than most inputs.
    const pending = target.run(input);
    if (pending) await pending;
    return undefined;
  } catch (error) {
    return { input, error };
  }
}
