import { describe, expect, it } from "vitest";
import { readSources, type SourceFile } from "./support/source.ts";

const sources = readSources();
const byPath = new Map(sources.map((source) => [source.path, source]));

/** Input and the time go in, what to do comes out: a whole network can be tried out in microseconds. */
const PURE =
  /^src\/(worker\/session\/broker|sender\/(congestion|pacer)\/.+|sender\/(path-watch|given-up|slow-encoder)|sender\/encode\/(bits|sps|h264|keyframe-gate)|sender\/delivery\/(lane|rate|recent|unanswered)|sender\/capture\/(thinner|playback-clock)|sender\/stats\/(camera-meter|delivery-stats|census|live-text|numbers)|sender\/peer\/(packetizer|budget|rtx|feedback|transport-feedback|sender-report|header-extensions))\.ts$/;

const CLOCK_OR_WORLD =
  /\b(Date\.now|new Date\(\)|performance\b|set(?:Timeout|Interval|Immediate)\b|queueMicrotask\b|requestAnimationFrame\b|fetch\(|Math\.random|crypto\b|process\b|console\b|WebSocket\b|globalThis\b|await\b|async\b)/;

const WALL_CLOCK = /\bDate\.now\b|\bnew Date\(\)/;

/** The file and what it runs of its own runtime, however far away. */
function reached(path: string, seen = new Map<string, SourceFile>()): Map<string, SourceFile> {
  const source = byPath.get(path);
  if (!source || seen.has(path) || path.startsWith("src/protocol/")) return seen;
  seen.set(path, source);
  for (const { target, typeOnly } of source.imports) if (!typeOnly) reached(target, seen);
  return seen;
}

const pure = sources.filter(({ path }) => PURE.test(path));

it("there are pure files to look at", () => {
  const paths = pure.map(({ path }) => path);
  expect(paths).toContain("src/worker/session/broker.ts");
  expect(paths.length).toBeGreaterThanOrEqual(6);
});

describe.each(pure.map(({ path }) => [path]))("%s", (path) => {
  it("has no clock, timer, chance or I/O, nor has anything that it calls", () => {
    const offences = Array.from(reached(path).values(), ({ path: file, code }) => {
      const found = CLOCK_OR_WORLD.exec(code)?.[0];
      return found && `${file}: ${found}`;
    }).filter(Boolean);
    expect(offences).toEqual([]);
  });

  it("knows no library but the schemas' types", () => {
    const libraries = byPath.get(path)?.imports.filter(({ target }) => !target.startsWith("src/")) ?? [];
    expect(libraries.filter(({ target, typeOnly }) => !(typeOnly && target === "valibot"))).toEqual([]);
  });
});

it.each([
  ["Date.now()", true],
  ["const t = performance.now();", true],
  ["setTimeout(run, 1)", true],
  ["Math.random() < 0.5", true],
  ["await fetch(url)", true],
  ["new Date()", true],
  ["Math.round(1.5)", false],
  ["new Date(nowMs)", false],
  ["const updated = dates.now", false],
])("%s breaks the rule: %s", (code, breaks) => {
  expect(CLOCK_OR_WORLD.test(code)).toBe(breaks);
});

it("no wait of the sender or the viewer goes by the clock that people set", () => {
  // What is only shown: a line's time, a picture's, a session's name.
  const shown = ["src/sender/capture/pattern.ts", "src/sender/identity.ts", "src/sender/output.ts"];
  const reads = sources.filter(({ path, code }) => /^src\/(sender|web)\//.test(path) && WALL_CLOCK.test(code));
  expect(reads.map(({ path }) => path).sort()).toEqual(shown);
});

it("the protocol runs anywhere: nothing of Node, of browsers or of Workers alone", () => {
  const foreign =
    /\b(Buffer|process|require|window|document|location|navigator|localStorage|DurableObject\w*)\b|crypto\.subtle/;
  const offences = sources
    .filter(({ path }) => path.startsWith("src/protocol/"))
    .flatMap(({ path, code }) => (foreign.test(code) ? [`${path}: ${foreign.exec(code)?.[0]}`] : []));
  expect(offences).toEqual([]);
});

it("the viewer's library knows of the DOM the video element alone", () => {
  const page =
    /\b(document|window|location|localStorage|sessionStorage|history|querySelector\w*|HTML(?!VideoElement)\w*Element)\b/;
  const offences = sources
    .filter(({ path }) => path.startsWith("src/web/client/"))
    .flatMap(({ path, code }) => (page.test(code) ? [`${path}: ${page.exec(code)?.[0]}`] : []));
  expect(offences).toEqual([]);
});
