import { inject } from "vitest";

/** Settings for the stand-in of Cloudflare's TURN API; what stands before a dash in the key says how it behaves. */
export function turnApi(key: string, extra: object = {}) {
  return {
    TURN_KEY_ID: key,
    TURN_KEY_API_TOKEN: "token-of-the-turn-key",
    TURN_API_BASE: inject("turnApi"),
    ...extra,
  };
}

interface Call {
  path: string;
  authorization: string;
  body: string;
}

/** What the stand-in was asked with this key, in order. */
export async function callsTo(key: string): Promise<Call[]> {
  const response = await fetch(`${inject("turnApi")}/calls?key=${key}`);
  return (await response.json()) as Call[];
}

/** Lets the stand-in answer for a key that is `late`. */
export async function release(key: string): Promise<void> {
  await fetch(`${inject("turnApi")}/release?key=${key}`);
}

/** User names revoked with this key, once there are so many. */
export async function revoked(key: string, count: number): Promise<string[]> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const names = await revokedNow(key);
    if (names.length >= count) return names.sort();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`fewer than ${count} credentials were revoked`);
}

/** What was revoked by the time that a call which was already made must have arrived. */
export async function revokedSoon(key: string): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return revokedNow(key);
}

async function revokedNow(key: string): Promise<string[]> {
  return (await callsTo(key)).flatMap(({ path }) => /\/credentials\/(.+)\/revoke$/.exec(path)?.[1] ?? []);
}
