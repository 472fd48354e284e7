import type { Notice } from "./errors.ts";
import type { Connection, Model } from "./model.ts";
import { hasRelay } from "./renewal.ts";

/** Answered and yet not connected for so long, a person is told why; trying goes on. In milliseconds. */
const NO_PATH_MS = 5_000;

/** What came of a connection's TURN servers: one relays for it, or one said no. */
export type RelayOutcome = "gathered" | "refused";

/** Notes since when an answer has been here and no path: over all connections, for a person waits but once. */
export function notePath(model: Model): void {
  const coming = [model.next, model.spare].filter((each) => each !== undefined);
  const connected = [model.current, ...coming].some((each) => each?.connected && !each.fault);
  if (connected) {
    forgetNoPath(model);
    return;
  }
  model.noPathSinceMs ??= coming.find(({ answeredAtMs }) => answeredAtMs !== undefined)?.answeredAtMs;
}

/** What was tried says nothing of what comes: another camera is here, or another network. */
export function forgetNoPath(model: Model): void {
  model.noPathSinceMs = undefined;
  model.noPath = undefined;
}

/** When a person is to be told; `undefined` when there is nothing to tell yet, or it is told. */
export function noPathDeadlineMs({ noPathSinceMs, noPath }: Model): number | undefined {
  return noPathSinceMs === undefined || noPath ? undefined : noPathSinceMs + NO_PATH_MS;
}

/** Why no path works, as far as a viewer can know. */
export function noPathNotice({ ice, next, spare }: Model): Notice {
  return { code: "no-path", message: `${reason(ice, [next, spare])} This page keeps trying.` };
}

function reason(ice: Model["ice"], coming: (Connection | undefined)[]): string {
  if (!hasRelay(ice)) {
    return "No direct connection can be made between the two networks, and the server offers this page no relay (TURN server). Try another network, or tell the camera's owner.";
  }
  const outcomes = coming.map((connection) => connection?.relay);
  if (outcomes.includes("gathered")) {
    return "No direct connection can be made, and the relay (TURN server) lets nothing through to the camera. Tell the camera's owner.";
  }
  if (outcomes.includes("refused")) {
    return "No direct connection can be made, and the relay (TURN server) refuses the credentials that the server gave. Tell the camera's owner.";
  }
  return "No direct connection can be made, and the relay (TURN server) does not answer. Try another network; if that does not help, tell the camera's owner.";
}
