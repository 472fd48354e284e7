import type { RTCDtlsTransport } from "werift";

/**
 * werift 0.25.2 reads the packets of a compound RTCP packet to the compound's end: a NACK swallows what follows it and
 * asks for packets that nobody misses, and padding is cut from the wrong place. FIR and unknown packets are lost. With
 * this the decrypted compound goes to `onRtcp` as a whole, and werift sees none of it. Call once DTLS is connected.
 */
export function takeWholeRtcp(transport: RTCDtlsTransport, onRtcp: (compound: Buffer) => void): void {
  const { srtcp } = transport;
  if (typeof srtcp?.decrypt !== "function") throw new Error("this werift decrypts elsewhere: see takeWholeRtcp");
  const decrypt = srtcp.decrypt.bind(srtcp);
  srtcp.decrypt = (datagram: Buffer) => {
    onRtcp(decrypt(datagram));
    return Buffer.alloc(0);
  };
}
