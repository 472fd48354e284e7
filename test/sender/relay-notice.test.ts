import { expect, it } from "vitest";
import { RelayNotice, tellOfRelay } from "../../src/sender/relay-notice.ts";

it("tells who can send through relays alone that the edge names none, and that it does after all", () => {
  const said: unknown[] = [];
  const output = { emit: (event: unknown) => said.push(event), note: (line: string) => said.push(line), qr: () => {} };
  tellOfRelay(false, output);
  tellOfRelay(true, output);
  expect(said).toEqual([
    { event: "error", code: "relay-missing", message: expect.stringContaining("--relay-only needs a TURN server") },
    expect.stringMatching(/names a TURN server now/),
  ]);
});

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
