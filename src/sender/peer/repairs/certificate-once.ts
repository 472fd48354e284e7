import { requireAsWerift } from "./werifts-own.ts";

/** What werift 0.25.2 uses of @fidm/x509; nothing of it changes once it is read. */
interface FromPem {
  fromPEM(pem: Buffer): object;
}

/**
 * werift 0.25.2 reads its own certificate and key anew, in script, each time that an SDP names them and for each DTLS
 * handshake: three times a viewer. With this once. For the whole thread; again is harmless.
 */
export function readCertificateOnce(): void {
  const { Certificate, PrivateKey } = requireAsWerift("@fidm/x509") as Record<string, FromPem | undefined>;
  for (const each of [Certificate, PrivateKey]) {
    if (typeof each?.fromPEM !== "function")
      throw new Error("this werift reads certificates elsewhere: see readCertificateOnce");
    each.fromPEM = readOnce(each.fromPEM.bind(each));
  }
}

/** A thread has one certificate: the last one is enough. */
function readOnce(read: FromPem["fromPEM"]): FromPem["fromPEM"] {
  let last: { pem: Buffer; read: object } | undefined;
  return (pem) => {
    if (!last?.pem.equals(pem)) last = { pem: Buffer.from(pem), read: read(pem) };
    return last.read;
  };
}
