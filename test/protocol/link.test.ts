import { createHash, hkdfSync } from "node:crypto";
import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fromBase64Url } from "../../src/protocol/bytes.ts";
import type { Role } from "../../src/protocol/ids.ts";
import { deriveLinkKeys, formatLink, hashToken, makeLinkSecret, parseLink } from "../../src/protocol/link.ts";

const SECRET = "AAECAwQFBgcICQoLDA0ODw";
const ROLES: Role[] = ["viewer", "operator"];

afterEach(() => vi.unstubAllGlobals());

describe("a link", () => {
  it.each([
    ["viewer", `https://example.com/s/front-door#${SECRET}`],
    ["operator", `https://example.com/s/front-door#operator.${SECRET}`],
  ] as const)("of a %s is written and read alike", (role, text) => {
    const link = { origin: "https://example.com", sessionId: "front-door", role, secret: SECRET };
    expect(formatLink(link)).toBe(text);
    expect(parseLink(text)).toEqual(link);
  });

  it.each([
    [`http://192.168.1.7:8787/s/abc#${SECRET}`, "http://192.168.1.7:8787"],
    [`http://[::1]:8787/s/abc#${SECRET}`, "http://[::1]:8787"],
    [`  https://example.com/s/abc/#${SECRET}\n`, "https://example.com"],
    [`https://EXAMPLE.com:443/s/abc?utm=1#${SECRET}`, "https://example.com"],
  ])("may be %s", (text, origin) => {
    expect(parseLink(text)).toEqual({ origin, sessionId: "abc", role: "viewer", secret: SECRET });
  });

  it("is read by browsers that cannot tell without trying whether it is one", () => {
    vi.stubGlobal("URL", class extends URL {});
    Object.assign(URL, { canParse: undefined });
    expect(parseLink(`https://example.com/s/abc#${SECRET}`).sessionId).toBe("abc");
    expect(() => parseLink("front door")).toThrow("This is not a link.");
  });

  it("that was just made can be read", () => {
    for (const role of ROLES) {
      const link = { origin: "https://example.com", sessionId: "abc", role, secret: makeLinkSecret() };
      expect(parseLink(formatLink(link))).toEqual(link);
    }
  });
});

describe("a damaged link gets a sentence that says what is wrong:", () => {
  const NO_LINK = "This is not a link. It looks like https://HOST/s/SESSION#SECRET";
  const NO_SCHEME = "A link starts with https:// or http://";
  const NO_ID = "The link has no session id after /s/. Copy the whole link.";
  const NO_SECRET = "The link has lost its secret, the part after #. Copy the whole link.";
  const BAD_SECRET = "The link's secret, the part after #, is damaged. Copy the whole link.";

  it.each([
    ["", NO_LINK],
    ["front-door", NO_LINK],
    [`/s/abc#${SECRET}`, NO_LINK],
    [`https://#${SECRET}`, NO_LINK],
    [`ftp://example.com/s/abc#${SECRET}`, NO_SCHEME],
    [`javascript:alert(1)//s/abc#${SECRET}`, NO_SCHEME],
    [`example.com:8787/s/abc#${SECRET}`, NO_SCHEME],
    [`https://example.com/#${SECRET}`, NO_ID],
    [`https://example.com/s/#${SECRET}`, NO_ID],
    [`https://example.com/s/ab#${SECRET}`, NO_ID],
    [`https://example.com/s/a%2Fb#${SECRET}`, NO_ID],
    [`https://example.com/s/abc/more#${SECRET}`, NO_ID],
    [`https://example.com/x/abc#${SECRET}`, NO_ID],
    ["https://example.com/s/abc", NO_SECRET],
    ["https://example.com/s/abc#", NO_SECRET],
    ["https://example.com/s/abc#operator.", NO_SECRET],
    [`https://example.com/s/abc#${SECRET.slice(1)}`, BAD_SECRET],
    [`https://example.com/s/abc#${SECRET}A`, BAD_SECRET],
    [`https://example.com/s/abc#${SECRET.slice(0, 21)}=`, BAD_SECRET],
    [`https://example.com/s/abc#Operator.${SECRET}`, BAD_SECRET],
    [`https://example.com/s/abc#operator.operator.${SECRET}`, BAD_SECRET],
  ])("%s", (text, sentence) => {
    expect(() => parseLink(text)).toThrow(expect.objectContaining({ code: "bad-request", message: sentence }));
  });

  it.each([
    `example/s/abc#${SECRET}`,
    `ftp://example.com/s/abc#${SECRET}`,
    `https://example.com/s/#${SECRET}`,
    `https://example.com/s/abc#${SECRET}A`,
  ])("and the secret shows in none: %s", (text) => {
    try {
      parseLink(text);
      expect.unreachable();
    } catch (error) {
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
    }
  });
});

describe("what is derived from a secret", () => {
  const independent = (sessionId: string, info: string) =>
    Buffer.from(hkdfSync("sha256", Buffer.from(SECRET, "base64url"), sessionId, info, 32));

  it.each(ROLES)("is HKDF-SHA-256 as Node computes it (%s)", (role) => {
    for (const sessionId of ["front-door", "abc", "Z".repeat(64)]) {
      const keys = deriveLinkKeys(sessionId, role, SECRET);
      expect(keys.role).toBe(role);
      expect(keys.joinToken).toBe(independent(sessionId, `sightline/1 ${role} join token`).toString("base64url"));
      expect(Buffer.from(keys.proofKey)).toEqual(independent(sessionId, `sightline/1 ${role} proof key`));
    }
  });

  it.each([
    ["viewer", "tZdqHgkBf8sOMVKko24cNxbxs8XtkZOCJyljlrapauY", "PP2Uo9pvTiWwRZ5BaiRTgrMiUIOtQmVxh84Ai8Cg8U4"],
    ["operator", "4kG1Dwp2_TC9deu7UJBGvAj0gr05rtBaJRTN42QbHc4", "HY6IQhltJeHMuN7IuyDeAGgDlpji5B621u54qehex78"],
  ] as const)("never changes, or links that people hold would die (%s)", (role, joinToken, proofKey) => {
    const keys = deriveLinkKeys("front-door", role, SECRET);
    expect(keys.joinToken).toBe(joinToken);
    expect(Buffer.from(keys.proofKey).toString("base64url")).toBe(proofKey);
  });

  it("differs in each output, role, session and secret", () => {
    const outputs = [SECRET, makeLinkSecret()].flatMap((secret) =>
      ["abc", "abd"].flatMap((sessionId) =>
        ROLES.flatMap((role) => {
          const { joinToken, proofKey } = deriveLinkKeys(sessionId, role, secret);
          return [joinToken, Buffer.from(proofKey).toString("base64url")];
        }),
      ),
    );
    expect(new Set(outputs).size).toBe(16);
  });

  it.each(["", SECRET.slice(1), `${SECRET}AA`, "not base64url!!!!!!!!!"])("is nothing for %j", (secret) => {
    expect(() => deriveLinkKeys("abc", "viewer", secret)).toThrow("The link's secret is incomplete.");
  });

  it("is stored by the edge as SHA-256 alone", () => {
    const { joinToken } = deriveLinkKeys("abc", "viewer", SECRET);
    expect(hashToken(joinToken)).toBe(createHash("sha256").update(joinToken).digest("base64url"));
  });

  it("starts from 128 bits that are not made twice", () => {
    expect(fromBase64Url(makeLinkSecret())).toHaveLength(16);
    expect(new Set(Array.from({ length: 100 }, makeLinkSecret)).size).toBe(100);
  });
});
