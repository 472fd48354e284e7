import { isIP } from "node:net";
import type { RTCIceCandidateInit } from "werift";

/** A candidate as it crosses the wire; `null` says that there are no more (RFC 8838). */
export interface WireCandidate {
  candidate: string | null;
  sdpMid?: string | null | undefined;
  sdpMLineIndex?: number | null | undefined;
}

/** What a browser hides an address behind (mDNS); werift looks a name up elsewhere when it is not in lower case. */
const HIDDEN = /^[\w-]{1,64}\.local$/;
const PORT_MAX = 65_535;

/** In werift's form; `undefined` for the end mark and for what is no UDP or TCP candidate line. */
export function toWerift(wire: WireCandidate): RTCIceCandidateInit | undefined {
  if (!wire.candidate || !isUsable(wire.candidate)) return undefined;
  return {
    candidate: wire.candidate.replace(/^a=/, ""),
    ...(wire.sdpMid != null ? { sdpMid: wire.sdpMid } : {}),
    sdpMLineIndex: wire.sdpMLineIndex ?? 0,
  };
}

/** An SDP without the candidates that {@link toWerift} would not take either. */
export function withUsableCandidates(sdp: string): string {
  return sdp.replace(/^a=candidate:.*(?:\r?\n|$)/gm, (line) => (isUsable(line.trimEnd()) ? line : ""));
}

/**
 * Any other name would be looked up, and so tell whoever answers for it where this machine is. The line is cut as werift
 * cuts it, so that both see the same address.
 */
function isUsable(line: string): boolean {
  const [foundation = "", component = "", transport = "", , address = "", port = "", typ, type] = line.split(" ");
  if (!/^(?:a=)?candidate:./.test(foundation) || !/^\d+$/.test(component) || !/^(?:udp|tcp)$/i.test(transport)) {
    return false;
  }
  if ((isIP(address) === 0 && !HIDDEN.test(address)) || !/^\d+$/.test(port) || Number(port) > PORT_MAX) return false;
  return typ === "typ" && !!type && !/[\r\n]/.test(line);
}
