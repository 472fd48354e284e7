import { formatLink } from "../protocol/link.ts";
import type { ReachedEdge } from "./agent.ts";
import type { SendConfig } from "./config.ts";
import type { Identity } from "./identity.ts";
import type { Output } from "./output.ts";

/** Prints the session's links. */
export function announce(identity: Identity, edge: ReachedEdge, config: SendConfig, output: Output): void {
  const { sessionId, viewerSecret } = identity;
  output.emit({ event: "edge", url: edge.origin });
  const links = edge.shown.map((origin) => formatLink({ origin, sessionId, role: "viewer", secret: viewerSecret }));
  for (const url of links) output.emit({ event: "link", role: "viewer", url });
  const phone = links[0];
  if (config.lan && phone && edge.shown.length > 1) output.qr(phone);
  if (config.lan && edge.shown.length === 1) {
    output.note("No other network is up on this machine, so there is no link for one.");
  }
  output.note("Ctrl-C ends the session.");
}
