import { expect, it } from "vitest";
import {
  hiddenCandidates,
  hiddenName,
  toWerift,
  withAddress,
  withOpenCandidates,
} from "../../src/sender/peer/candidates.ts";

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
  ["an address with a zone, which may look like a name", line("fe80::1%a.local")],
  ["a port beyond the last", line("192.0.2.1", "65536")],
  ["a second line", `${line("192.0.2.1")}\r\na=ice-lite`],
  ["a candidate without its type", "candidate:1 1 udp 1 192.0.2.1 9"],
])("refuses %s", (_name, candidate) => {
  expect(toWerift({ candidate })).toBeUndefined();
});

it("drops from an offer what it would not take by itself", () => {
  const sdp = (...lines: string[]) => ["v=0", "m=video 9 X 96", ...lines, "a=mid:0", ""].join("\r\n");
  const [good, bad] = [`a=${line("192.0.2.1")}`, `a=${line("camera.example.com")}`];
  expect(withOpenCandidates(sdp(good, bad, bad, good))).toBe(sdp(good, good));
  expect(withOpenCandidates(`v=0\n${bad}\n${good}`)).toBe(`v=0\n${good}`);
});

it("finds a name, and puts an address in its place", () => {
  const hidden = toWerift({ candidate: line("0B1C-1.local"), sdpMid: "0" }) ?? {};
  expect(hiddenName(hidden)).toBe("0b1c-1.local");
  expect(withAddress(hidden, "192.0.2.1")).toEqual({ ...hidden, candidate: line("192.0.2.1") });
  expect(hiddenName(toWerift({ candidate: line("192.0.2.1") }) ?? {})).toBeUndefined();
});

it("takes names out of an offer, each with its media section", () => {
  const [open, hidden] = [`a=${line("192.0.2.1")}`, `a=${line("abc.local")}`];
  const sdp = (...lines: string[]) => lines.map((each) => `${each}\r\n`).join("");
  const offer = sdp("v=0", hidden, "m=video 9 X 96", open, "m=application 9 X 0", hidden, `a=${line("x.example")}`);
  expect(withOpenCandidates(offer)).toBe(sdp("v=0", "m=video 9 X 96", open, "m=application 9 X 0"));
  expect(hiddenCandidates(offer)).toEqual([{ candidate: hidden, sdpMLineIndex: 1 }]);
});
