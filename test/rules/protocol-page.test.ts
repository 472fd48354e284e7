import { createHash, createHmac, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/protocol/errors.ts";
import * as limits from "../../src/protocol/limits.ts";
import { deriveLinkKeys, formatLink, hashToken } from "../../src/protocol/link.ts";
import { hashSdp, makeProof } from "../../src/protocol/proof.ts";
import { OPERATIONS } from "../../src/worker/openapi/operations.ts";
import { retryAfterS } from "../../src/worker/retry.ts";
import { codeBlocks, codeIn, readPage, sectionOf, tablesOf } from "./support/markdown.ts";
import { fieldsOf, notation } from "./support/notation.ts";
import { ROOT } from "./support/source.ts";
import { DIRECTIONS, NAMES, OBJECTS, VALUES } from "./support/wire.ts";

// docs/protocol.md is normative: what it says and what the code does change together or not at all.

const page = readPage("docs/protocol.md");
/** The rows of a section's only table. */
const rowsOf = (heading: string) => tablesOf(sectionOf(page, heading))[0] ?? [];

describe("values", () => {
  it("are those of the schemas", () => {
    expect(rowsOf("Values").map(([name, form]) => `${name}: ${form}`)).toEqual(
      Object.entries(VALUES).map(([name, schema]) => `${name}: ${notation(schema, NAMES, true)}`),
    );
  });

  it.each(Object.entries(OBJECTS))("%s has its fields", (name, schema) => {
    expect(rowsOf(name).map(([field, value]) => `${codeIn(field)}: ${value}`)).toEqual(
      fieldsOf(schema, NAMES).map(([field, value]) => `${field}: ${value}`),
    );
  });
});

describe("messages", () => {
  it.each(Object.entries(DIRECTIONS))("%s: every type and field, and no other", (heading, { options }) => {
    let type = "";
    const documented = rowsOf(heading).map(([name, field, value]) => {
      type = codeIn(name) || type;
      return `${type} ${codeIn(field)}: ${value}`;
    });
    const declared = options.flatMap((message) => {
      const fields = fieldsOf(message, NAMES).filter(([field]) => field !== "type");
      const name = message.entries.type.literal;
      return fields.length > 0 ? fields.map(([field, value]) => `${name} ${field}: ${value}`) : [`${name} : `];
    });
    expect(documented).toEqual(declared);
  });
});

describe("HTTP", () => {
  it("has every call of the OpenAPI document with its token, body and answers", () => {
    const bodies = (content: object = {}) =>
      Object.entries(content).map(([type, schema]) => (schema ? NAMES.get(schema) : `\`${type}\``));
    const declared = Object.entries(OPERATIONS).map(([call, { token = "", query, body, replies }]) => [
      `\`${call.replace(/:(\w+)/g, "{$1}")}\``,
      token,
      query ? NAMES.get(query) : bodies(body).join(" or "),
      Object.entries(replies)
        .map(([status, reply]) => `${status} ${bodies(reply.body).join(" or ")}`.trim())
        .join(", "),
    ]);
    expect(rowsOf("HTTP")).toEqual(declared);
  });

  it("says what each error is over HTTP, over a WebSocket and to people", () => {
    const [errors] = tablesOf(sectionOf(page, "Errors"));
    expect(errors).toEqual(
      Object.entries(ERRORS).map(([code, { status, close, message }]) => [
        `\`${code}\``,
        String(status),
        String(close),
        message,
      ]),
    );
  });

  it("says when to try again", () => {
    const [, waits] = tablesOf(sectionOf(page, "Errors"));
    const codes = Object.keys(ERRORS) as ErrorCode[];
    expect(waits).toEqual(
      codes.filter((code) => retryAfterS(code) !== undefined).map((code) => [`\`${code}\``, String(retryAfterS(code))]),
    );
  });
});

describe("limits", () => {
  const [wire = [], own = []] = tablesOf(sectionOf(page, "Limits"));

  it("are those of the protocol", () => {
    expect(Object.fromEntries(wire.map(([name, value]) => [codeIn(name), codeIn(value)]))).toEqual(
      Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)])),
    );
  });

  it.each(own.map(([what = "", value = "", where = ""]) => [what, value, where]))("%s: %s", (what, value, where) => {
    const name = /`([A-Z_]+)`/.exec(what)?.[1] ?? "";
    const path = /\]\(\.\.\/(.+)\)/.exec(where)?.[1] ?? "";
    expect(constant(path, name)).toBe(Number(value));
  });
});

