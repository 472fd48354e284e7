import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Interface } from "node:readline";

const SAID_WITHIN_MS = 10_000;

/** @throws Error with this sentence when it takes longer */
export async function within<T>(limitMs: number, sentence: string, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(sentence)), limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The first line that a process prints, such as its port.
 * @throws Error when it ends before that, or takes longer than ten seconds; it is told to end then
 */
export async function firstLine(child: ChildProcess, lines: Interface, limitMs = SAID_WITHIN_MS): Promise<string> {
  const name = child.spawnargs.join(" ");
  const ended = once(child, "close").then(() => {
    throw new Error(`${name} ended before it said anything.`);
  });
  try {
    const said = Promise.race([once(lines, "line"), ended]);
    const [line] = await within(limitMs, `${name} said nothing within ${limitMs / 1_000} s.`, said);
    return line;
  } catch (error) {
    child.kill();
    throw error;
  }
}
