import { makeViewerId } from "../../protocol/ids.ts";
import { deriveLinkKeys, type Link, parseLink } from "../../protocol/link.ts";
import { offerAhead } from "./ahead.ts";
import type { ViewerOptions } from "./options.ts";
import { browserRuntime, type Runtime } from "./runtime.ts";
import { Viewer } from "./viewer.ts";

export { SightlineError } from "../../protocol/errors.ts";
export { type Link, parseLink } from "../../protocol/link.ts";
export type { ViewerErrorCode } from "./errors.ts";
export type { ViewerEvents, ViewerOptions } from "./options.ts";
export type { ViewerState } from "./state.ts";
export type { ViewerStats } from "./stats.ts";
export type { Stage, Timings } from "./timings.ts";
export type { Viewer } from "./viewer.ts";

/**
 * Opens a session's link and shows its camera, in `options.video` when given. It starts at once and keeps trying.
 *
 * It works in a page of any origin: all it asks goes to the edge that the link names, never to where the page came
 * from. A page of one's own also need not trust the edge for its code, and so the edge cannot serve one that lies.
 *
 * What that takes: the edge lists the page's origin in `ALLOWED_ORIGINS` (else the state is `failed` with
 * `origin-refused`); a page on https reaches only edges on https, for browsers block the rest as mixed content; and a
 * page with a Content-Security-Policy lists the edge in `connect-src`, as `https://HOST wss://HOST`.
 * @throws SightlineError `bad-request` with a sentence that says which part of the link is wrong
 */
export function connect(link: string | Link, options?: ViewerOptions): Viewer;
/** @internal */
export function connect(link: string | Link, options: ViewerOptions, runtime: Runtime): Viewer;
export function connect(link: string | Link, options: ViewerOptions = {}, runtime: Runtime = browserRuntime): Viewer {
  const parsed = typeof link === "string" ? parseLink(link) : link;
  const identify = () => {
    const keys = deriveLinkKeys(parsed.sessionId, parsed.role, parsed.secret);
    return { link: parsed, keys, viewerId: makeViewerId() };
  };
  const { stunUrls, signal, startedAtMs } = options;
  const canOffer = stunUrls !== undefined && !signal?.aborted;
  const ahead = options.ahead ?? (canOffer ? offerAhead(identify, stunUrls, runtime, startedAtMs) : undefined);
  return new Viewer(ahead?.identity ?? identify(), { ...options, ahead }, runtime);
}
