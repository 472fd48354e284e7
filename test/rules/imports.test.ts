import { describe, expect, it } from "vitest";
import { type Import, readSources, type SourceFile } from "./support/source.ts";

const sources = readSources();
const byPath = new Map(sources.map((source) => [source.path, source]));
const under = (...folders: string[]) =>
  sources.filter(({ path }) => folders.some((folder) => path.startsWith(`src/${folder}/`)));

/** Each import that is against the rule, as `file -> what`. */
function offences(files: SourceFile[], allowed: (entry: Import, file: SourceFile) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((entry) => !allowed(entry, file)).map(({ target }) => `${file.path} -> ${target}`),
  );
}

const isWithin = (target: string, ...folders: string[]) =>
  folders.some((folder) => target.startsWith(`src/${folder}/`));
const isPackage = (target: string, ...names: string[]) =>
  names.some((name) => target === name || target.startsWith(`${name}/`));
const isRelative = (target: string) => target.startsWith("src/");

it("every relative import names a file that is there, with its ending", () => {
  expect(offences(sources, ({ target }) => !isRelative(target) || byPath.has(target))).toEqual([]);
});

describe("the runtimes", () => {
  it("protocol imports valibot and @noble/hashes, and itself", () => {
    const files = under("protocol");
    expect(files.length).toBeGreaterThan(10);
    const allowed = ({ target }: Import) =>
      isWithin(target, "protocol") || isPackage(target, "valibot", "@noble/hashes");
    expect(offences(files, allowed)).toEqual([]);
  });

  it.each([
    ["worker", ["hono", "valibot", "@noble/hashes", "@valibot/to-json-schema"], /^(cloudflare:workers|package\.json)$/],
    ["sender", ["valibot", "node-av", "werift", "uqr", "prom-client", "koffi", "multicast-dns"], /^node:/],
    ["web", ["valibot"], /^(?!)/],
  ])(
    "%s imports the protocol and itself, never another, and of packages only its own",
    (runtime, packages, modules) => {
      const files = under(runtime);
      expect(files.length).toBeGreaterThan(10);
      const allowed = ({ target }: Import) =>
        isWithin(target, "protocol", runtime) || isPackage(target, ...packages) || modules.test(target);
      expect(offences(files, allowed)).toEqual([]);
    },
  );

  it("only the Worker's entry and Durable Objects know cloudflare:workers", () => {
    const knowing = sources.filter(({ imports }) => imports.some(({ target }) => target.startsWith("cloudflare:")));
    const others = knowing.filter(
      ({ path, code }) => path !== "src/worker/index.ts" && !/ extends DurableObject\b/.test(code),
    );
    expect(others.map(({ path }) => path)).toEqual([]);
    expect(knowing.map(({ path }) => path)).toContain("src/worker/session/session.ts");
  });
});

describe("the sender's rooms", () => {
  const ROOMS = ["capture", "encode", "pacer", "congestion", "peer", "signaling"];
  const roomOf = (path: string) => ROOMS.find((room) => path.startsWith(`src/sender/${room}/`));

  it.each([
    ["node-av", ["capture", "encode"], ["src/sender/main.ts"]],
    ["werift", ["peer"], []],
    ["koffi", ["peer/native"], []],
    ["multicast-dns", ["peer"], []],
    ["prom-client", ["stats"], []],
  ] as [string, string[], string[]][])("%s is known to %j alone", (name, rooms, files) => {
    const allowed = ({ target }: Import, { path }: SourceFile) =>
      !isPackage(target, name) || files.includes(path) || rooms.some((room) => path.startsWith(`src/sender/${room}/`));
    expect(offences(sources, allowed)).toEqual([]);
    expect(sources.some(({ imports }) => imports.some(({ target }) => isPackage(target, name)))).toBe(true);
  });

  it("take only types from one another", () => {
    const allowed = ({ target, typeOnly }: Import, { path }: SourceFile) =>
      typeOnly || roomOf(target) === undefined || roomOf(target) === roomOf(path);
    expect(
      offences(
        sources.filter(({ path }) => roomOf(path)),
        allowed,
      ),
    ).toEqual([]);
  });

  it("take from the hall only helpers that know no room themselves", () => {
    const isHall = (target: string) => /^src\/sender\/[^/]+\.ts$/.test(target);
    const knowsRooms = (path: string) =>
      (byPath.get(path)?.imports ?? []).some(({ target, typeOnly }) => !typeOnly && roomOf(target) !== undefined);
    const allowed = ({ target, typeOnly }: Import) => typeOnly || !isHall(target) || !knowsRooms(target);
    expect(
      offences(
        sources.filter(({ path }) => roomOf(path)),
        allowed,
      ),
    ).toEqual([]);
    expect(knowsRooms("src/sender/agent.ts")).toBe(true);
  });
});

it("the viewer's library knows nothing of the page", () => {
  const allowed = ({ target }: Import) => !isWithin(target, "web/page");
  expect(offences(under("web/client"), allowed)).toEqual([]);
});
