import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { Stamp } from "../../src/sender/capture/stamp.ts";
import { Sightline } from "../support/processes.ts";

const PLAYER = fileURLToPath(new URL("../fixtures/whep-player.py", import.meta.url));
const run = promisify(execFile);

for (const form of ["sdp", "json"]) {
  it(`is received and decoded by a WHEP player that is not ours (${form})`, async () => {
    await using sender = new Sightline(["send", "--port", "0", "--whep"]);
    const { url, token } = await sender.event(({ event }) => event === "whep");
    const started = Date.now();
    const { stdout } = await run("/usr/bin/python3", [PLAYER, String(url), String(token), form, "30"], {
      timeout: 45_000,
    });
    const lines = stdout.trim().split("\n");
    expect(lines.pop()).toBe("left");
    const stamps: Stamp[] = lines.map((line) => JSON.parse(line));
    expect(new Set(stamps.map(({ counter }) => counter)).size).toBeGreaterThan(25);
    for (const { drawnAtMs } of stamps) expect(drawnAtMs).toBeGreaterThanOrEqual(started);
    await sender.event(({ event, state }) => event === "viewer" && state === "gone");
  });
}

it("refuses WHEP unless the owner turned it on", async () => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const link = new URL(await sender.link());
  const whep = `${link.origin}/api${link.pathname.replace("/s/", "/sessions/")}/whep`;
  const response = await fetch(whep, {
    method: "POST",
    headers: { authorization: `Bearer ${"A".repeat(43)}`, "content-type": "application/sdp" },
    body: "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
  });
  expect(response.status).toBe(403);
  expect(await response.text()).toContain("--whep");
});
