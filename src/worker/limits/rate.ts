import { SightlineError } from "../../protocol/errors.ts";
import { addressKey, clientAddress } from "./address.ts";

/** Cloudflare's rate limiting bindings (wrangler.toml), or what stands for them; one that is absent limits nothing. */
export interface Limits {
  /** Sessions created, or resumed by their sender. */
  CREATE_LIMIT?: RateLimit;
  /** Joins: signaling sockets, offers by HTTP and WHEP offers; and requests for ICE servers. */
  JOIN_LIMIT?: RateLimit;
  /** Refused tokens. */
  BAD_TOKEN_LIMIT?: RateLimit;
}

/**
 * @param apart counts what is done by another way by itself, where one deed takes both
 * @throws SightlineError `rate-limited` when the address has done this too often within a minute
 */
export async function requireWithin(limit: RateLimit | undefined, request: Request, apart = ""): Promise<void> {
  const key = addressKey(clientAddress(request));
  if (!(await within(limit, apart ? `${apart} ${key}` : key))) throw new SightlineError("rate-limited");
}

/** A limiter that fails lets everybody pass: it is there for abuse, and a camera must not go dark with it. */
export async function within(limit: RateLimit | undefined, key: string): Promise<boolean> {
  if (!limit) return true;
  try {
    return (await limit.limit({ key })).success;
  } catch (error) {
    console.warn("A rate limit could not be asked, and lets pass:", error);
    return true;
  }
}
