import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { SenderError } from "../../src/sender/errors.ts";
import { makeIdentity } from "../../src/sender/identity.ts";
import { createSession, sessionStatus } from "../../src/sender/signaling/api.ts";
import { refused, unreachable } from "../../src/sender/signaling/edge-failure.ts";
import { type Certificate, makeCertificate } from "../support/certificate.ts";
import { creationOf, PUBLISH_KEY } from "./support/edge.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function refusal(url: string): Promise<SenderError> {
  const error = await createSession(url, PUBLISH_KEY, creationOf(makeIdentity())).catch((error: unknown) => error);
  if (!(error instanceof SenderError)) throw new Error(`no refusal but ${inspect(error)}`);
  expect(error).toMatchObject({ reason: "edge", code: "edge-unreachable" });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(PUBLISH_KEY);
  return error;
}

describe("an edge whose certificate is not valid here is not asked whether it runs:", () => {
  it.each([
    [
      "one of its own",
      (made: Certificate) => [made.authority, made.authority.replace(".pem", ".key")],
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    ],
    [
      "one of an unknown authority",
      (made: Certificate) => [made.certificate, made.key],
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ],
  ] as const)("%s", async (_name, files, code) => {
    const folder = mkdtempSync(join(tmpdir(), "sightline-tls-"));
    const [cert = "", key = ""] = files(makeCertificate(folder, "localhost")).map((path) => readFileSync(path, "utf8"));
    rmSync(folder, { recursive: true });
    const url = `https://localhost:${await portOf(createTlsServer({ cert, key }))}`;
    const { message } = await refusal(url);
    expect(message).toContain(`The edge at ${url} cannot be trusted: its certificate is not valid here (${code}).`);
    expect(message).toMatch(/clock.*NODE_EXTRA_CA_CERTS/);
    expect(message).not.toContain("running");
  });

  it.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN"])(
    "%s",
    (code) => {
      expect(unreachable("https://camera.example.com", failed(code), 1).message).toContain(`not valid here (${code}).`);
    },
  );
});

/** As `fetch` throws it. */
function failed(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code }) });
}

it.each(["ENOTFOUND", "EAI_AGAIN"])("a name that is not known here is told as one: %s", (code) => {
  const { message } = unreachable("https://camera.example.com", failed(code), 1);
  expect(message).toContain(`its name is not known here (${code}).`);
});

it("an edge that is there and speaks no TLS is told of by that", async () => {
  const url = `https://127.0.0.1:${await portOf(createServer())}`;
  expect((await refusal(url)).message).toBe(
    `The edge at ${url} does not speak TLS. Is its address http:// rather than https://?`,
  );
});

it.each(["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "ERR_SSL_TLSV1_UNRECOGNIZED_NAME", "EPROTO"])(
  "one that speaks TLS and refuses is not said to speak none: %s",
  (code) => {
    const { message } = unreachable("https://camera.example.com", failed(code), 1);
    expect(message).toContain(`does not come to terms about TLS (${code}).`);
  },
);

describe("a redirect", () => {
  const leading = (location: string): RequestListener => {
    return (_request, response) => response.writeHead(301, { location }).end();
  };

  it.each([
    ["https://camera.example.com/api/sessions", "https://camera.example.com"],
    ["https://u:hunter2@camera.example.com:444/%1b[31m?key=hunter2#x", "https://camera.example.com:444"],
    ["//camera.example.com/x", "http://camera.example.com"],
  ])("to another origin is told by that alone: %s", async (location, origin) => {
    const url = `http://127.0.0.1:${await portOf(createServer(leading(location)))}`;
    const sentence = `What answers at ${url} sends on to ${origin}. If that is your edge, give it to --edge.`;
    expect((await refusal(url)).message).toBe(sentence);
  });

  it.each(["/login", "javascript:alert(1)", "http://[bad", "data:text/plain,hunter2"])(
    "elsewhere is no edge's: %s",
    async (location) => {
      const url = `http://127.0.0.1:${await portOf(createServer(leading(location)))}`;
      expect((await refusal(url)).message).toBe(
        `What answers at ${url} (HTTP 301) is no Sightline edge. Check --edge.`,
      );
    },
  );

  const MOVED = { status: 308, json: undefined, location: "https://camera.example.com/" };
  const REPLACE = "The publish key went out in the clear: replace it.";

  it.each([
    ["http://camera.example.com", true, true],
    ["http://camera.example.com", false, false],
    ["https://www.example.com", true, false],
    ["http://127.0.0.1:8787", true, false],
  ])("from %s, where the publish key was shown or not (%s): it is to be replaced, or not (%s)", (edge, shown, said) => {
    expect(refused(edge, MOVED, shown).message.includes(REPLACE)).toBe(said);
  });

  it("is told so to who creates a session, and not to who has a session's token alone", async () => {
    // Loopback as well, by an address that does not say so.
    const url = `http://0.0.0.0:${await portOf(createServer(leading("https://camera.example.com/")))}`;
    expect((await refusal(url)).message).toContain(REPLACE);
    await expect(sessionStatus(url, "front-door", "t")).rejects.toThrow(/give it to --edge\.$/);
  });
});