describe("test vectors", () => {
  const vectors = (name: string) => {
    const text = codeBlocks(page.text).find(({ info }) => info === `vectors ${name}`)?.text ?? "";
    const pairs = text.split("\n").map((line) => line.split(/ {2,}/) as [string, string]);
    const values = new Map(pairs);
    return (key: string) => values.get(key) ?? expect.unreachable(`no vector "${key}"`);
  };
  const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("base64url");

  it.each(["viewer", "operator"] as const)("what is derived from a %s's link", (role) => {
    const is = vectors("link");
    const [sessionId, secret] = [is("session"), is("secret")];
    expect(formatLink({ origin: "https://example.com", sessionId, role, secret })).toBe(is(`${role} link`));
    // Once by this page alone, once by the code.
    const derive = (what: string) =>
      Buffer.from(hkdfSync("sha256", Buffer.from(secret, "base64url"), sessionId, `sightline/1 ${role} ${what}`, 32));
    expect(derive("join token").toString("base64url")).toBe(is(`${role} token`));
    expect(derive("proof key").toString("hex")).toBe(is(`${role} key`));
    expect(sha256(is(`${role} token`))).toBe(is(`${role} hash`));
    const { joinToken, proofKey } = deriveLinkKeys(sessionId, role, secret);
    expect([joinToken, hashToken(joinToken), Buffer.from(proofKey).toString("hex")]).toEqual(
      ["token", "hash", "key"].map((what) => is(`${role} ${what}`)),
    );
    for (const what of ["join token", "proof key"]) expect(page.text).toContain(`\`sightline/1 ROLE ${what}\``);
  });

  it("a proof of an offer and of its answer", () => {
    const is = vectors("proof");
    const key = Buffer.from(is("key"), "hex");
    expect(is("key")).toBe(vectors("link")(`${is("role")} key`));
    const offerHash = sha256(JSON.parse(is("offer")));
    for (const type of ["offer", "answer"] as const) {
      const sdp: string = JSON.parse(is(type));
      const parts = ["sightline sdp proof 1", is("session"), is("viewer"), is("role"), type, sha256(sdp)];
      const bytes = Buffer.concat([...parts, type === "answer" ? offerHash : ""].flatMap(withLength));
      if (type === "offer") expect(bytes.toString("hex")).toBe(is("offer bytes"));
      expect(sha256(sdp)).toBe(is(`${type} hash`));
      expect(createHmac("sha256", key).update(bytes).digest("base64url")).toBe(is(`${type} proof`));
      expect(hashSdp(sdp)).toBe(is(`${type} hash`));
      const common = { sessionId: is("session"), viewerId: is("viewer"), role: "viewer", type, sdp } as const;
      expect(makeProof(key, type === "answer" ? { ...common, offerHash } : common)).toBe(is(`${type} proof`));
    }
  });
});

function withLength(part: string): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(part));
  return [length, Buffer.from(part)];
}

/** A number that a file keeps to itself, such as `const NAME = 6_000;` or `NAME: 30,`. */
function constant(path: string, name: string): number {
  const text = readFileSync(join(ROOT, path), "utf8");
  const value = new RegExp(`\\b${name}(?: = |: )([\\d_.]+)[;,]`).exec(text)?.[1];
  if (value === undefined) throw new Error(`${path} has no number ${name}.`);
  return Number(value.replaceAll("_", ""));
}
