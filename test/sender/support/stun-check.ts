import type { Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Message, parseMessage } from "werift";

const BINDING = 0x001;
const REQUEST = 0x000;
/** Over loopback an answer is there long before. */
export const UNANSWERED_MS = 150;

/** A check of a path (RFC 8445 section 7.1.1), as yet unsigned. */
export function checkFor(username: string | undefined): Message {
  const message = new Message(BINDING, REQUEST);
  if (username !== undefined) message.setAttribute("USERNAME", username);
  return message.setAttribute("PRIORITY", 1);
}

export function signWith(check: Message, password: string): Message {
  return check.addMessageIntegrity(Buffer.from(password)).addFingerprint();
}

/** @param port of this machine */
export async function isCheckAnswered(socket: Socket, bytes: Buffer, port: number): Promise<boolean> {
  const answer = once(socket, "message") as Promise<[Buffer]>;
  socket.send(bytes, port, "127.0.0.1");
  const [received] = (await Promise.race([answer, sleep(UNANSWERED_MS, undefined)])) ?? [];
  return received !== undefined && parseMessage(received) !== undefined;
}
