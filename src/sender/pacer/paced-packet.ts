import type { PacketKind } from "../congestion/packet.ts";

/** What the pacer needs to know of a packet; the caller's own may hold more. */
export interface PacedPacket {
  kind: Exclude<PacketKind, "padding">;
  bytes: number;
}

/** What may leave now: a packet that was pushed, or padding to be made for a probe. */
export type Departure<P extends PacedPacket> =
  | { packet: P; probeCluster?: number }
  | { paddingBytes: number; probeCluster: number };

export type DropReason = "too-late" | "over-budget";
