import { publishKeyFault } from "../protocol/publish-key.ts";
import { usageError } from "./errors.ts";

/**
 * The publish key that a variable of the environment holds, without the blanks around it; `undefined` when there is none.
 * @throws SenderError of reason `usage` for one that cannot be shown to any edge
 */
export function readPublishKey(name: string, value: string | undefined): string | undefined {
  const key = value?.trim();
  if (!key) return undefined;
  const fault = publishKeyFault(key);
  if (fault !== undefined) throw usageError(`${name} ${fault}.`);
  return key;
}
