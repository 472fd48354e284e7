import { parseTransportFeedback, type WireTransportFeedback } from "./transport-feedback.ts";

/** What a viewer's RTCP says, numbers as on the wire. `ssrc` is the stream that is spoken of. */
export type RtcpMessage =
  | ({ kind: "reception-report" } & WireReport)
  | { kind: "nack"; ssrc: number; lost: number[] }
  | { kind: "picture-loss"; ssrc: number }
  | { kind: "full-intra-request"; ssrc: number; from: number; sequenceNumber: number }
  | { kind: "max-bitrate"; ssrcs: number[]; bitrateBps: number }
  | { kind: "transport-feedback"; feedback: WireTransportFeedback };

/** A report block of a receiver report (RFC 3550 section 6.4.1). */
export interface WireReport {
  ssrc: number;
  /** Since the last report, 0 to 1. */
  fractionLost: number;
  /** Middle 32 bits of the last sender report's NTP time; 0 when none was received. */
  lastSenderReport: number;
  /** 1/65536 s. */
  delaySinceLastSenderReport: number;
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const TRANSPORT_FEEDBACK = 205;
const PAYLOAD_FEEDBACK = 206;

const NACK = 1;
const TRANSPORT_WIDE = 15;
const PICTURE_LOSS = 1;
const FULL_INTRA = 4;
const APPLICATION_LAYER = 15;

const REPORT_BYTES = 24;
/** More is no feedback on what was sent lately: ten times what a second of 8 Mbps has. */
export const STATUSES_MAX = 8_192;
/** More are not asked for at once: it would be seconds of video. */
const LOST_MAX = 4_096;

/**
 * Reads a compound RTCP packet (RFC 3550, RFC 4585, RFC 5104). Never throws: what is cut short, unknown or makes no
 * sense is left out, and what follows it is read on where that can be.
 * @param statusesMax of more packets its transport-wide feedback may not tell, together
 */
export function parseRtcp(compound: Buffer, statusesMax = STATUSES_MAX): RtcpMessage[] {
  const messages: RtcpMessage[] = [];
  let statusesLeft = statusesMax;
  for (let at = 0; at + 4 <= compound.length; ) {
    const first = compound.readUInt8(at);
    const end = at + 4 * (1 + compound.readUInt16BE(at + 2));
    if (first >> 6 !== 2 || end > compound.length) return messages;
    const padding = first & 0x20 ? compound.readUInt8(end - 1) : 0;
    if (padding <= end - at - 4) {
      const body = compound.subarray(at + 4, end - padding);
      const parsed = parsePacket(compound.readUInt8(at + 1), first & 0x1f, body, statusesLeft);
      statusesLeft -= statusesIn(parsed);
      messages.push(...parsed);
    }
    at = end;
  }
  return messages;
}

/** Of how many packets these messages tell whether they arrived. */
export function statusesIn(messages: readonly RtcpMessage[]): number {
  const counts = messages.map((each) => (each.kind === "transport-feedback" ? each.feedback.arrivedUs.length : 0));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** @param count the reports' count, or the feedback's type */
function parsePacket(type: number, count: number, body: Buffer, statusesMax: number): RtcpMessage[] {
  switch (type) {
    case SENDER_REPORT:
      return parseReports(body.subarray(24), count);
    case RECEIVER_REPORT:
      return parseReports(body.subarray(4), count);
    case TRANSPORT_FEEDBACK:
      return body.length < 8 ? [] : parseTransportLayer(count, body, statusesMax);
    case PAYLOAD_FEEDBACK:
      return body.length < 8 ? [] : parsePayloadSpecific(count, body);
    default:
      return [];
  }
}

function parseReports(body: Buffer, count: number): RtcpMessage[] {
  const whole = Math.min(count, Math.floor(body.length / REPORT_BYTES));
  return Array.from({ length: whole }, (_, i) => {
    const at = i * REPORT_BYTES;
    return {
      kind: "reception-report",
      ssrc: body.readUInt32BE(at),
      fractionLost: body.readUInt8(at + 4) / 256,
      lastSenderReport: body.readUInt32BE(at + 16),
      delaySinceLastSenderReport: body.readUInt32BE(at + 20),
    };
  });
}

function parseTransportLayer(format: number, body: Buffer, statusesMax: number): RtcpMessage[] {
  const fci = body.subarray(8);
  if (format === NACK) return [{ kind: "nack", ssrc: body.readUInt32BE(4), lost: parseLost(fci) }];
  if (format !== TRANSPORT_WIDE) return [];
  const feedback = parseTransportFeedback(fci, statusesMax);
  return feedback ? [{ kind: "transport-feedback", feedback }] : [];
}

/** Each entry names one packet and, by a bit mask, any of the sixteen behind it. */
function parseLost(fci: Buffer): number[] {
  const lost: number[] = [];
  for (let at = 0; at + 4 <= fci.length && lost.length < LOST_MAX; at += 4) {
    const first = fci.readUInt16BE(at);
    const mask = fci.readUInt16BE(at + 2);
    lost.push(first);
    for (let bit = 0; bit < 16; bit++) if (mask & (1 << bit)) lost.push((first + bit + 1) & 0xffff);
  }
  return lost;
}

function parsePayloadSpecific(format: number, body: Buffer): RtcpMessage[] {
  const from = body.readUInt32BE(0);
  const fci = body.subarray(8);
  if (format === PICTURE_LOSS) return [{ kind: "picture-loss", ssrc: body.readUInt32BE(4) }];
  if (format === FULL_INTRA) {
    return Array.from({ length: Math.floor(fci.length / 8) }, (_, i) => ({
      kind: "full-intra-request",
      ssrc: fci.readUInt32BE(i * 8),
      from,
      sequenceNumber: fci.readUInt8(i * 8 + 4),
    }));
  }
  return format === APPLICATION_LAYER ? parseRemb(fci) : [];
}

/** draft-alvestrand-rmcat-remb-03: a mantissa of 18 bits, an exponent of six. */
function parseRemb(fci: Buffer): RtcpMessage[] {
  if (fci.length < 8 || fci.toString("latin1", 0, 4) !== "REMB") return [];
  const count = fci.readUInt8(4);
  if (fci.length < 8 + 4 * count) return [];
  const coded = fci.readUIntBE(5, 3);
  const bitrateBps = (coded & 0x3ffff) * 2 ** (coded >> 18);
  return [
    { kind: "max-bitrate", ssrcs: Array.from({ length: count }, (_, i) => fci.readUInt32BE(8 + 4 * i)), bitrateBps },
  ];
}
