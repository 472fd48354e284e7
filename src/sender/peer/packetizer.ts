/**
 * Largest RTP payload: with RTP header and extensions, SRTP tag, TURN channel header, UDP and IPv6 it stays below
 * 1280 bytes, the least MTU that IPv6 guarantees.
 */
export const PAYLOAD_MAX_BYTES = 1_150;

const STAP_A = 24;
const FU_A = 28;
const FU_START = 0x80;
const FU_END = 0x40;

/**
 * RTP payloads of one access unit's NAL units (RFC 6184, packetization-mode 1): small NAL units that stand together are
 * aggregated (STAP-A), large ones fragmented (FU-A) into parts of equal size.
 */
export function packetize(nals: readonly Buffer[], maxBytes = PAYLOAD_MAX_BYTES): Buffer[] {
  const payloads: Buffer[] = [];
  let small: Buffer[] = [];
  const flush = () => {
    if (small.length === 1) payloads.push(small[0] as Buffer);
    else if (small.length > 1) payloads.push(aggregate(small));
    small = [];
  };
  for (const nal of nals) {
    if (nal.length > maxBytes) {
      flush();
      payloads.push(...fragment(nal, maxBytes));
      continue;
    }
    if (aggregateLength([...small, nal]) > maxBytes) flush();
    small.push(nal);
  }
  flush();
  return payloads;
}

function aggregateLength(nals: Buffer[]): number {
  return nals.reduce((length, nal) => length + 2 + nal.length, 1);
}

function aggregate(nals: Buffer[]): Buffer {
  const out = Buffer.allocUnsafe(aggregateLength(nals));
  // The strictest NRI of the parts speaks for the whole (RFC 6184 section 5.7).
  out[0] = Math.max(...nals.map((nal) => (nal[0] as number) & 0x60)) | STAP_A;
  let at = 1;
  for (const nal of nals) {
    out.writeUInt16BE(nal.length, at);
    nal.copy(out, at + 2);
    at += 2 + nal.length;
  }
  return out;
}

function fragment(nal: Buffer, maxBytes: number): Buffer[] {
  const header = nal[0] as number;
  const body = nal.subarray(1);
  const count = Math.ceil(body.length / (maxBytes - 2));
  const size = Math.ceil(body.length / count);
  return Array.from({ length: count }, (_, i) => {
    const part = body.subarray(i * size, (i + 1) * size);
    const out = Buffer.allocUnsafe(2 + part.length);
    out[0] = (header & 0xe0) | FU_A;
    out[1] = (i === 0 ? FU_START : 0) | (i === count - 1 ? FU_END : 0) | (header & 0x1f);
    part.copy(out, 2);
    return out;
  });
}
