import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SenderError } from "../../src/sender/errors.ts";
import { type Identity, IdentityStore, makeIdentity, rotateLinks } from "../../src/sender/identity.ts";
import { keptPublishKey, servePublishKey } from "../../src/sender/local-edge.ts";

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "sightline-identity-"));
});
afterEach(() => rmSync(state, { recursive: true }));

/** What a sender does with a session of a chosen name. */
function keptIdentity(stateDir: string, id: string): Identity {
  const store = new IdentityStore(stateDir);
  const identity = store.read(id) ?? makeIdentity(id);
  store.write(identity);
  return identity;
}

/** What its owner does with it. */
function rotateKept(id: string): Identity {
  const store = new IdentityStore(state);
  const identity = rotateLinks(store.read(id) ?? makeIdentity(id), ["viewer"]);
  store.write(identity);
  return identity;
}

const pathOf = (id: string) => join(state, "sessions", `${id}.json`);
const modeOf = (path: string) => statSync(path).mode & 0o777;

function refusal(action: () => unknown): SenderError {
  try {
    action();
  } catch (error) {
    if (error instanceof SenderError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a session's identity", () => {
  it("is made up of secrets that are not made twice", () => {
    const all = [makeIdentity(), makeIdentity()].flatMap((identity) => Object.values(identity));
    expect(new Set(all).size).toBe(10);
    expect(makeIdentity().sessionId).toMatch(/^session-\d{8}-\d{6}-[0-9a-f]{8}$/);
  });

  it("is kept, so that its links work again", () => {
    const first = keptIdentity(state, "front-door");
    expect(first.sessionId).toBe("front-door");
    expect(keptIdentity(state, "front-door")).toEqual(first);
    expect(keptIdentity(state, "back-door").viewerSecret).not.toBe(first.viewerSecret);
  });

  it("is listed while it is kept, and gone when removed", () => {
    const store = new IdentityStore(state);
    expect(store.list()).toEqual([]);
    store.write(makeIdentity("front-door"));
    store.write(makeIdentity("back-door"));
    expect(store.list().sort()).toEqual(["back-door", "front-door"]);
    store.remove("back-door");
    expect(store.list()).toEqual(["front-door"]);
    expect(store.read("back-door")).toBeUndefined();
  });

  it("gets new secrets for the links that are rotated, and for those alone", () => {
    const before = makeIdentity("front-door");
    const viewers = rotateLinks(before, ["viewer"]);
    expect(viewers.viewerSecret).not.toBe(before.viewerSecret);
    expect(viewers.whepToken).not.toBe(before.whepToken);
    expect(viewers).toMatchObject({ operatorSecret: before.operatorSecret, senderToken: before.senderToken });
    const operators = rotateLinks(before, ["operator"]);
    expect(operators).toEqual({ ...before, operatorSecret: expect.not.stringMatching(before.operatorSecret) });
  });

  it("is nobody else's to read", () => {
    keptIdentity(join(state, "deep", "er"), "front-door");
    expect(modeOf(join(state, "deep", "er", "sessions", "front-door.json"))).toBe(0o600);
    expect(modeOf(join(state, "deep", "er", "sessions"))).toBe(0o700);
  });

  it("is closed to others when its file was copied here open to them, which is said once", () => {
    const identity = keptIdentity(state, "front-door");
    chmodSync(pathOf("front-door"), 0o644);
    const notes: string[] = [];
    const store = new IdentityStore(state, (line) => notes.push(line));
    expect(store.read("front-door")).toEqual(identity);
    expect(modeOf(pathOf("front-door"))).toBe(0o600);
    expect(store.read("front-door")).toEqual(identity);
    expect(notes).toEqual([
      `${pathOf("front-door")} holds secrets and was open to other users; it is now yours alone.`,
    ]);
  });

  it("is replaced as a whole, so that whoever reads meanwhile never finds half of it", () => {
    keptIdentity(state, "front-door");
    const { ino } = statSync(pathOf("front-door"));
    rotateKept("front-door");
    expect(statSync(pathOf("front-door")).ino).not.toBe(ino);
    expect(readdirSync(join(state, "sessions"))).toEqual(["front-door.json"]);
  });

  it("is not written where nothing is new, so that a disk that is full is no matter", () => {
    keptIdentity(state, "front-door");
    const { ino } = statSync(pathOf("front-door"));
    keptIdentity(state, "front-door");
    expect(statSync(pathOf("front-door")).ino).toBe(ino);
    // Whoever is to be written to first finds no place.
    mkdirSync(`${pathOf("front-door")}.${process.pid}.new`);
    keptIdentity(state, "front-door");
    expect(refusal(() => rotateKept("front-door"))).toMatchObject({ reason: "failed", code: "state-unusable" });
  });

  // Only root can give a file away, and so only there is it lost.
  it.runIf(process.getuid?.() === 0)("stays its sender's when root writes it, as `sudo sightline rotate` does", () => {
    keptIdentity(state, "front-door");
    chownSync(pathOf("front-door"), 12_345, 23_456);
    rotateKept("front-door");
    expect(statSync(pathOf("front-door"))).toMatchObject({ uid: 12_345, gid: 23_456 });
    expect(modeOf(pathOf("front-door"))).toBe(0o600);
  });
});

describe("a state folder that cannot be used is explained:", () => {
  const SECRET = "hunter2-hunter2-hunter";

  it.each([
    ["no JSON", `{"viewerSecret": "${SECRET}"`],
    ["an empty file", ""],
    [
      "a field missing",
      JSON.stringify({ ...makeIdentity("front-door"), viewerSecret: SECRET, senderToken: undefined }),
    ],
    ["a secret too short", JSON.stringify({ ...makeIdentity("front-door"), viewerSecret: SECRET.slice(1) })],
    ["another session's identity", JSON.stringify({ ...makeIdentity("back-door"), viewerSecret: SECRET })],
  ])("%s, without what the file holds", (_name, text) => {
    keptIdentity(state, "front-door");
    writeFileSync(pathOf("front-door"), text);
    const error = refusal(() => keptIdentity(state, "front-door"));
    expect(error).toMatchObject({ reason: "usage", code: "state-unusable" });
    expect(error.message).toBe(`${pathOf("front-door")} is damaged. Delete it to make new links for this session.`);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET.slice(1));
    // It may be all that is left of somebody's links.
    expect(readFileSync(pathOf("front-door"), "utf8")).toBe(text);
  });

  it("a file where the folder should be", () => {
    writeFileSync(join(state, "file"), "");
    const error = refusal(() => keptIdentity(join(state, "file"), "front-door"));
    expect(error.message).toContain(`The state folder ${join(state, "file", "sessions")} cannot be used: `);
    expect(error).toMatchObject({ reason: "usage", code: "state-unusable" });
  });

  it("a folder where the file should be", () => {
    mkdirSync(pathOf("front-door"), { recursive: true });
    expect(refusal(() => keptIdentity(state, "front-door")).message).toContain("cannot be used: ");
  });
});

