import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it, vi } from "vitest";
import { classes, Message, methods } from "werift";
import type { TurnServer } from "../../src/sender/peer/ice-urls.ts";
import { relayFailure } from "../../src/sender/peer/repairs/relay-failure.ts";
import { openRelay } from "../../src/sender/peer/repairs/turn-client.ts";

/** As on a machine without IPv6. */
vi.mock(import("../../src/sender/peer/host-addresses.ts"), async (original) => ({
  ...(await original()),
  localFamilies: () => [4],
}));

const SERVER: TurnServer = {
  host: "turn.example.com",
  port: 443,
  transport: "tls",
  username: "1700000000:ann",
  credential: "not to be told",
};

const coded = (code: string) => Object.assign(new Error("with the credential not to be told"), { code });
const refusal = (code: number) => {
  const response = new Message(methods.ALLOCATE, classes.ERROR).setAttribute("ERROR-CODE", [code, "No"]);
  return Object.assign(new Error(), { response });
};

it.each<[string, unknown, string]>([
  ["a name that is none", coded("ENOTFOUND"), "is a name that DNS does not know"],
  ["DNS that is dead", coded("EAI_AGAIN"), "cannot be looked up, for DNS does not answer"],
  ["a closed port", coded("ECONNREFUSED"), "refused the connection"],
  ["a network that is down", coded("ENETUNREACH"), "is at no address that this machine reaches"],
  ["a family that this machine lacks", coded("EADDRNOTAVAIL"), "is at no address that this machine reaches"],
  ["an old certificate", coded("CERT_HAS_EXPIRED"), "has a certificate that has expired"],
  ["a clock far back", coded("CERT_NOT_YET_VALID"), "has a certificate that is not valid yet, by this machine's clock"],
  ["another's certificate", coded("ERR_TLS_CERT_ALTNAME_INVALID"), "has a certificate for another name"],
  ...["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"].map(
    (code): [string, unknown, string] => [
      code,
      coded(code),
      "has a certificate of an authority that this machine does not know (NODE_EXTRA_CA_CERTS adds one)",
    ],
  ),
  ["a revoked certificate", coded("CERT_REVOKED"), "has a certificate that is not valid"],
  ["no TLS", coded("ERR_SSL_WRONG_VERSION_NUMBER"), "did not come to terms about TLS"],
  [
    "wrong credentials",
    refusal(401),
    "refused with 401 (check the edge's TURN_SHARED_SECRET or other credentials, and the clocks of both)",
  ],
  ["a quota", refusal(486), "refused with 486"],
  [
    "a refusal without a code",
    Object.assign(new Error(), { response: new Message(methods.ALLOCATE, classes.ERROR) }),
    "refused",
  ],
  ["silence", new Error("STUN transaction timed out"), "did not answer"],
  ["a code that means nothing here", coded("EWHATEVER"), "did not answer"],
  ["what is no error", undefined, "did not answer"],
])("of %s it is said what it is, and nothing secret", (_, error, reason) => {
  expect(relayFailure(SERVER, error)).toBe(`turn.example.com:443 by TLS ${reason}`);
});

const failureOf = (server: TurnServer) =>
  openRelay(server, new AbortController().signal).then(
    () => "a relay",
    (error) => relayFailure(server, error),
  );

it("knows a server that has no address of this machine's family", async () => {
  expect(await failureOf({ ...SERVER, host: "::1" })).toBe("::1:443 by TLS is at no address that this machine reaches");
});

it("knows a port that nobody listens on by what the system says", async () => {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  const server: TurnServer = { ...SERVER, host: "127.0.0.1", port, transport: "tcp" };
  expect(await failureOf(server)).toBe(`127.0.0.1:${port} by TCP refused the connection`);
});
