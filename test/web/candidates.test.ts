import { expect, test } from "vitest";
import { CANDIDATES_MAX } from "../../src/protocol/limits.ts";
import { CandidateGate } from "../../src/web/client/candidates.ts";

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
