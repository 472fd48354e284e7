/**
 * Puts NAL units together again out of RTP payloads (RFC 6184 sections 5.6 to 5.8).
 * @throws Error for what a strict receiver would not accept
 */
export function depacketize(payloads: readonly Buffer[]): Buffer[] {
  const nals: Buffer[] = [];
  let open: Buffer[] | undefined;
  for (const payload of payloads) {
    const type = payload.readUInt8(0) & 0x1f;
    if (open && type !== 28) throw new Error("a fragmented NAL unit was interrupted");
    if (type >= 1 && type <= 23) nals.push(payload);
    else if (type === 24) nals.push(...disaggregate(payload));
    else if (type === 28) {
      const nal = fragment(payload, open);
      if (nal.done) nals.push(Buffer.concat(nal.parts));
      open = nal.done ? undefined : nal.parts;
    } else throw new Error(`payload type ${type} is not of packetization-mode 1`);
  }
  if (open) throw new Error("a fragmented NAL unit was not ended");
  return nals;
}

function disaggregate(payload: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  let strictest = 0;
  for (let at = 1; at < payload.length; ) {
    const length = payload.readUInt16BE(at);
    if (length === 0 || at + 2 + length > payload.length) throw new Error("a length in a STAP-A is wrong");
    const nal = payload.subarray(at + 2, at + 2 + length);
    strictest = Math.max(strictest, nal.readUInt8(0) & 0x60);
    nals.push(nal);
    at += 2 + length;
  }
  if (nals.length < 2) throw new Error("a STAP-A of fewer than two");
  if ((payload.readUInt8(0) & 0x60) !== strictest) throw new Error("a STAP-A's NRI is not its strictest part's");
  return nals;
}

function fragment(payload: Buffer, open: Buffer[] | undefined): { parts: Buffer[]; done: boolean } {
  const indicator = payload.readUInt8(0);
  const header = payload.readUInt8(1);
  const [start, end] = [(header & 0x80) !== 0, (header & 0x40) !== 0];
  if (start && end) throw new Error("start and end in one fragment (RFC 6184 section 5.8 forbids it)");
  if (header & 0x20) throw new Error("the reserved bit is set");
  if (start === (open !== undefined)) throw new Error("a fragment begins or goes on where it may not");
  if (payload.length === 2) throw new Error("a fragment of nothing");
  const nalHeader = Buffer.from([(indicator & 0xe0) | (header & 0x1f)]);
  if (open && !open[0]?.equals(nalHeader)) throw new Error("the fragments are of two NAL units");
  return { parts: [...(open ?? [nalHeader]), payload.subarray(2)], done: end };
}
