import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";
import type { Request } from "playwright-core";
import { expect } from "vitest";
import { makeClip } from "../support/clip.ts";
import { ROOT, Sightline } from "../support/processes.ts";
import { movingStamps, watchStamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

const pathOf = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

function runExample(name: string, args: string[]): ChildProcess & { lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, [pathOf(name), ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return Object.assign(child, { lines });
}

const linkIn = (line: string | undefined) =>
  /https?:\S+/.exec(line ?? "")?.[0] ?? expect.unreachable(`no link: ${line}`);

it("publishes from a script, and gets a new link from another", async ({ browser, stateDir }) => {
  const sender = runExample("02-publish-from-a-script.ts", ["--port", "0", "--state", stateDir]);
  try {
    const link = linkIn((await sender.lines.next()).value);
    await movingStamps(await openLink(browser, link));
    expect((await sender.lines.next()).value).toBe("1 watching");

    const rotation = runExample("04-rotate-links.ts", ["--state", stateDir]);
    const next = linkIn((await rotation.lines.next()).value);
    expect(next.split("#")[0]).toBe(link.split("#")[0]);
    expect(next).not.toBe(link);
    await movingStamps(await openLink(browser, next));
  } finally {
    sender.kill("SIGTERM");
    const [code] = await once(sender, "exit");
    expect(code).toBe(0);
  }
});

it("plays by WHEP with what every browser has", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--whep", "--state", stateDir]);
  const { url, token } = await sender.event(({ event }) => event === "whep");
  const build = await context({
    entryPoints: [pathOf("03-play-whep.ts")],
    format: "esm",
    outdir: pathOf(""),
    write: false,
  });
  try {
    const { port } = await build.serve({ servedir: pathOf(""), host: "127.0.0.1", port: 0 });
    const page = await browser.page();
    await watchStamps(page);
    await page.goto(`http://127.0.0.1:${port}/03-play-whep.html`);
    await page.locator("#url").fill(String(url));
    await page.locator("#token").fill("A".repeat(43));
    await page.locator("button").click();
    await page.getByText("The WHEP token is not valid").waitFor();
    await page.locator("#token").fill(String(token));
    await page.locator("button").click();
    await movingStamps(page);
    // Asked for again, and once more while that is answered: what was asked for before is let go of.
    const answers: number[] = [];
    const isPost = (request: Request) => request.method() === "POST";
    page.on("response", (response) => void (isPost(response.request()) && answers.push(response.status())));
    for (const _ of [1, 2]) await Promise.all([page.waitForRequest(isPost), page.locator("button").click()]);
    await expect.poll(() => answers, { timeout: 10_000 }).toEqual([201, 201]);
    const headers = { authorization: `Bearer ${token}` };
    const status = async () => (await fetch(String(url).replace(/\/whep$/, ""), { headers })).json();
    await expect.poll(status, { timeout: 10_000 }).toMatchObject({ viewers: 1 });
    await page.locator("#state").getByText("connected", { exact: true }).waitFor();
    await page.close({ runBeforeUnload: true });
    await expect.poll(status, { timeout: 10_000 }).toMatchObject({ viewers: 0 });
  } finally {
    await build.dispose();
  }
});

it("shows the pictures that a program makes", async ({ browser, stateDir }) => {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const program = spawn("/usr/bin/python3", [pathOf("05-pictures-of-a-program.py"), "0"], { stdio: [...stdio] });
  try {
    const [address] = await once(createInterface(program.stdout), "line");
    await using sender = new Sightline(["send", "--port", "0", "--camera", address, "--state", stateDir]);
    const camera = await sender.event(({ event }) => event === "camera");
    expect(camera).toMatchObject({ name: address, width: 640, height: 480, fps: 30 });
    const page = await browser.page();
    await page.goto(await sender.link());
    // Its gray moves on from one picture to the next.
    const seen = new Set<number>();
    await expect.poll(async () => seen.add(await page.evaluate(GRAY)).size, { timeout: 20_000 }).toBeGreaterThan(3);
    await page.close();
  } finally {
    program.kill();
  }
});

it("shows a pipeline that serves RTSP", async ({ browser, stateDir }) => {
  const clip = join(stateDir, "clip.mp4");
  await makeClip(clip, { seconds: 60, width: 320, height: 240 });
  const args = [pathOf("06-pipeline-by-rtsp.py"), "0", `filesrc location=${clip} ! qtdemux ! h264parse`];
  const program = spawn("/usr/bin/python3", args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [address] = await once(createInterface(program.stdout), "line");
    await using sender = new Sightline(["send", "--port", "0", "--camera", address, "--state", stateDir]);
    expect(await sender.event(({ event }) => event === "camera")).toMatchObject({
      name: address,
      width: 320,
      height: 240,
    });
    await movingStamps(await openLink(browser, await sender.link()));
  } finally {
    program.kill();
  }
});

/** The middle of what the page shows, 0 to 255. */
const GRAY = `(() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  const video = document.querySelector("video");
  context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data[0];
})()`;
