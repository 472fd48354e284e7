import type { RTCIceCandidateInit } from "werift";

/** A candidate as it crosses the wire; `null` says that there are no more (RFC 8838). */
export interface WireCandidate {
  candidate: string | null;
  sdpMid?: string | null | undefined;
  sdpMLineIndex?: number | null | undefined;
}

/** In werift's form; `undefined` for the end mark and for what is no UDP or TCP candidate line. */
export function toWerift(wire: WireCandidate): RTCIceCandidateInit | undefined {
  if (!wire.candidate || !/^(?:a=)?candidate:\S+ \d+ (?:udp|tcp) /i.test(wire.candidate)) return undefined;
  return {
    candidate: wire.candidate.replace(/^a=/, ""),
    ...(wire.sdpMid != null ? { sdpMid: wire.sdpMid } : {}),
    sdpMLineIndex: wire.sdpMLineIndex ?? 0,
  };
}
