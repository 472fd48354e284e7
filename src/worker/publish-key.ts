import { publishKeyFault } from "../protocol/publish-key.ts";
import type { Env } from "./env.ts";
import { warnOnce } from "./warn-once.ts";

interface PublishKey {
  /** Without the blanks around it: a file that it came from ends in a line break. */
  key?: string;
  /** Why one that is set is nobody's to use. */
  fault?: string;
}

export function publishKeyOf({ PUBLISH_KEY }: Pick<Env, "PUBLISH_KEY">): PublishKey {
  const key = PUBLISH_KEY?.trim();
  if (!key) return {};
  const fault = publishKeyFault(key);
  return fault === undefined ? { key } : { fault: `PUBLISH_KEY ${fault}. Until then nobody can create sessions.` };
}

/** Logs what is wrong with it, once. */
export function warnOfPublishKey(env: Pick<Env, "PUBLISH_KEY">): void {
  const { fault } = publishKeyOf(env);
  if (fault !== undefined) warnOnce(fault);
}
