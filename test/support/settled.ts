import { setTimeout as sleep } from "node:timers/promises";

/**
 * What is read when nothing of it is just coming or going: when it is the same a second later.
 * @param part what of it has to be the same
 */
export async function settled<T>(read: () => Promise<T>, part: (held: T) => unknown = (held) => held): Promise<T> {
  let held = await read();
  for (;;) {
    await sleep(1_000);
    const before = held;
    held = await read();
    if (part(held) === part(before)) return held;
  }
}