it("the publish key is closed to others in the same way", () => {
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  const { key, path = "" } = servePublishKey(state, {}, note);
  expect(modeOf(path)).toBe(0o600);
  chmodSync(path, 0o644);
  expect(keptPublishKey(state, note)).toBe(key);
  expect(modeOf(path)).toBe(0o600);
  expect(notes).toHaveLength(1);
  expect(notes[0]).not.toContain(key);
});

it("a publish key that cannot be read is wrong usage, one that cannot be written a failure, in one sentence", () => {
  const choice = /^The state folder .+ cannot be used: .+\. Choose another with --state\.$/;
  const path = join(state, "publish-key");
  mkdirSync(`${path}.${process.pid}.new`);
  const unwritten = refusal(() => servePublishKey(state, {}, () => {}));
  mkdirSync(path);
  const unread = refusal(() => servePublishKey(state, {}, () => {}));
  expect([unwritten.reason, unread.reason]).toEqual(["failed", "usage"]);
  for (const { code, message } of [unwritten, unread]) {
    expect(code).toBe("state-unusable");
    expect(message).toMatch(choice);
  }
});

it("a link that waits where a file will be written is not written through", () => {
  keptIdentity(state, "front-door");
  const elsewhere = join(state, "elsewhere");
  symlinkSync(elsewhere, `${pathOf("front-door")}.${process.pid}.new`);
  const identity = rotateKept("front-door");
  expect(() => readFileSync(elsewhere)).toThrow("ENOENT");
  expect(lstatSync(pathOf("front-door")).isFile()).toBe(true);
  expect(new IdentityStore(state).read("front-door")).toEqual(identity);
});
