import type { RTCDtlsTransport } from "werift";

const NOTHING = Buffer.alloc(0);

/**
 * werift 0.25.2 reads the packets of a compound RTCP packet to the compound's end: a NACK swallows what follows it and
 * asks for packets that nobody misses, and padding is cut from the wrong place. It ignores FIR, takes replays, and sets
 * OpenSSL up twice for every packet. With this the SRTCP goes to `onSrtcp` as it came, and werift sees none of it. Nor
 * does it see RTP, which nobody here plays: it would decrypt each packet and remember each SSRC for ever. Call once DTLS
 * is connected.
 * @param seal what leaves, should werift send any: two counts of one index would use a key stream twice
 */
export function takeWholeRtcp(
  transport: RTCDtlsTransport,
  onSrtcp: (datagram: Buffer) => void,
  seal: (compound: Buffer) => Buffer,
): void {
  const { srtcp, srtp } = transport;
  const known = [srtcp?.decrypt, srtcp?.encrypt, srtp?.decrypt].every((method) => typeof method === "function");
  if (!known) throw new Error("this werift decrypts elsewhere: see takeWholeRtcp");
  srtcp.encrypt = seal;
  srtcp.decrypt = (datagram: Buffer) => {
    onSrtcp(datagram);
    return NOTHING;
  };
  srtp.decrypt = () => NOTHING;
}
