import { Socket } from "node:dgram";
import { sendSingly } from "./singly.ts";

/**
 * Drops RTP on its way into the sockets of this process, as a network would, for as long as it is held.
 * @param drops sees each packet, encrypted, header in the clear
 */
export function losing(drops: (packet: Buffer) => boolean): Disposable {
  const singly = sendSingly();
  const { send } = Socket.prototype;
  Socket.prototype.send = function (this: Socket, ...args: unknown[]) {
    const [datagram] = args;
    if (Buffer.isBuffer(datagram) && isRtp(datagram) && drops(datagram)) return;
    Reflect.apply(send, this, args);
  };
  return {
    [Symbol.dispose]: () => {
      Socket.prototype.send = send;
      singly[Symbol.dispose]();
    },
  };
}

/** By first byte among DTLS and STUN (RFC 7983), by second among RTCP (RFC 5761). */
function isRtp(datagram: Buffer): boolean {
  const [first = 0, second = 0] = datagram;
  return first >> 6 === 2 && (second < 192 || second > 223);
}
