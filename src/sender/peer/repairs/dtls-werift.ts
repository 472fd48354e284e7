import type { DtlsSocket } from "werift";
import type { DtlsRecord } from "./dtls-record.ts";

/** A handshake message in the shape that werift's handlers and its transcript take. */
export interface WeriftHandshake {
  msg_type: number;
  length: number;
  message_seq: number;
  fragment_offset: number;
  fragment_length: number;
  fragment: Buffer;
  serialize(): Buffer;
}

/** What the DTLS repairs use of one of werift 0.25.2's DTLS associations. Undocumented: `requireFit` before use. */
export interface DtlsInternals {
  readonly sessionType: number;
  readonly connected: boolean;
  readonly transport: { send(bytes: Buffer): Promise<void>; readonly socket: { onData(datagram: Buffer): void } };
  readonly dtls: {
    /** The last flight begun (RFC 6347 4.2.4): 2, 4, 6 as server, 1, 3, 5 and 7 when done as client. */
    flight: number;
    readonly epoch: number;
    recordSequenceNumber: number;
    readonly version: { major: number; minor: number };
    /** Records of the last flight sent, to be sent again. */
    readonly lastMessage: Buffer[];
    readonly handshakeCache: Record<number, { data: WeriftHandshake[] }>;
    /** The transcript: every message of the handshake so far, of both ends. */
    readonly sortedHandshakeCache: WeriftHandshake[];
    /** RFC 7627: whether the server took it up, of use to a client. */
    readonly remoteExtendedMasterSecret: boolean;
  };
  readonly cipher: {
    readonly cipherSuite?: number;
    readonly localRandom?: { serialize(): Buffer };
    readonly remoteRandom?: { serialize(): Buffer };
    readonly remoteCertificate?: Buffer;
    readonly masterSecret?: Buffer;
    /** There once the keys are. */
    readonly cipher?: unknown;
    encryptPacket(record: DtlsRecord): DtlsRecord;
    decryptPacket(record: DtlsRecord): Buffer;
  };
  readonly srtp: { readonly srtpProfile?: number };
  readonly onData: { execute(data: Buffer): void };
  readonly onError: { execute(error: Error): void };
  readonly onClose: { execute(): void };
  udpOnMessage(datagram: Buffer): void;
  onHandleHandshakes(messages: WeriftHandshake[]): Promise<void>;
  close(): void;
}

/** Where each member stands, from the socket down. */
export const MEMBERS: readonly string[] = [
  "sessionType",
  "connected",
  "transport.send",
  "transport.socket.onData",
  "dtls.flight",
  "dtls.epoch",
  "dtls.recordSequenceNumber",
  "dtls.version",
  "dtls.lastMessage",
  "dtls.handshakeCache",
  "dtls.sortedHandshakeCache",
  "dtls.remoteExtendedMasterSecret",
  "cipher.cipherSuite",
  "cipher.localRandom",
  "cipher.remoteRandom",
  "cipher.remoteCertificate",
  "cipher.masterSecret",
  "cipher.cipher",
  "cipher.encryptPacket",
  "cipher.decryptPacket",
  "srtp.srtpProfile",
  "onData.execute",
  "onError.execute",
  "onClose.execute",
  "udpOnMessage",
  "onHandleHandshakes",
  "close",
];

/**
 * @returns the same socket, seen from inside
 * @throws when this werift keeps a member elsewhere, so that nothing connects unchecked
 */
export function requireFit(socket: DtlsSocket): DtlsInternals {
  for (const member of MEMBERS) {
    let holder: unknown = socket;
    for (const name of member.split(".")) {
      if (typeof holder !== "object" || holder === null || !(name in holder))
        throw new Error(
          `This version of werift has no ${member} in its DTLS socket. Use werift 0.25.2, or fit the DTLS repairs to it.`,
        );
      holder = Reflect.get(holder, name);
    }
  }
  return socket as unknown as DtlsInternals;
}
