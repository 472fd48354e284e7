import { makeViewerId } from "../../protocol/ids.ts";
import { deriveLinkKeys, type Link, parseLink } from "../../protocol/link.ts";
import { browserRuntime, type Runtime } from "./runtime.ts";
import { Viewer, type ViewerOptions } from "./viewer.ts";

export { SightlineError } from "../../protocol/errors.ts";
export { type Link, parseLink } from "../../protocol/link.ts";
export type { ViewerErrorCode } from "./errors.ts";
export type { ViewerState } from "./state.ts";
export type { ViewerStats } from "./stats.ts";
export type { Stage, Timings } from "./timings.ts";
export { Viewer, type ViewerEvents, type ViewerOptions } from "./viewer.ts";

/**
 * Opens a session's link and shows its camera, in `options.video` when given. It starts at once and keeps trying.
 * @throws SightlineError `bad-request` with a sentence that says which part of the link is wrong
 */
export function connect(link: string | Link, options: ViewerOptions = {}, runtime: Runtime = browserRuntime): Viewer {
  const parsed = typeof link === "string" ? parseLink(link) : link;
  const keys = deriveLinkKeys(parsed.sessionId, parsed.role, parsed.secret);
  return new Viewer({ link: parsed, keys, viewerId: makeViewerId() }, options, runtime);
}
