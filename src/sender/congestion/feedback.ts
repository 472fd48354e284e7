/** One transport-wide feedback message (draft-holmer-rmcat-transport-wide-cc-extensions-01), as plain data. */
export interface TransportFeedback {
  /** In the order of their numbers. */
  packets: readonly PacketReport[];
}

export interface PacketReport {
  /** The transport-wide sequence number, 16 bits. */
  sequenceNumber: number;
  /** Milliseconds of the viewer's clock, never wrapping (see {@link unwrapReferenceMs}); absent when not received. */
  arrivalMs?: number;
}

/** What a receiver report (RFC 3550, 6.4.2) says of our stream. */
export interface ReceiverReport {
  /** 0 to 1, since the report before. */
  fractionLost: number;
  /** From the report's LSR and DLSR; absent when it answers no sender report. */
  rttMs?: number;
}

const REFERENCE_UNIT_MS = 64;
const REFERENCE_SPAN = 2 ** 24;

/**
 * Unwraps a feedback message's reference time: 24 bits of 64 ms, which come round every 12.4 days.
 * @param previousMs what this returned for the message before
 * @returns milliseconds of the viewer's clock
 */
export function unwrapReferenceMs(reference: number, previousMs?: number): number {
  if (previousMs === undefined) return reference * REFERENCE_UNIT_MS;
  const previous = Math.floor(previousMs / REFERENCE_UNIT_MS);
  const forward = (((reference - previous) % REFERENCE_SPAN) + REFERENCE_SPAN) % REFERENCE_SPAN;
  const step = forward >= REFERENCE_SPAN / 2 ? forward - REFERENCE_SPAN : forward;
  return (previous + step) * REFERENCE_UNIT_MS;
}
