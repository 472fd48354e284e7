import { CONTENT, type DtlsRecord, serializeRecord } from "./dtls-record.ts";
import type { DtlsInternals } from "./dtls-werift.ts";

const FATAL = 2;

/** RFC 5246 7.2. */
export const DTLS_ALERT = {
  closeNotify: 0,
  unexpectedMessage: 10,
  handshakeFailure: 40,
  badCertificate: 42,
  unsupportedCertificate: 43,
  decodeError: 50,
  decryptError: 51,
} as const;

/** The peer did not prove who it is, or broke the protocol. */
export class DtlsRefusal extends Error {
  override readonly name = "DtlsRefusal";
  /** What the peer is told: one of `DTLS_ALERT`. */
  readonly alert: number;

  constructor(alert: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.alert = alert;
  }
}

/** A fatal alert in the epoch that this end writes in. */
export function alertRecord(socket: DtlsInternals, description: number): Buffer {
  const { dtls, cipher } = socket;
  const fragment = Buffer.from([FATAL, description]);
  const record: DtlsRecord = {
    recordLayerHeader: {
      contentType: CONTENT.alert,
      protocolVersion: dtls.version,
      epoch: dtls.epoch,
      sequenceNumber: ++dtls.recordSequenceNumber,
      contentLen: fragment.length,
    },
    fragment,
  };
  return serializeRecord(dtls.epoch > 0 ? cipher.encryptPacket(record) : record);
}

/** Whether the alert ends the connection: fatal, or a goodbye. */
export function endsConnection(content: Buffer): boolean {
  return content.length === 2 && (content[0] === FATAL || content[1] === DTLS_ALERT.closeNotify);
}
