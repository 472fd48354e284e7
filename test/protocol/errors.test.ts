import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { ERRORS, ErrorBody, ErrorCode, errorCodeOfClose, SightlineError } from "../../src/protocol/errors.ts";

const codes = Object.keys(ERRORS) as ErrorCode[];

describe.each(codes)("the error %s", (code) => {
  const { status, close, message } = ERRORS[code];

  it("has a status and a close code that mean an error", () => {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    // RFC 6455 section 7.4: applications have 4000 to 4999; 1009 and 1011 say what they mean.
    expect([1009, 1011].includes(close) || (close >= 4000 && close <= 4999)).toBe(true);
  });

  it("is a sentence", () => {
    expect(message).toMatch(/^[A-Z].{15,}/);
    expect(message.length).toBeLessThanOrEqual(200);
  });

  it("shares its close code only with errors of the same standing", () => {
    const back = errorCodeOfClose(close);
    if (close < 4000) expect(back).toBeUndefined();
    else expect(Math.floor(ERRORS[back ?? "internal"].status / 100)).toBe(Math.floor(status / 100));
  });

  it("carries its status, close code and body", () => {
    const error = new SightlineError(code);
    expect(error).toMatchObject({ code, status, close, message });
    expect(v.parse(ErrorBody, JSON.parse(JSON.stringify(error.toBody())))).toEqual({ error: { code, message } });
    expect(v.is(ErrorCode, code)).toBe(true);
  });
});

// What an end does by itself hangs on these, and a page learns no more than the close code when the `error` was lost.
it.each<ErrorCode>([
  "replaced",
  "session-ended",
  "session-not-found",
  "unauthorized",
  "forbidden",
  "version-unsupported",
  "kicked",
  "link-rotated",
  "session-full",
  "rate-limited",
  "sender-absent",
  "sender-silent",
  "sender-failed",
])("%s can be told from its close code alone", (code) => {
  expect(errorCodeOfClose(ERRORS[code].close)).toBe(code);
});

it.each([1000, 1001, 1006, 1009, 1011, 3000, 4000, 4999])("close code %i is none of ours", (close) => {
  expect(errorCodeOfClose(close)).toBeUndefined();
});

it("may say more than the table, and keep its cause", () => {
  const cause = new Error("why");
  const error = new SightlineError("conflict", "The door is shut.", { cause });
  expect(error).toMatchObject({ message: "The door is shut.", status: 409, cause });
  expect(error.toBody()).toEqual({ error: { code: "conflict", message: "The door is shut." } });
});

it.each(["toString", "constructor", "__proto__", "", null, 4400])("%j is no error code", (value) => {
  expect(v.is(ErrorCode, value)).toBe(false);
});
