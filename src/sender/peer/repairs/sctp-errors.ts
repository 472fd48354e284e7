import type { RTCPeerConnection } from "werift";
import { isReadableSctp } from "./sctp-packet.ts";

interface Listener {
  execute(...args: unknown[]): unknown;
}

interface Association {
  handleData(packet: Buffer): Promise<void>;
  onReceive: { event: { stack: Listener[] } };
}

/**
 * werift 0.25.2 reads SCTP in a promise that nobody waits for, so that one packet it cannot read ends this process with an
 * unhandled rejection, and every viewer's stream with it. With this such a packet is lost and nothing else, as is one
 * that it would read for ever. Call once the remote description is set.
 */
export function dropUnreadableSctp(pc: RTCPeerConnection): void {
  const association = pc.sctpTransport?.sctp as unknown as Association | undefined;
  if (!association) return;
  const listeners = association.onReceive?.event?.stack;
  if (typeof association.handleData !== "function" || !listeners?.length) {
    throw new Error("this werift reads elsewhere: see dropUnreadableSctp");
  }
  const handleData = association.handleData.bind(association);
  association.handleData = async (packet) => {
    if (isReadableSctp(packet)) await handleData(packet).catch(() => {});
  };
  // Messages of channels are read in promises of their own.
  for (const listener of listeners) {
    const execute = listener.execute.bind(listener);
    listener.execute = async (...args) => {
      await Promise.resolve(execute(...args)).catch(() => {});
    };
  }
}
