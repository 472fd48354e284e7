import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SightlineError } from "../../src/protocol/errors.ts";
import { cameraError, EXIT, edgeError, SenderError, usageError } from "../../src/sender/errors.ts";
import { humanOutput, jsonOutput, type OutputEvent, reportFailure } from "../../src/sender/output.ts";
import { TerminalQueue } from "../../src/sender/terminal-queue.ts";

let stdout: string;
let stderr: string;
beforeEach(() => {
  stdout = "";
  stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

/** Makes of stdout a terminal that takes all at once, unless it is stopped. */
function onTerminal(test: (terminal: ReturnType<typeof makeTerminal>) => void): void {
  const { isTTY, columns } = process.stdout;
  Object.assign(process.stdout, { isTTY: true, columns: 80 });
  try {
    test(makeTerminal());
  } finally {
    Object.assign(process.stdout, { isTTY, columns });
  }
}

function makeTerminal() {
  let waiting: (() => void) | undefined;
  const terminal = {
    text: "",
    isStopped: false,
    queue: new TerminalQueue((_fd, bytes, done) => {
      waiting = () => {
        terminal.text += bytes;
        done(null, bytes.length);
      };
      if (!terminal.isStopped) waiting();
    }),
    resume: () => {
      terminal.isStopped = false;
      waiting?.();
    },
  };
  return terminal;
}

const CLEAR = "\r\x1b[K";
const URL = "http://127.0.0.1:8787/s/front-door#AAAAAAAAAAAAAAAAAAAAAA";
const EVENTS: OutputEvent[] = [
  { event: "edge", url: "http://127.0.0.1:8787" },
  { event: "camera", name: "/dev/video0", width: 1280, height: 720, fps: 29.97002997, encoder: "x264" },
  { event: "link", role: "viewer", url: URL },
  { event: "link", role: "operator", url: `${URL}x` },
  { event: "whep", url: "http://127.0.0.1:8787/api/sessions/a/whep", token: "whep-token" },
  { event: "viewer", id: "abcdefghijklmnopqrstuv", state: "connected" },
  { event: "metrics", url: "http://127.0.0.1:9464/metrics" },
  { event: "stats", cameras: [], viewers: [] },
  { event: "error", code: "camera-unusable", message: "It is gone.\nTwo lines." },
];

describe("for programs", () => {
  it("each event is one JSON object on a line of stdout", () => {
    const output = jsonOutput();
    for (const event of EVENTS) output.emit(event);
    expect(stdout.endsWith("\n")).toBe(true);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(EVENTS);
    expect(stderr).toBe("");
  });

  it("numbers are left out while their reader is behind, and nothing else is", () => {
    const behind = vi.spyOn(process.stdout, "writableNeedDrain", "get").mockReturnValue(true);
    const output = jsonOutput();
    for (const event of EVENTS) output.emit(event);
    behind.mockReturnValue(false);
    output.emit({ event: "stats", cameras: [], viewers: [] });
    const events = stdout.trimEnd().split("\n");
    expect(events.map((line) => JSON.parse(line).event)).toEqual([
      ...EVENTS.map(({ event }) => event).filter((event) => event !== "stats"),
      "stats",
    ]);
  });

  it("what is for people goes to stderr, and codes for phones nowhere", () => {
    const output = jsonOutput();
    output.note("The edge is back.");
    output.qr(URL);
    expect([stdout, stderr]).toEqual(["", "The edge is back.\n"]);
  });
});

describe("for people", () => {
  it("events are lines", () => {
    const output = humanOutput();
    for (const event of EVENTS) output.emit(event);
    const [camera, link, operator, whep, bearer, viewer, ...rest] = stdout.trimEnd().split("\n");
    expect([camera, link, operator, whep, bearer]).toEqual([
      "Camera    /dev/video0, 1280x720 at 29.97 fps, x264",
      `Link      ${URL}`,
      `Operator  ${URL}x`,
      "WHEP      http://127.0.0.1:8787/api/sessions/a/whep",
      "          Authorization: Bearer whep-token",
    ]);
    // The whole id, for that is what `sightline kick` takes.
    expect(viewer).toMatch(/^\d\d:\d\d:\d\d {2}viewer abcdefghijklmnopqrstuv connected$/);
    expect(rest).toEqual(["Metrics   http://127.0.0.1:9464/metrics"]);
    expect(stderr).toBe("It is gone.\nTwo lines.\n");
  });

  it("there is no live line where nobody looks at a terminal", () => {
    expect(humanOutput().live).toBeUndefined();
    expect(jsonOutput().live).toBeUndefined();
  });

  it("on a terminal all other lines stand above the live one, whole", () => {
    onTerminal((terminal) => {
      const output = humanOutput(terminal.queue);
      output.live?.show("Live  2 viewers");
      output.note("The edge is back.");
      output.emit({ event: "error", code: "camera-failed", message: "It is gone." });
      output.live?.clear();
      expect(terminal.text).toBe(
        `${CLEAR}Live  2 viewers${CLEAR}The edge is back.\nLive  2 viewers${CLEAR}Live  2 viewers${CLEAR}`,
      );
      expect([stdout, stderr]).toEqual(["", "It is gone.\n"]);
    });
  });

  it("a terminal that is stopped has the first of what was printed, then how much is left out, then the newest", () => {
    onTerminal((terminal) => {
      const output = humanOutput(terminal.queue);
      terminal.isStopped = true;
      const long = "x".repeat(40_000);
      for (const line of [long, long, "lost", "lost"]) output.note(line);
      terminal.resume();
      output.note("newest");
      expect(terminal.text).toBe(
        `${long}\n${long}\n(Messages left out here, while the terminal was stopped: 2.)\nnewest\n`,
      );
    });
  });

  it("a terminal that is stopped keeps no events of programs without end, and numbers not at all", () => {
    onTerminal((terminal) => {
      const output = jsonOutput(terminal.queue);
      terminal.isStopped = true;
      const stats: OutputEvent = { event: "stats", cameras: [], viewers: [] };
      const edge = (url: string): OutputEvent => ({ event: "edge", url });
      for (const event of [stats, edge("a"), stats, edge("b".repeat(70_000)), edge("c")]) output.emit(event);
      terminal.resume();
      expect(terminal.text.match(/"event":"\w+"/g)).toEqual(['"event":"stats"', '"event":"edge"', '"event":"edge"']);
    });
  });

  it("a link has a code for a phone's camera", () => {
    humanOutput().qr(URL);
    const lines = stdout.split("\n").filter(Boolean);
    expect(lines.length).toBeGreaterThan(12);
    expect(new Set(lines.map((line) => [...line].length)).size).toBe(1);
    expect(stdout).toMatch(/[▀▄█]/);
  });
});

describe("a failure", () => {
  it.each<[string, unknown, number, string]>([
    ["wrong usage", usageError("--fps takes a number."), EXIT.usage, "usage"],
    ["an edge that refuses", edgeError("unauthorized", "No."), EXIT.edge, "unauthorized"],
    ["a camera", cameraError("It is gone."), EXIT.camera, "camera-unusable"],
    ["a sender that came after", new SenderError("replaced", "replaced", "It is taken."), EXIT.replaced, "replaced"],
    ["the runtime", new SenderError("failed", "edge-not-started", "No."), EXIT.failed, "edge-not-started"],
    ["a fault of ours", new TypeError("x is not a function"), EXIT.failed, "internal"],
    ["a fault of the protocol", new SightlineError("invalid-json"), EXIT.failed, "internal"],
    ["what is no error", "thrown text", EXIT.failed, "internal"],
  ])("%s is said once, with its exit code", (_name, error, exit, code) => {
    expect(reportFailure(jsonOutput(), error)).toBe(exit);
    const [event, ...rest] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(event).toMatchObject({ event: "error", code });
    expect(event.message).toContain(error instanceof Error ? error.message : "thrown text");
    expect(rest).toEqual([]);
  });

  it("never shows its cause, which may hold what people should not see", () => {
    reportFailure(humanOutput(), cameraError("It is gone.", new Error("rtsp://admin:hunter2@host")));
    expect(stdout + stderr).not.toContain("hunter2");
  });

  it("exits with the codes that service managers know", () => {
    expect(EXIT).toEqual({ ok: 0, failed: 1, usage: 2, edge: 3, camera: 4, replaced: 5 });
  });
});

it("what an edge says for people cannot steer their terminal", () => {
  const message = "Refused.\u001b]0;owned\u0007\u001b[2J\r\u009b31m\nLook here.";
  humanOutput().emit({ event: "error", code: "edge", message });
  humanOutput().note(message);
  jsonOutput().note(message);
  expect([stdout, stderr].join("")).not.toMatch(/[^\P{Cc}\n]/u);
  expect(stderr).toContain("\nLook here.\n");
});
