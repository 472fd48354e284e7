import type { Page } from "playwright-core";
import type { Message, TamperingEdge } from "../../test/support/tampering-edge.ts";
import { UdpRelay } from "./udp-relay.ts";

/**
 * Makes the only path between page and sender lead through a relay. Offer and answer are proven and pass the edge as
 * they are; so the page itself, after it has checked them, is given other candidates: of the sender's one alone, at the
 * relay's port, and of its own none, so that the sender knows the relay only.
 */
export async function takeLongerPath(page: Page, edge: TamperingEdge, rttMs: number): Promise<UdpRelay> {
  const relay = await UdpRelay.open(rttMs);
  edge.tamper = (message) => {
    if (message.type === "candidate") return [];
    if (message.type === "answer") {
      const sender = firstHost(message);
      if (sender) relay.reach(sender);
    }
    return [message];
  };
  await page.addInitScript({ content: leadThrough(relay.port) });
  return relay;
}

function firstHost({ sdp = "" }: Message): { address: string; port: number } | undefined {
  const [, address, port] = /^a=candidate:\S+ \d+ udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/im.exec(sdp) ?? [];
  return address && port ? { address, port: Number(port) } : undefined;
}

/** Runs in the page, ahead of its own scripts. As text, for the bench's own world has no browser in it. */
function leadThrough(port: number): string {
  return `(() => {
    const { prototype } = RTCPeerConnection;
    const apply = prototype.setRemoteDescription;
    prototype.setRemoteDescription = function ({ type, sdp }) {
      let first = true;
      const led = sdp.replace(/^a=candidate:.*\\r\\n/gim, (line) => {
        const host = /^(a=candidate:\\S+ \\d+ udp \\d+ \\d+\\.\\d+\\.\\d+\\.\\d+) \\d+ (typ host.*\\r\\n)$/i.exec(line);
        if (!host || !first) return "";
        first = false;
        return host[1] + " ${port} " + host[2];
      });
      return apply.call(this, { type, sdp: led });
    };
    const { get } = Object.getOwnPropertyDescriptor(prototype, "localDescription");
    Object.defineProperty(prototype, "localDescription", {
      get() {
        const description = get.call(this);
        return description && { type: description.type, sdp: description.sdp.replace(/^a=candidate:.*\\r\\n/gim, "") };
      },
    });
  })()`;
}
