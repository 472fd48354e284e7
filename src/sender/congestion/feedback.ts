/** One transport-wide feedback message (draft-holmer-rmcat-transport-wide-cc-extensions-01), as plain data. */
export interface TransportFeedback {
  /** In the order of their numbers. */
  packets: readonly PacketReport[];
}

export interface PacketReport {
  /** The transport-wide sequence number, never wrapping: as the packet was told of when it left. */
  sequenceNumber: number;
  /** Milliseconds of the viewer's clock, never wrapping; absent when not received. */
  arrivalMs?: number;
}

/** What a receiver report (RFC 3550, 6.4.2) says of our stream. */
export interface ReceiverReport {
  /** 0 to 1, since the report before. */
  fractionLost: number;
  /** From the report's LSR and DLSR; absent when it answers no sender report. */
  rttMs?: number;
}
