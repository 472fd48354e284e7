import * as v from "valibot";
import { ErrorBody } from "../../protocol/errors.ts";
import { isLoopback } from "../addresses.ts";
import { edgeError, type SenderError } from "../errors.ts";

/** Nobody known here vouches for the certificate, its time is another, or it is another name's: OpenSSL's words and Node's. */
const CERTIFICATE = /^(?:CERT_|UNABLE_TO_|ERR_TLS_CERT_|INVALID_CA$|INVALID_PURPOSE$|HOSTNAME_MISMATCH$)|SELF_SIGNED/;
/** What answers is no TLS at all. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/;
const BAD_TLS = /^(?:EPROTO$|ERR_SSL_)/;
const UNKNOWN_NAME = /^(?:ENOTFOUND|EAI_AGAIN)$/;
const RIGHT = "Is it running, and is the address right?";

/** Who calls by a session's token made that session; it holds no longer when somebody else has made it since. */
const TAKEN_OVER = "Another sender has that session by now.";

export interface EdgeReply {
  /** Of HTTP. */
  status: number;
  /** Not checked yet; `undefined` when the body was no JSON. */
  json: unknown;
  /** Where a redirect leads, unread. */
  location: string | null;
}

/** @param cause what `fetch` threw */
export function unreachable(edge: string, cause: unknown, timeoutMs: number): SenderError {
  return edgeError("edge-unreachable", `The edge at ${edge} ${whyUnreachable(cause, timeoutMs)}`, cause);
}

function whyUnreachable(cause: unknown, timeoutMs: number): string {
  const timedOut = cause instanceof Error && cause.name === "TimeoutError";
  if (timedOut) return `did not answer within ${timeoutMs / 1_000} s. ${RIGHT}`;
  const code = systemCode(cause);
  if (CERTIFICATE.test(code)) {
    return `cannot be trusted: its certificate is not valid here (${code}). Check the address and this machine's clock; a private authority's certificate is named by NODE_EXTRA_CA_CERTS=FILE.`;
  }
  if (UNKNOWN_NAME.test(code)) {
    return `cannot be reached: its name is not known here (${code}). Check the address, and this machine's network.`;
  }
  if (NO_TLS.test(code)) return "does not speak TLS. Is its address http:// rather than https://?";
  if (BAD_TLS.test(code))
    return `does not come to terms about TLS (${code}). Is this the name that its certificate is for?`;
  return `cannot be reached. ${RIGHT}`;
}

/** `fetch` wraps what the system or the TLS library said, once or more. */
function systemCode(cause: unknown): string {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if ("code" in error && typeof error.code === "string") return error.code;
  }
  return "";
}

/** @param showedPublishKey what it answers was asked with the publish key */
export function refused(edge: string, reply: EdgeReply, showedPublishKey = false): SenderError {
  if (v.is(ErrorBody, reply.json)) {
    const { code, message } = reply.json.error;
    const more = code === "unauthorized" ? ` ${TAKEN_OVER}` : "";
    return edgeError(code, `The edge at ${edge} refused: ${message}${more}`);
  }
  const elsewhere = originOf(edge, reply);
  if (elsewhere !== undefined) {
    const inTheClear = showedPublishKey && new URL(edge).protocol === "http:" && !isLoopback(edge);
    const replace = inTheClear ? " The publish key went out in the clear: replace it." : "";
    const message = `What answers at ${edge} sends on to ${elsewhere}. If that is your edge, give it to --edge.${replace}`;
    return edgeError("edge-unreachable", message);
  }
  const message = `What answers at ${edge} (HTTP ${reply.status}) is no Sightline edge. Check --edge.`;
  return edgeError("edge-unreachable", message);
}

/** Where a redirect leads, when that is another origin. What else stands in it may be anybody's words. */
function originOf(edge: string, { status, location }: EdgeReply): string | undefined {
  if (status < 300 || status > 399 || !location || !URL.canParse(location, edge)) return undefined;
  const { protocol, origin } = new URL(location, edge);
  return /^https?:$/.test(protocol) && origin !== new URL(edge).origin ? origin : undefined;
}
