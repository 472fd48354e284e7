import { inspect } from "node:util";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { check, decode, encode } from "../../src/protocol/codec.ts";
import { type ErrorCode, SightlineError } from "../../src/protocol/errors.ts";
import { MESSAGE_MAX_BYTES } from "../../src/protocol/limits.ts";
import { ViewerMessage } from "../../src/protocol/messages.ts";

function refusal(action: () => unknown): SightlineError {
  try {
    action();
  } catch (error) {
    if (error instanceof SightlineError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const Text = v.object({ text: v.string() });
const EMPTY_BYTES = encode({ text: "" }).length;

describe("the size cap", () => {
  it.each([
    ["one byte a character", "a", 1],
    ["two bytes a character", "é", 2],
    ["three bytes a character", "€", 3],
    ["four bytes a surrogate pair", "😀", 4],
  ])("counts UTF-8 bytes: %s", (_name, char, bytes) => {
    const maxBytes = EMPTY_BYTES + 12 * bytes;
    const fits = { text: char.repeat(12) };
    expect(decode(Text, encode(fits), maxBytes)).toEqual(fits);
    const tooLong = encode({ text: `${char.repeat(12)}a` });
    expect(refusal(() => decode(Text, tooLong, maxBytes)).code).toBe("message-too-large");
  });

  it("has the protocol's default, and says it", () => {
    const largest = { text: "a".repeat(MESSAGE_MAX_BYTES - EMPTY_BYTES) };
    expect(decode(Text, encode(largest))).toEqual(largest);
    const error = refusal(() => decode(Text, encode({ text: `${largest.text}a` })));
    expect(error.message).toBe(`The message is larger than ${MESSAGE_MAX_BYTES} bytes.`);
  });
});

describe("a message is refused", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  it.each<[string, unknown, ErrorCode]>([
    ["as a binary frame", new ArrayBuffer(2), "invalid-json"],
    ["as bytes", new TextEncoder().encode('{"type":"bye"}'), "invalid-json"],
    ["when it is nothing", undefined, "invalid-json"],
    ["when it is empty", "", "invalid-json"],
    ["when it is not JSON", '{"type":', "invalid-json"],
    ["when it is not strict JSON", "{type:'bye'}", "invalid-json"],
    ["when it is no object", "null", "invalid-message"],
    ["when it is a list", '[{"type":"bye"}]', "unknown-type"],
    ["when it is nested without end", deep, "unknown-type"],
    ["without a type", "{}", "unknown-type"],
    ["with a type of the other direction", '{"type":"welcome"}', "unknown-type"],
    ["with a type that is no text", '{"type":{"toString":1}}', "unknown-type"],
    ["with a type of Object.prototype", '{"type":"constructor"}', "unknown-type"],
    ["with a field missing", '{"type":"resume"}', "invalid-message"],
    ["with a field of the wrong kind", '{"type":"resume","connection":"0"}', "invalid-message"],
    ["with a number that JSON makes infinite", '{"type":"resume","connection":1e999}', "invalid-message"],
  ])("%s", (_name, raw, code) => {
    expect(refusal(() => decode(ViewerMessage, raw)).code).toBe(code);
  });

  it("with a sentence that names the place and what belongs there", () => {
    const error = refusal(() => decode(ViewerMessage, '{"type":"resume","connection":-1}'));
    expect(error.message).toBe('The message does not fit its schema at "connection": expected >=0.');
  });
});

describe("what a message held", () => {
  const SECRET = "hunter2-hunter2";
  it.each([
    ["text that is not JSON", `${SECRET}`],
    ["broken JSON", `{"type":"offer","proof":"${SECRET}"`],
    ["an unknown type", `{"type":"${SECRET}"}`],
    ["a wrong value", `{"type":"offer","connection":0,"sdp":"v=0","proof":"${SECRET}"}`],
    ["a wrong kind of value", `{"type":"offer","connection":"${SECRET}","sdp":"v=0"}`],
    ["an unknown field", `{"type":"offer","connection":-1,"sdp":"v=0","${SECRET}":"${SECRET}"}`],
  ])("never shows in the error, not even when all of it is printed: %s", (_name, raw) => {
    const error = refusal(() => decode(ViewerMessage, raw));
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
    expect(JSON.stringify(error.toBody())).not.toContain(SECRET);
  });
});

describe("unknown fields", () => {
  it("are dropped, so that an older end understands a newer one", () => {
    const raw = '{"type":"resume","connection":3,"future":true,"__proto__":{"polluted":1}}';
    const message = decode(ViewerMessage, raw);
    expect(Object.entries(message)).toEqual([
      ["type", "resume"],
      ["connection", 3],
    ]);
    expect("polluted" in message).toBe(false);
  });

  it("are dropped however deep they are", () => {
    const deep = "[".repeat(30_000) + "]".repeat(30_000);
    const message = decode(ViewerMessage, `{"type":"resume","connection":3,"future":${deep}}`);
    expect(message).toEqual({ type: "resume", connection: 3 });
  });
});

it("checks values that are already parsed the same way", () => {
  expect(check(Text, { text: "a", more: 1 })).toEqual({ text: "a" });
  expect(refusal(() => check(Text, { text: 1 })).code).toBe("invalid-message");
});
