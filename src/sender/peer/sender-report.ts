/** NTP counts from 1900 (RFC 3550 section 4). */
const NTP_EPOCH_OFFSET_S = 2_208_988_800;
/** A report that comes back later than this many others is no measure of the round trip. */
const REMEMBERED = 8;

const SENDER_REPORT = 200;
const SOURCE_DESCRIPTION = 202;
const CNAME = 1;

export interface RtcpSenderReport {
  ssrc: number;
  /** The wall clock, in milliseconds since 1970. */
  wallMs: number;
  /** The RTP clock at that very moment. */
  rtpTimestamp: number;
  packets: number;
  payloadBytes: number;
  cname: string;
}

/** A sender report and its CNAME, as one compound packet (RFC 3550 sections 6.4.1 and 6.5). */
export function writeSenderReport(report: RtcpSenderReport): Buffer {
  const name = Buffer.from(report.cname).subarray(0, 255);
  // The items end with at least one zero byte, and at a multiple of four.
  const chunkBytes = 4 + ((2 + name.length + 4) & ~3);
  const bytes = Buffer.alloc(28 + 4 + chunkBytes);
  writeHeader(bytes, 0, 0, SENDER_REPORT, 28);
  bytes.writeUInt32BE(report.ssrc, 4);
  const { seconds, fraction } = ntpTime(report.wallMs);
  bytes.writeUInt32BE(seconds, 8);
  bytes.writeUInt32BE(fraction, 12);
  bytes.writeUInt32BE(report.rtpTimestamp, 16);
  bytes.writeUInt32BE(report.packets % 2 ** 32, 20);
  bytes.writeUInt32BE(report.payloadBytes % 2 ** 32, 24);
  writeHeader(bytes, 28, 1, SOURCE_DESCRIPTION, 4 + chunkBytes);
  bytes.writeUInt32BE(report.ssrc, 32);
  bytes[36] = CNAME;
  bytes[37] = name.length;
  name.copy(bytes, 38);
  return bytes;
}

function writeHeader(bytes: Buffer, at: number, count: number, type: number, length: number): void {
  bytes[at] = 0x80 | count;
  bytes[at + 1] = type;
  bytes.writeUInt16BE(length / 4 - 1, at + 2);
}

function ntpTime(wallMs: number): { seconds: number; fraction: number } {
  const seconds = Math.floor(wallMs / 1_000);
  const fraction = Math.floor(((wallMs - seconds * 1_000) / 1_000) * 2 ** 32);
  return { seconds: (seconds + NTP_EPOCH_OFFSET_S) % 2 ** 32, fraction };
}

/** The middle 32 bits of an NTP time: 1/65536 s. */
export function compactNtp(wallMs: number): number {
  const { seconds, fraction } = ntpTime(wallMs);
  return (seconds % 0x10000) * 0x10000 + Math.floor(fraction / 0x10000);
}

/** Measures round trips by the sender reports that receiver reports answer. */
export class ReportRoundTrip {
  readonly #sent: number[] = [];
  #rttMs: number | undefined;

  /** Smoothed as TCP does (RFC 6298); `undefined` before the first was measured. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  reported(wallMs: number): void {
    this.#sent.push(compactNtp(wallMs));
    if (this.#sent.length > REMEMBERED) this.#sent.shift();
  }

  /**
   * @param lastSenderReport as the receiver report has it, and so `delaySinceLastSenderReport`
   * @param wallMs when the receiver report came
   * @returns the round trip, or nothing when the report answers none that was sent lately
   */
  measure(lastSenderReport: number, delaySinceLastSenderReport: number, wallMs: number): number | undefined {
    if (!this.#sent.includes(lastSenderReport)) return undefined;
    const elapsed = (compactNtp(wallMs) - lastSenderReport) >>> 0;
    // Clocks of 1/65536 s may make nothing of a short trip, and a liar more than there was time for.
    const rttMs = ((elapsed - delaySinceLastSenderReport) / 65_536) * 1_000;
    if (rttMs < -1) return undefined;
    this.#rttMs = this.#rttMs === undefined ? Math.max(0, rttMs) : this.#rttMs * 0.875 + Math.max(0, rttMs) * 0.125;
    return Math.max(0, rttMs);
  }
}
