import { expect, it } from "vitest";
import { toWerift, withUsableCandidates } from "../../src/sender/peer/candidates.ts";

const line = (address: string, port = "9") => `candidate:1 1 udp 1 ${address} ${port} typ host`;

it.each(["192.0.2.1", "2001:db8::1", "0b1c2d3e-1111-4222-8333-444455556666.local"])("takes %s", (address) => {
  expect(toWerift({ candidate: `a=${line(address)}` })).toEqual({ candidate: line(address), sdpMLineIndex: 0 });
});

// Found by test/fuzz: werift hands a name to the resolver unless it holds ".local" in just these letters.
it.each([
  ["a name", line("camera.example.com")],
  ["a name that looks local", line("a.local.example.com")],
  ["a name that is local in other letters", line("abc.LOCAL")],
  ["what only looks like an address", line("999.1.1.1")],
  ["a port beyond the last", line("192.0.2.1", "65536")],
  ["a second line", `${line("192.0.2.1")}\r\na=ice-lite`],
  ["a candidate without its type", "candidate:1 1 udp 1 192.0.2.1 9"],
])("refuses %s", (_name, candidate) => {
  expect(toWerift({ candidate })).toBeUndefined();
});

it("drops from an offer what it would not take by itself", () => {
  const sdp = (...lines: string[]) => ["v=0", "m=video 9 X 96", ...lines, "a=mid:0", ""].join("\r\n");
  const [good, bad] = [`a=${line("192.0.2.1")}`, `a=${line("camera.example.com")}`];
  expect(withUsableCandidates(sdp(good, bad, bad, good))).toBe(sdp(good, good));
  expect(withUsableCandidates(`v=0\n${bad}\n${good}`)).toBe(`v=0\n${good}`);
});
