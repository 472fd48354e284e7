import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { TerminalQueue } from "../../src/sender/terminal-queue.ts";

/** What a terminal makes of one write: so many bytes of it, or an error. */
type Outcome = number | string | "whole";

/** A terminal that answers each write when it is told to. */
class Slow {
  readonly asked: string[] = [];
  #answer: ((outcome: Outcome) => void) | undefined;
  readonly queue = new TerminalQueue((fd, bytes, done) => {
    if (this.#answer) throw new Error("two writes at once");
    this.asked.push(`${fd} ${bytes}`);
    this.#answer = (outcome) => {
      this.#answer = undefined;
      if (typeof outcome === "number") done(null, outcome);
      else if (outcome === "whole") done(null, bytes.length);
      else done(Object.assign(new Error(outcome), { code: outcome }), 0);
    };
  });

  takes(outcome: Outcome): void {
    this.#answer?.(outcome);
  }
}

describe("what goes to a terminal", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("leaves in order, one after the other, the rest of a write before the next", () => {
    const slow = new Slow();
    slow.queue.add(1, "first");
    slow.queue.add(2, "second");
    slow.queue.add(1, "");
    expect(slow.asked).toEqual(["1 first"]);
    slow.takes(3);
    slow.takes("whole");
    expect([slow.asked, slow.queue.isBusy]).toEqual([["1 first", "1 st", "2 second"], true]);
    slow.takes("whole");
    expect([slow.asked.length, slow.queue.isBusy]).toEqual([3, false]);
    slow.queue.add(1, "third");
    expect(slow.asked.at(-1)).toBe("1 third");
  });

  it.each<Outcome>(["EAGAIN", "EINTR", 0])("is tried again a little later after %s, and not at once", (outcome) => {
    const slow = new Slow();
    slow.queue.add(1, "first");
    expect(slow.queue.isStuck).toBe(true);
    slow.takes(outcome);
    expect([slow.asked.length, slow.queue.isStuck]).toEqual([1, false]);
    vi.advanceTimersByTime(100);
    expect(slow.asked).toEqual(["1 first", "1 first"]);
  });

  it.each(["EIO", "EPIPE"])("is let go of after %s, and what follows is tried", (code) => {
    const slow = new Slow();
    slow.queue.add(1, "first");
    slow.queue.add(2, "second");
    slow.takes(code);
    expect(slow.asked).toEqual(["1 first", "2 second"]);
    slow.takes("whole");
    expect(slow.queue.isBusy).toBe(false);
  });

  it("is enough at 64 KiB, until some of it is written", () => {
    const slow = new Slow();
    slow.queue.add(1, "x".repeat(65_535));
    expect(slow.queue.isFull).toBe(false);
    slow.queue.add(1, "x");
    expect(slow.queue.isFull).toBe(true);
    slow.takes(1);
    expect(slow.queue.isFull).toBe(false);
  });

  it("is waited for at the end, and not for ever", async () => {
    const slow = new Slow();
    await slow.queue.drain(1_000);
    slow.queue.add(1, "first");
    const ends: string[] = [];
    void slow.queue.drain(1_000).then(() => ends.push("short"));
    void slow.queue.drain(9_000).then(() => ends.push("long"));
    await vi.advanceTimersByTimeAsync(999);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toEqual(["short"]);
    slow.takes("whole");
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toEqual(["short", "long"]);
  });
});

const hrefOf = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Prints as the command does, says on stderr that it is alive meanwhile, and ends with 5. */
const PROGRAM = `
  import { humanOutput } from ${hrefOf("../../src/sender/output.ts")};
  import { TerminalQueue } from ${hrefOf("../../src/sender/terminal-queue.ts")};
  const queue = new TerminalQueue();
  const output = humanOutput(queue);
  output.note("first");
  output.live.show("live");
  output.note("second");
  setTimeout(async () => {
    process.stderr.write("alive\\n");
    await queue.drain(10_000);
    process.exit(5);
  }, 100);`;

function runStopped(mode: "resumed" | "kept", args: string[]) {
  const command = [pathOf("../fixtures/stopped-terminal.py"), mode, process.execPath, ...args];
  const script = spawn("/usr/bin/python3", command, { env: { ...process.env, TERM: "xterm" } });
  // With it the terminal goes, and what hangs on it.
  onTestFinished(() => void script.kill("SIGKILL"));
  return script;
}

it("a terminal that is stopped stops nobody, and has all of it when it goes on", async () => {
  const script = runStopped("resumed", ["--input-type=module", "--eval", PROGRAM]);
  const exited = once(script, "exit");
  let shown = "";
  script.stdout.on("data", (text) => {
    shown += text;
  });
  expect(await once(createInterface(script.stderr), "line")).toEqual(["alive"]);
  expect(shown).toBe("");
  script.stdin.write("\n");
  expect(await exited).toEqual([5, null]);
  // The live line was not to wait behind them.
  expect(shown).toBe("first\r\nsecond\r\n");
});

it("a terminal that stays stopped does not keep the command from its end", async () => {
  const script = runStopped("kept", [pathOf("../../src/sender/cli.ts"), "status", "--state", "/nonexistent"]);
  expect(await once(script, "exit")).toEqual([2, null]);
});
