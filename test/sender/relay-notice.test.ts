import { expect, it } from "vitest";
import { RelayNotice } from "../../src/sender/relay-notice.ts";

it("tells of relays that fail once, and once that they are back, however many viewers come", () => {
  const notes: string[] = [];
  const notice = new RelayNotice((line) => notes.push(line));
  notice.tell([]);
  expect(notes).toEqual([]);
  const failures = ["a.example:3478 by UDP did not answer", "a.example:5349 by TLS refused with 401"];
  notice.tell(failures);
  notice.tell(failures);
  notice.tell([]);
  notice.tell([]);
  expect(notes).toEqual([expect.stringContaining(failures.join("; ")), expect.stringMatching(/relays again/)]);
});
