import type { Message, TamperingEdge } from "../../test/support/tampering-edge.ts";
import type { Tab } from "../first-frame/plain-browser.ts";
import { UdpRelay } from "./udp-relay.ts";

/**
 * Makes the only path between page and sender lead through a relay. Offer and answer are proven and pass the edge as
 * they are; so the page itself, after it has checked the answer, is given other candidates: one of the sender's alone, at
 * the relay's port. Of the page's own, which follow its offer, none passes, so that the sender knows the relay only.
 */
export async function takeLongerPath(tab: Tab, edge: TamperingEdge, rttMs: number): Promise<UdpRelay> {
  const relay = await UdpRelay.open(rttMs);
  edge.tamper = (message) => {
    if (message.type === "candidate") return [];
    const sender = firstHost(message);
    if (sender) relay.reach(sender);
    return [message];
  };
  await tab.prepare(leadThrough(relay.port));
  return relay;
}

/** Of an answer, or of what stands in for it until it comes. */
function firstHost({ type, sdp = "", text = "" }: Message): { address: string; port: number } | undefined {
  if (type !== "answer" && type !== "standby") return undefined;
  const said = `${sdp}${text}`;
  const [, address, port] = /\S+ \d+ udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/i.exec(said) ?? [];
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
  })()`;
}
