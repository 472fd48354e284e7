import { type IceSettings, readIceConfig } from "./config.ts";

/** Calls at once; a Worker may have six connections open. */
const PARALLEL = 6;
/** Fewer than the subrequests that one event of a Durable Object may make; the rest expires by itself. */
const REVOKE_MAX = 400;
const REVOKE_TIMEOUT_MS = 5_000;

/** Takes TURN credentials back from whoever issued them. Never rejects: what fails is logged, and expires by itself. */
export async function revokeTurn(settings: IceSettings, usernames: string[]): Promise<void> {
  const { remote } = readIceConfig(settings);
  const queue = usernames.slice(0, REVOKE_MAX);
  let failed = usernames.length - queue.length;
  const work = async () => {
    for (let username = queue.shift(); username !== undefined; username = queue.shift()) {
      for (const provider of remote) {
        await provider.revoke(username, AbortSignal.timeout(REVOKE_TIMEOUT_MS)).catch(() => failed++);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, queue.length) }, work));
  if (failed > 0) {
    console.warn(`${failed} TURN credentials could not be revoked; they expire by themselves.`);
  }
}
