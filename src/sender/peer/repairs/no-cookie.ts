import type { DtlsSocket, RTCPeerConnection } from "werift";
import { HANDSHAKE } from "./dtls-handshake.ts";
import type { WeriftHandshake } from "./dtls-werift.ts";

/** Server flight 4 of RFC 6347 4.2.4: from here on a ClientHello was accepted. */
const FLIGHT_SERVER_HELLO = 4;
/** Client version and random, before the session id (RFC 5246 7.4.1.2). */
const SESSION_ID_AT = 34;
const SERVER_SESSION = 2;

/** What this repair uses of a DTLS server of werift 0.25.2. Undocumented: fitted before use. */
interface ServerInternals {
  readonly sessionType: number;
  onHandleHandshakes(messages: WeriftHandshake[]): Promise<void>;
  readonly transport: { send(bytes: Buffer): Promise<void> };
  readonly dtls: { flight: number; sequenceNumber: number; readonly cookie?: Buffer | undefined };
}

const MEMBERS = ["onHandleHandshakes", "transport.send", "dtls.flight", "dtls.sequenceNumber", "dtls.cookie"] as const;

/**
 * The DTLS cookie proves that a client receives at the address it sends from (RFC 6347 4.2.1), which ICE has proven
 * already; werift 0.25.2 asks for it all the same, and so for one more round trip. With this the first ClientHello is
 * answered with the ServerHello. Call before the transports start, and after the gate of `trustDtlsOnlyWithProof`, which
 * sends that same answer again when the same ClientHello comes again and lets no other through.
 */
export function skipCookie(pc: RTCPeerConnection): void {
  for (const transport of pc.dtlsTransports) {
    transport.onStateChange.subscribe((state) => {
      if (state !== "connecting") return;
      // Before the datagrams that `keepEarlyHello` hands over: the socket is made right after this, in the same turn.
      queueMicrotask(() => {
        if (transport.dtls) answerFirstHello(transport.dtls);
      });
    });
  }
}

/** The same for one socket; a DTLS client is left as it is. */
export function answerFirstHello(dtlsSocket: DtlsSocket): void {
  const socket = requireFit(dtlsSocket);
  if (socket.sessionType !== SERVER_SESSION) return;
  const handle = socket.onHandleHandshakes;
  socket.onHandleHandshakes = (messages) => {
    const [hello] = messages;
    const accepted = socket.dtls.flight >= FLIGHT_SERVER_HELLO;
    if (hello?.msg_type !== HANDSHAKE.clientHello || accepted || hasCookie(hello)) return handle(messages);
    const begun = withoutSending(socket, () => handle([hello]));
    // In the same turn, for a second copy of the hello may be next. Without a cookie werift could not use this one.
    const { cookie } = socket.dtls;
    return cookie ? numberedFromZero(socket, () => handle([withCookie(hello, cookie)])) : begun;
  };
}

function hasCookie({ fragment }: WeriftHandshake): boolean {
  return fragment[cookieAt(fragment)] !== 0;
}

function cookieAt(clientHello: Buffer): number {
  return SESSION_ID_AT + 1 + (clientHello[SESSION_ID_AT] ?? 0);
}

/** Seen by werift with the cookie, and by the transcript as it came. */
function withCookie(hello: WeriftHandshake, cookie: Buffer): WeriftHandshake {
  const at = cookieAt(hello.fragment);
  const before = hello.fragment.subarray(0, at);
  const after = hello.fragment.subarray(at + 1);
  return { ...hello, fragment: Buffer.concat([before, Buffer.from([cookie.length]), cookie, after]) };
}

/** werift reads the hello and makes its keys in the same turn in which it sends the HelloVerifyRequest. */
function withoutSending(socket: ServerInternals, begin: () => Promise<void>): Promise<void> {
  const { transport } = socket;
  const { send } = transport;
  transport.send = async () => {};
  try {
    return begin();
  } finally {
    transport.send = send;
  }
}

/** werift counts on a HelloVerifyRequest as message 0, and numbers the ServerHello 1: the first in fact is 0. */
function numberedFromZero({ dtls }: ServerInternals, begin: () => Promise<void>): Promise<void> {
  let next = 0;
  let begun = false;
  const plain = { configurable: true, enumerable: true };
  Object.defineProperty(dtls, "sequenceNumber", {
    ...plain,
    get: () => next,
    set(value: number) {
      next = begun ? value : 0;
      begun = true;
    },
  });
  try {
    return begin();
  } finally {
    Object.defineProperty(dtls, "sequenceNumber", { ...plain, value: next, writable: true });
  }
}

function requireFit(socket: DtlsSocket): ServerInternals {
  for (const member of MEMBERS) {
    const [holder = "", name] = member.split(".");
    const value: unknown = Reflect.get(socket, holder);
    if (name === undefined ? !value : typeof value !== "object" || value === null || !(name in value)) {
      throw new Error(`This version of werift has no ${member} in its DTLS socket: see skipCookie.`);
    }
  }
  return socket as unknown as ServerInternals;
}
