import type { Socket } from "node:dgram";
import { once } from "node:events";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
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

/**
 * Where this process stood meanwhile, in which the other end may live too, its timers come due before its sockets are
 * read: what waits in them has some turns more.
 */
async function unanswered(): Promise<undefined> {
  await sleep(UNANSWERED_MS);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

/** @param port of this machine */
export async function isCheckAnswered(socket: Socket, bytes: Buffer, port: number): Promise<boolean> {
  const answer = once(socket, "message") as Promise<[Buffer]>;
  socket.send(bytes, port, "127.0.0.1");
  const [received] = (await Promise.race([answer, unanswered()])) ?? [];
  return received !== undefined && parseMessage(received) !== undefined;
}
