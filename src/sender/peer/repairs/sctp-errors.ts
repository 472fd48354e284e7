import type { RTCPeerConnection } from "werift";
import { Budget } from "../budget.ts";
import { type Association, type Channels, isFull, requireKept } from "./sctp-kept.ts";
import { lookThroughSctp } from "./sctp-packet.ts";

interface Listener {
  execute(...args: unknown[]): unknown;
}

interface Reader {
  handleData(packet: Buffer): Promise<void>;
  onReceive: { event: { stack: Listener[] } };
}

/** Of an honest viewer's each is a chunk with some work about it: a few when it begins, and then what it has to say. */
const PARTS_PER_SECOND = 256;

/**
 * werift 0.25.2 reads SCTP in a promise that nobody waits for, so that one packet it cannot read ends this process with an
 * unhandled rejection, and every viewer's stream with it. With this such a packet is lost and nothing else, as is one that it
 * would read for long, and what is more than one viewer may have it do in a second, or keep. Call once the remote
 * description is set.
 */
export function dropUnreadableSctp(pc: RTCPeerConnection): void {
  const association = pc.sctpTransport?.sctp as unknown as (Reader & Association) | undefined;
  if (!association) return;
  const channels = pc.sctpTransport as unknown as Channels;
  const listeners = association.onReceive?.event?.stack;
  if (typeof association.handleData !== "function" || !listeners?.length) {
    throw new Error("this werift reads elsewhere: see dropUnreadableSctp");
  }
  requireKept(association, channels);
  const handleData = association.handleData.bind(association);
  const budget = new Budget(PARTS_PER_SECOND, PARTS_PER_SECOND);
  association.handleData = async (packet) => {
    const contents = lookThroughSctp(packet);
    if (!contents || !budget.spend(performance.now(), contents.parts)) return;
    if (contents.hasData && isFull(association, channels)) return;
    await handleData(packet).catch(() => {});
  };
  // Messages of channels are read in promises of their own.
  for (const listener of listeners) {
    const execute = listener.execute.bind(listener);
    listener.execute = async (...args) => {
      await Promise.resolve(execute(...args)).catch(() => {});
    };
  }
}
