/**
 * What a packet carries: `media` and `keyframe` are pictures, `retransmission` is RTX (RFC 4588), `padding` exists only
 * to be counted.
 */
export type PacketKind = "media" | "keyframe" | "retransmission" | "padding";

export interface SentPacket {
  /** The transport-wide sequence number, never wrapping; each packet has its own, RTX too. */
  sequenceNumber: number;
  /** What the network carries: UDP payload, so RTP header, extensions and SRTP tag included. */
  bytes: number;
  kind: PacketKind;
  /** The probe that this packet was part of. */
  probeCluster?: number;
}

export interface PacketRecord extends SentPacket {
  /** Milliseconds of the sender's monotonic clock. */
  sentAtMs: number;
}

/** A packet whose fate the viewer has told. */
export interface PacketResult {
  packet: PacketRecord;
  /** Milliseconds of the viewer's clock, whose zero is unknown; absent when the packet was lost. */
  arrivalMs?: number;
  /** It had been reported lost before, and came after all. */
  lateArrival?: true;
  /** It was among the {@link Resolved.untold} before: the message that tells of it was overtaken, not lost. */
  supposed?: true;
}

/** What a feedback message tells, and what was left out between it and the one before. */
export interface Resolved {
  /** In the order of their numbers. */
  results: PacketResult[];
  /** Of these a message told that was lost on its way, or comes later: nobody knows whether they came. */
  untold: PacketRecord[];
  /** Told lost by the message before, and not received by this one: what was only overtaken has come by then. */
  missed: PacketRecord[];
}
