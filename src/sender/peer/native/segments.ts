/** The kernel's own limit (UDP_MAX_SEGMENTS of Linux 4.18). */
const SEGMENTS_MAX = 64;
/** The greatest UDP payload over IPv4; IPv6 would carry twenty bytes more. */
const BYTES_MAX = 65_507;

/** Datagrams that one call can send: all of one length, but the last, which may be shorter. */
export interface SegmentRun {
  from: number;
  /** Exclusive. */
  to: number;
}

/**
 * The longest run that begins with the datagram at `from`. UDP segmentation (UDP_SEGMENT of udp(7)) cuts what it is given
 * into datagrams of equal length.
 */
export function segmentRun(datagrams: readonly { length: number }[], from: number): SegmentRun {
  const segmentBytes = datagrams[from]?.length ?? 0;
  let bytes = segmentBytes;
  let to = from + 1;
  for (; to < datagrams.length && to - from < SEGMENTS_MAX; to++) {
    const { length } = datagrams[to] as { length: number };
    bytes += length;
    if (length > segmentBytes || bytes > BYTES_MAX) break;
    if (length < segmentBytes) return { from, to: to + 1 };
  }
  return { from, to };
}
