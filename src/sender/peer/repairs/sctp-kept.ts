/** What werift 0.25.2 keeps of a viewer's data. */
export interface Association {
  /** Numbers of chunks that came before others. */
  readonly sackMisOrdered: { readonly size: number };
  /** Chunks of messages that are not whole yet. */
  readonly inboundStreams: Readonly<Record<string, { readonly reassembly?: { readonly length: number } }>>;
  /** Answers that were sent, and are sent again until the viewer has them; and those that wait for that. */
  readonly sentQueue: { readonly length: number };
  readonly outboundQueue: { readonly length: number };
  /** Bytes that the viewer may still send. */
  readonly advertisedRwnd: number;
}

/** Answers that wait until the viewer has finished its handshake. */
export interface Channels {
  readonly dataChannelQueue?: { readonly length: number };
}

/** Of each kind. A message of 64 kB, as long as the answer's SDP allows, has 55 chunks. */
const KEPT_MAX = 128;

/**
 * Whether a viewer's data has to stop: werift sorts and copies all that came too early with each chunk that comes, looks through
 * all that is unfinished, and has each answer that waits look whether it may go, so that a second of a viewer's uplink
 * holds the thread for ten. Nor does it keep to the window of bytes that it tells the viewer.
 */
export function isFull(association: Association, { dataChannelQueue }: Channels): boolean {
  const { sackMisOrdered, inboundStreams, sentQueue, outboundQueue, advertisedRwnd } = association;
  if (advertisedRwnd <= 0) return true;
  let unfinished = 0;
  for (const id in inboundStreams) unfinished += inboundStreams[id]?.reassembly?.length ?? KEPT_MAX;
  const unanswered = sentQueue.length + outboundQueue.length + (dataChannelQueue?.length ?? KEPT_MAX);
  return [sackMisOrdered.size, unfinished, unanswered].some((kept) => kept >= KEPT_MAX);
}

/** @throws when this werift keeps it elsewhere */
export function requireKept(association: Association, { dataChannelQueue }: Channels): void {
  const { sackMisOrdered, inboundStreams, sentQueue, outboundQueue, advertisedRwnd } = association;
  const queues = [sentQueue, outboundQueue, dataChannelQueue];
  const counts = [sackMisOrdered?.size, advertisedRwnd, ...queues.map((queue) => queue?.length)];
  if (typeof inboundStreams !== "object" || counts.some((count) => typeof count !== "number"))
    throw new Error("this werift keeps a viewer's data elsewhere: see requireKept");
}
