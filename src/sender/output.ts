import { renderUnicodeCompact } from "uqr";
import type { SessionStatus } from "../protocol/http.ts";
import type { Role } from "../protocol/ids.ts";
import type { CameraStats, DeliveryStats } from "../protocol/stats.ts";
import { formatFps } from "../protocol/units.ts";
import { EXIT, SenderError } from "./errors.ts";
import { LiveLine } from "./live-line.ts";
import { TerminalQueue } from "./terminal-queue.ts";
import type { ViewerTimings } from "./viewer-timings.ts";

/** `gone`: of one that was connected. */
export type ViewerState = "connected" | "gone";

/** What `--json` prints, one object a line; people read the same as sentences. */
export type OutputEvent =
  | { event: "edge"; url: string }
  | { event: "camera"; name: string; width: number; height: number; fps: number; encoder: string }
  | { event: "link"; role: Role; url: string }
  | { event: "whep"; url: string; token: string }
  | { event: "status"; status: SessionStatus }
  | { event: "viewer"; id: string; state: ViewerState; timings?: ViewerTimings | undefined }
  | { event: "picture"; id: string; timings: ViewerTimings }
  | { event: "metrics"; url: string }
  | { event: "stats"; cameras: CameraStats[]; viewers: DeliveryStats[] }
  | { event: "error"; code: string; message: string };

type Stream = NodeJS.WriteStream & { fd: number };

export interface Output {
  emit(event: OutputEvent): void;
  /** A line for people, on stderr when stdout belongs to a program. */
  note(line: string): void;
  /** A code for a phone's camera; programs get none. */
  qr(text: string): void;
  /** Where a person looks at a terminal. */
  live?: LiveLine | undefined;
}

/** @param queue where what is written goes by that is a terminal */
export function jsonOutput(queue = new TerminalQueue()): Output {
  // Who does not read is not to find hours of numbers, nor is this process to keep them.
  const isBehind = () => (process.stdout.isTTY ? queue.isBusy : process.stdout.writableNeedDrain);
  return {
    emit: (event) => {
      if (event.event !== "stats" || !isBehind()) put(queue, process.stdout, `${JSON.stringify(event)}\n`);
    },
    note: (line) => put(queue, process.stderr, `${printable(line)}\n`),
    qr: () => {},
  };
}

/** @param queue the same */
export function humanOutput(queue = new TerminalQueue()): Output {
  const { stdout, stderr } = process;
  const terminal = {
    get columns() {
      return stdout.columns;
    },
    get isBusy() {
      return queue.isBusy;
    },
    write: (text: string) => void put(queue, stdout, text),
  };
  const live = stdout.isTTY && process.env.TERM !== "dumb" ? new LiveLine(terminal) : undefined;
  let leftOut = 0;
  const write = (stream: Stream, text: string) => {
    const before = leftOut === 0 ? "" : `(Messages left out here, while the terminal was stopped: ${leftOut}.)\n`;
    const print = () => {
      leftOut = put(queue, stream, `${before}${printable(text)}\n`) ? 0 : leftOut + 1;
    };
    if (live) live.above(print);
    else print();
  };
  const print = (line: string) => write(stdout, line);
  return {
    emit: (event) => {
      const line = sentence(event);
      if (line === undefined) return;
      if (event.event === "error") write(stderr, line);
      else print(line);
    },
    note: print,
    qr: (text) => print(`\n${indent(renderUnicodeCompact(text, { border: 2 }))}\n`),
    live,
  };
}

/** @returns false where it was left out, for a terminal that is stopped has enough waiting */
function put(queue: TerminalQueue, stream: Stream, text: string): boolean {
  if (!stream.isTTY) stream.write(text);
  else if (queue.isFull) return false;
  else queue.add(stream.fd, text);
  return true;
}

function sentence(event: OutputEvent): string | undefined {
  switch (event.event) {
    case "edge":
    case "status":
    case "picture":
    case "stats":
      return undefined;
    case "camera":
      return `Camera    ${event.name}, ${event.width}x${event.height} at ${formatFps(event.fps)} fps, ${event.encoder}`;
    case "link":
      return `${event.role === "viewer" ? "Link    " : "Operator"}  ${event.url}`;
    case "whep":
      return `WHEP      ${event.url}\n          Authorization: Bearer ${event.token}`;
    case "metrics":
      return `Metrics   ${event.url}`;
    case "viewer":
      return `${clock()}  viewer ${event.id} ${event.state}`;
    case "error":
      return `${event.message}`;
  }
}

/** What an edge or a camera says of itself may not move a terminal's cursor or change what stands there. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, "\ufffd");
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

/** Says what went wrong, once, and returns what to exit with. */
export function reportFailure(output: Output, error: unknown): number {
  if (error instanceof SenderError) {
    output.emit({ event: "error", code: error.code, message: error.message });
    return EXIT[error.reason];
  }
  const message = error instanceof Error ? error.message : String(error);
  output.emit({ event: "error", code: "internal", message: `Something failed that should not have: ${message}` });
  if (process.env.SIGHTLINE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT.failed;
}
