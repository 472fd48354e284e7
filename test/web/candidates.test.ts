import { expect, test } from "vitest";
import { CANDIDATES_MAX } from "../../src/protocol/limits.ts";
import { CandidateGate, isWorthTelling } from "../../src/web/client/candidates.ts";

test("candidates wait for the gate, pass in order, and then at once", () => {
  const passed: (string | null)[] = [];
  const gate = new CandidateGate<string | null>((candidate) => passed.push(candidate));
  gate.add("a");
  gate.add("b");
  expect(passed).toEqual([]);
  gate.open();
  expect(passed).toEqual(["a", "b"]);
  gate.add(null);
  expect(passed).toEqual(["a", "b", null]);
});

test("a flood is cut off, before the gate opens and after", () => {
  let passed = 0;
  const gate = new CandidateGate<number>(() => {
    passed += 1;
  });
  for (let i = 0; i < CANDIDATES_MAX + 50; i++) gate.add(i);
  gate.open();
  gate.add(0);
  expect(passed).toBe(CANDIDATES_MAX);
});

test.each([
  ["candidate:1 1 udp 2113937151 a.local 50000 typ host generation 0", true],
  ["candidate:2 1 tcp 1518280447 192.168.1.2 9 typ host tcptype active generation 0", false],
  ["candidate:3 1 tcp 1518214911 192.168.1.2 50001 typ host tcptype passive", true],
  ["candidate:4 1 udp 41885439 203.0.113.2 50002 typ relay raddr 0.0.0.0 rport 0", true],
  ["", false],
])("the sender is told of what it can use: %s", (line, told) => {
  expect(isWorthTelling(line)).toBe(told);
});
