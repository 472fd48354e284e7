import { byHand, ensure, missingOf, type Need } from "../../scripts/debian.ts";
import type { Measurement } from "../measurement.ts";

/**
 * Whose packages are there, or come: asked for one by one, since apt installs nothing of a list of which it refuses one. The
 * others are failures of their own, and the measurement goes on without them.
 */
export function present<Kind extends { name: string; needs: Need[] }>(
  measurement: Measurement,
  kinds: readonly Kind[],
  debian = { ensure, missingOf },
): Kind[] {
  return kinds.filter(({ name, needs }) => {
    debian.ensure(needs);
    const missing = debian.missingOf(needs);
    if (missing.length === 0) return true;
    measurement.failed(name, `${missing.join(", ")} missing. Install with: ${byHand(missing)}`);
    return false;
  });
}
