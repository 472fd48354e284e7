import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { SendConfig } from "../../src/sender/config.ts";
import { servePublishKey } from "../../src/sender/local-edge.ts";
import type { Output } from "../../src/sender/output.ts";
import { reachEdge } from "../../src/sender/reach-edge.ts";

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "sightline-state-"));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

/** The key that an edge would be shown, where this machine keeps that of its own. */
async function shownTo(edge: string): Promise<"the kept one" | "none"> {
  const { key } = servePublishKey(stateDir, {}, () => {});
  await using cleanup = new AsyncDisposableStack();
  const config = { edge, stateDir } as SendConfig;
  const output = { note: () => {} } as unknown as Output;
  const reached = await reachEdge(config, {}, output, cleanup).catch(({ code }: { code: string }) => code);
  if (reached === "publish-key-refused") return "none";
  expect(reached).toMatchObject({ origin: edge, publishKey: key });
  return "the kept one";
}

it("an edge without its key: where it is found is said", async () => {
  await using cleanup = new AsyncDisposableStack();
  const config = { edge: "https://camera.example.com", stateDir } as SendConfig;
  const reaching = reachEdge(config, {}, { note: () => {} } as unknown as Output, cleanup);
  await expect(reaching).rejects.toMatchObject({
    reason: "edge",
    code: "publish-key-refused",
    message: expect.stringMatching(/Set SIGHTLINE_PUBLISH_KEY: `sightline serve` prints .+; on Cloudflare .+\.$/),
  });
});

it.each(["http://127.0.0.1:8787", "http://127.0.0.2", "http://127.1", "http://localhost:8787", "http://[::1]:8787"])(
  "the edge of this machine is shown the kept key: %s",
  async (edge) => expect(await shownTo(edge)).toBe("the kept one"),
);

it("a key from the environment is checked before an edge is started with it", () => {
  const served = (key: string) => servePublishKey(stateDir, { PUBLISH_KEY: key }, () => {});
  expect(served("key\n")).toEqual({ key: "key" });
  expect(() => served("two words")).toThrow(/^PUBLISH_KEY holds a character that no header carries/);
});

it.each([
  "https://127.0.0.1.example.com",
  "https://127.example.com",
  "https://127.0.0.example",
  "https://localhost.example.com",
  "http://192.168.1.5:8787",
  "http://[::ffff:192.168.1.5]",
])("another's is shown none: %s", async (edge) => expect(await shownTo(edge)).toBe("none"));
