import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { equalBytes, fromBase64Url, randomToken, toBase64Url } from "../../src/protocol/bytes.ts";
import {
  isMadeUpSessionId,
  isSessionId,
  makeSenderInstance,
  makeSessionId,
  makeViewerId,
  SenderInstance,
  Token,
  TokenHash,
  ViewerId,
} from "../../src/protocol/ids.ts";

describe("a session id", () => {
  it("that is made up tells when, in UTC", () => {
    const id = makeSessionId(new Date("2026-01-02T03:04:05.678Z"));
    expect(id).toMatch(/^session-20260102-030405-[0-9a-f]{8}$/);
    expect(isSessionId(id)).toBe(true);
    expect([id, "front-door", `${id}-2`, `my-${id}`].map(isMadeUpSessionId)).toEqual([true, false, false, false]);
  });

  it("that is made up is not made twice", () => {
    const now = new Date(0);
    expect(new Set(Array.from({ length: 100 }, () => makeSessionId(now))).size).toBe(100);
  });

  it.each([
    ["abc", true],
    ["front_Door-2", true],
    ["a".repeat(64), true],
    ["ab", false],
    ["", false],
    ["a".repeat(65), false],
    ["a b c", false],
    ["a/b", false],
    ["../etc", false],
    ["a.b", false],
    ["küche", false],
    ["abc\n", false],
    ["a%2Fb", false],
  ])("%j: %s", (text, valid) => {
    expect(isSessionId(text)).toBe(valid);
  });
});

describe.each([
  ["viewer id", ViewerId, makeViewerId],
  ["sender instance", SenderInstance, makeSenderInstance],
])("a %s", (_name, schema, make) => {
  it("has 128 bits that are not made twice", () => {
    expect(fromBase64Url(make())).toHaveLength(16);
    expect(v.is(schema, make())).toBe(true);
    expect(new Set(Array.from({ length: 100 }, make)).size).toBe(100);
  });

  it.each(["", "a".repeat(21), "a".repeat(23), `${"a".repeat(21)}+`, `${"a".repeat(22)}\n`, 1, null])(
    "is not %j",
    (value) => {
      expect(v.is(schema, value)).toBe(false);
    },
  );
});

it.each([
  [Token, 22, true],
  [Token, 128, true],
  [Token, 21, false],
  [Token, 129, false],
  [TokenHash, 43, true],
  [TokenHash, 42, false],
  [TokenHash, 44, false],
] as const)("tokens and hashes keep their lengths (%#)", (schema, length, valid) => {
  expect(v.is(schema, "a".repeat(length))).toBe(valid);
});

describe("base64url", () => {
  it("is what Node makes of the same bytes, at every length", () => {
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length * 7) & 0xff);
      const text = toBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64Url(text)).toEqual(bytes);
    }
  });

  it.each(["a", "aaaaa", "ab+d", "ab/d", "abc=", "ab d", "äbcd", "abc\n"])("is not %j", (text) => {
    expect(fromBase64Url(text)).toBeUndefined();
  });

  it("makes random tokens of the length asked for", () => {
    expect(fromBase64Url(randomToken(32))).toHaveLength(32);
    expect(randomToken(32)).not.toBe(randomToken(32));
  });
});

it.each([
  [[], [], true],
  [[1, 2], [1, 2], true],
  [[1, 2], [1, 3], false],
  [[1, 2], [3, 2], false],
  [[1, 2], [1, 2, 0], false],
  [[0], [], false],
])("compares bytes: %j and %j", (a, b, equal) => {
  expect(equalBytes(Uint8Array.from(a), Uint8Array.from(b))).toBe(equal);
});
