import { Message } from "werift";
import type { TurnServer } from "../ice-urls.ts";

/** By the code of a socket, of DNS or of TLS. */
const REASONS: readonly (readonly [codes: RegExp, reason: string])[] = [
  [/^ENOTFOUND$/, "is a name that DNS does not know"],
  [/^EAI_AGAIN$/, "cannot be looked up, for DNS does not answer"],
  [/^ECONNREFUSED$/, "refused the connection"],
  [/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, "is at no address that this machine reaches"],
  [/^CERT_HAS_EXPIRED$/, "has a certificate that has expired"],
  [/^CERT_NOT_YET_VALID$/, "has a certificate that is not valid yet, by this machine's clock"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "has a certificate for another name"],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/,
    "has a certificate of an authority that this machine does not know (NODE_EXTRA_CA_CERTS adds one)",
  ],
  [/^(CERT|CRL|INVALID)_/, "has a certificate that is not valid"],
  [/^(EPROTO$|ERR_SSL_)/, "did not come to terms about TLS"],
];

/** Which server gave no relay and why, for people: `turn.example.com:3478 by UDP did not answer`. Never a credential. */
export function relayFailure({ host, port, transport }: TurnServer, error: unknown): string {
  return `${host}:${port} by ${transport.toUpperCase()} ${reasonOf(error)}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "did not answer";
  // werift hands the server's refusal on under this name, and does not export the error's class.
  const answer: unknown = Reflect.get(error, "response");
  if (answer instanceof Message) return refusalOf(answer.getAttributeValue("ERROR-CODE"));
  const code = String(Reflect.get(error, "code"));
  return REASONS.find(([codes]) => codes.test(code))?.[1] ?? "did not answer";
}

/** RFC 8489 14.8, RFC 8656 15: 401 for credentials, 486 for a quota. */
function refusalOf(value: unknown): string {
  if (!Array.isArray(value)) return "refused";
  const code = Number(value[0]);
  if (code !== 401) return `refused with ${code}`;
  return "refused with 401 (check the edge's TURN_SHARED_SECRET or other credentials, and the clocks of both)";
}
