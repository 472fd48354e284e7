/** The kernel's own limit (UDP_MAX_SEGMENTS of Linux 4.18). */
const SEGMENTS_MAX = 64;
/** The greatest UDP payload over IPv4; IPv6 would carry twenty bytes more. */
const BYTES_MAX = 65_507;

/**
 * The longest run, from the datagram at `from` on, that one call can send: UDP segmentation (UDP_SEGMENT of udp(7)) cuts
 * what it is given into datagrams of one length, of which the last may be shorter.
 * @returns where it ends, exclusive
 */
export function endOfRun(datagrams: readonly { length: number }[], from: number): number {
  const segmentBytes = datagrams[from]?.length ?? 0;
  let bytes = segmentBytes;
  let to = from + 1;
  for (; to < datagrams.length && to - from < SEGMENTS_MAX; to++) {
    const { length } = datagrams[to] as { length: number };
    bytes += length;
    if (length > segmentBytes || bytes > BYTES_MAX) break;
    if (length < segmentBytes) return to + 1;
  }
  return to;
}
