import { type Message, parseMessage, type RTCPeerConnection } from "werift";
import { CANDIDATES_MAX } from "../../../protocol/limits.ts";
import { Budget } from "../budget.ts";
import { isBoundedStun } from "./bounded-stun.ts";
import { type Address, type DatagramProtocol, hearOnly } from "./datagram-hook.ts";
import { isSignedToItsEnd } from "./stun-attributes.ts";

interface Protocol extends DatagramProtocol {
  onRequestReceived: { execute(message: Message, address: Address, datagram: Buffer): void };
}

interface Connection {
  readonly localUsername: string;
  readonly localPassword: string;
  readonly remoteCandidates: readonly { host: string; port: number }[];
  /** Those that came before the offer, kept until it is there. */
  readonly earlyChecks: readonly unknown[];
  ensureProtocol(protocol: Protocol): void;
}

/** Those that the viewer names, and as many that a NAT may make of them. */
const REMOTE_CANDIDATES_MAX = 2 * CANDIDATES_MAX;
/** A browser sends some twenty in a second. */
const EARLY_CHECKS_MAX = 256;
/** While it looks for a path; later it sends one or two. Each costs two hashes and a datagram, and may have the sender check too. */
const CHECKS_PER_SECOND = 256;

/**
 * werift 0.25.2 takes any STUN request: it looks at neither the integrity nor the user name (RFC 8445 section 7.3, RFC
 * 8489 section 9.1.3), so that a stranger who finds the port can swap the ICE roles, change the user name of the sender's
 * own checks until consent is lost, and fill its memory with addresses. With this only the viewer's own get through, and of
 * those no more than a budget in a second. Call before gathering begins.
 */
export function checkStunIntegrity(pc: RTCPeerConnection): void {
  for (const transport of pc.iceTransports) {
    const connection = transport.connection as unknown as Connection;
    const ensure = connection.ensureProtocol?.bind(connection);
    if (!ensure || !connection.localPassword || !connection.earlyChecks)
      throw new Error("this werift checks elsewhere: see checkStunIntegrity");
    const budget = new Budget(CHECKS_PER_SECOND, CHECKS_PER_SECOND);
    connection.ensureProtocol = (protocol) => {
      hearOnly(protocol, isBoundedStun);
      const { onRequestReceived } = protocol;
      const execute = onRequestReceived.execute.bind(onRequestReceived);
      onRequestReceived.execute = (message, address, datagram) => {
        // A stranger's may not use up the budget.
        if (!isGenuine(datagram, connection) || !budget.spend(performance.now())) return;
        if (hasRoom(connection, address)) execute(message, address, datagram);
      };
      ensure(protocol);
    };
  }
}

function isGenuine(datagram: Buffer, { localUsername, localPassword }: Connection): boolean {
  const message = parseMessage(datagram, Buffer.from(localPassword));
  if (!message) return false;
  // werift keeps of what comes twice the last, and in the place of the first.
  if (!isSignedToItsEnd(datagram)) return false;
  const username: unknown = message.getAttributeValue("USERNAME");
  return typeof username === "string" && username.split(":")[0] === localUsername;
}

/**
 * Requests may come from addresses that no candidate named, but not from any number of them; nor may any number of them be
 * kept for an offer that may never come.
 */
function hasRoom({ remoteCandidates, earlyChecks }: Connection, [host, port]: Address): boolean {
  if (earlyChecks.length >= EARLY_CHECKS_MAX) return false;
  return (
    remoteCandidates.length < REMOTE_CANDIDATES_MAX ||
    remoteCandidates.some((candidate) => candidate.host === host && candidate.port === port)
  );
}
