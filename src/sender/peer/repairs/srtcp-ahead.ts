import type { RTCDtlsTransport } from "werift";
import { type DatagramProtocol, hearOnly, hookOf } from "./datagram-hook.ts";

/**
 * werift 0.25.2 leads each datagram through two events, which make a promise each, and its counts: with many viewers, as
 * much work as what is then done with their feedback. With this SRTCP goes from the socket straight to `onSrtcp`. What
 * comes by a relay, or by a socket that is opened later, goes werift's way: see `takeWholeRtcp`. Call once ICE is connected.
 */
export function takeSrtcpAhead({ iceTransport }: RTCDtlsTransport, onSrtcp: (datagram: Buffer) => void): void {
  const { protocols } = iceTransport.connection as unknown as { protocols?: DatagramProtocol[] };
  if (!protocols) throw new Error("this werift keeps its sockets elsewhere: see takeSrtcpAhead");
  for (const protocol of protocols) {
    if (hookOf(protocol) !== "datagramReceived") continue;
    hearOnly(protocol, (datagram) => {
      if (!isRtcp(datagram)) return true;
      onSrtcp(datagram);
      return false;
    });
  }
}

/** RFC 7983 section 7, RFC 5761 section 4. */
function isRtcp(datagram: Buffer): boolean {
  const [first, type] = [datagram[0] ?? 0, datagram[1] ?? 0];
  return first >> 6 === 2 && type >= 192 && type <= 223;
}
