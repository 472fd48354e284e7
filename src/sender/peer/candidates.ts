import { isIP } from "node:net";
import type { RTCIceCandidateInit } from "werift";

/** A candidate as it crosses the wire; `null` says that there are no more (RFC 8838). */
export interface WireCandidate {
  candidate: string | null;
  sdpMid?: string | null | undefined;
  sdpMLineIndex?: number | null | undefined;
}

/** What a browser hides an address behind (mDNS). */
const HIDDEN = /^[\w-]{1,63}\.local$/;
const ADDRESS_AT = 4;
const PORT_MAX = 65_535;
/** As much of a media section's name as every edge takes: an older one closes the sender's socket over more. */
const MID_SAID_MAX_CHARS = 32;

/**
 * A candidate of werift's as it goes to the viewer; `undefined` for the end mark. The name of its media section is the
 * viewer's own choice, of any length: what is too long to be said is left to the section's number.
 */
export function toWire({ candidate, sdpMid, sdpMLineIndex }: WireCandidate): WireCandidate | undefined {
  if (!candidate) return undefined;
  const isSaid = sdpMid == null || sdpMid.length <= MID_SAID_MAX_CHARS;
  return { candidate, sdpMid: isSaid ? sdpMid : undefined, sdpMLineIndex };
}

/**
 * In werift's form; `undefined` for the end mark and for what is no UDP or TCP candidate line. While {@link hiddenName}
 * finds a name in it it is not for werift, which would look it up itself.
 */
export function toWerift(wire: WireCandidate): RTCIceCandidateInit | undefined {
  if (!wire.candidate || !isUsable(wire.candidate)) return undefined;
  return {
    candidate: wire.candidate.replace(/^a=/, ""),
    ...(wire.sdpMid != null ? { sdpMid: wire.sdpMid } : {}),
    sdpMLineIndex: wire.sdpMLineIndex ?? 0,
  };
}

/** The name that an address is hidden behind, in lower case. */
export function hiddenName({ candidate = "" }: RTCIceCandidateInit): string | undefined {
  const name = candidate.split(" ")[ADDRESS_AT] ?? "";
  return HIDDEN.test(name) ? name.toLowerCase() : undefined;
}

export function withAddress(init: RTCIceCandidateInit, address: string): RTCIceCandidateInit {
  return { ...init, candidate: init.candidate?.split(" ").with(ADDRESS_AT, address).join(" ") };
}

/** An SDP with those candidates only that {@link toWerift} would take and that name their address. */
export function withOpenCandidates(sdp: string): string {
  const isOpen = (line: string) => isUsable(line) && hiddenName({ candidate: line }) === undefined;
  return sdp.replace(/^a=candidate:.*(?:\r?\n|$)/gm, (line) => (isOpen(line.trimEnd()) ? line : ""));
}

/** An SDP's candidates that {@link withOpenCandidates} leaves out for their names, each with its media section. */
export function hiddenCandidates(sdp: string): WireCandidate[] {
  let sdpMLineIndex = -1;
  return sdp.split(/\r?\n/).flatMap((line) => {
    if (line.startsWith("m=")) sdpMLineIndex++;
    const isHidden = line.startsWith("a=candidate:") && isUsable(line) && hiddenName({ candidate: line }) !== undefined;
    return isHidden && sdpMLineIndex >= 0 ? [{ candidate: line, sdpMLineIndex }] : [];
  });
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
  // A zone means nothing on another machine, and may hold what werift takes for a name: "fe80::1%a.local".
  const isAddress = isIP(address) !== 0 && !address.includes("%");
  if ((!isAddress && !HIDDEN.test(address)) || !/^\d+$/.test(port) || Number(port) > PORT_MAX) return false;
  return typ === "typ" && !!type && !/[\r\n]/.test(line);
}
