import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Browser } from "../support/browser.ts";
import { movingStamps, stamps, watchStamps } from "../support/stamps.ts";
import { only, openTamperedPath, type TamperedPath } from "../support/tampered-path.ts";
import type { Message, Tamper } from "../support/tampering-edge.ts";
import { openLink, waitForStatus } from "../support/viewing.ts";
import { it as inBrowser } from "./browser-test.ts";

const STRANGER = `sha-256 ${Array.from({ length: 32 }, () => "AB").join(":")}`;

function withFingerprint(message: Message): Message {
  return { ...message, sdp: message.sdp?.replace(/sha-256 [0-9A-F:]+/gi, STRANGER) ?? "" };
}

interface Fixtures {
  path: TamperedPath & { connected(): unknown[] };
}

const it = inBrowser.extend<Fixtures & { tamperedPath: TamperedPath }>({
  tamperedPath: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
    async ({}, use) => {
      await using path = await openTamperedPath();
      await use(path);
    },
    { scope: "file" },
  ],
  path: async ({ tamperedPath }, use) => {
    const { tampered, sender } = tamperedPath;
    tampered.tamper = (message) => [message];
    tampered.alterPage = undefined;
    tampered.passed.length = 0;
    const before = sender.events.length;
    await use({
      ...tamperedPath,
      connected: () => sender.events.slice(before).filter(({ state }) => state === "connected"),
    });
  },
});

it("connects when nothing is changed on the way", async ({ browser, path }) => {
  await movingStamps(await openLink(browser, path.link));
  expect(path.connected()).toHaveLength(1);
});

/** Offer and answer are all there is. */
const withoutStandby =
  (tamper: Tamper): Tamper =>
  (message, towards, from) =>
    message.type === "standby" ? [] : tamper(message, towards, from);

for (const [what, tamper] of [
  ["the offer's DTLS fingerprint is swapped", only("offer", (offer) => [withFingerprint(offer)])],
  ["the answer's DTLS fingerprint is swapped", only("answer", (answer) => [withFingerprint(answer)])],
  ["the offer's proof is stripped", only("offer", ({ proof, ...offer }) => [offer])],
  ["the answer's proof is stripped", only("answer", ({ proof, ...answer }) => [answer])],
  ["the offer is passed off as a WHEP player's", only("offer", ({ proof, ...offer }) => [{ ...offer, whep: true }])],
  ["the offer comes under another viewer's id", only("offer", (offer) => [{ ...offer, viewer: "A".repeat(22) }])],
  ["the answer is altered by one character", only("answer", (answer) => [{ ...answer, sdp: `${answer.sdp}\r\n` }])],
] as const) {
  it(`shows nothing when ${what}`, async ({ browser, path }) => {
    path.tampered.tamper = withoutStandby(tamper);
    const page = await openLink(browser, path.link);
    if (what.includes("another viewer")) {
      await page.waitForTimeout(2_000);
    } else {
      await waitForStatus(page, /^Not connected$/);
      expect(await page.locator("body").innerText()).toContain("not what the other end sent");
    }
    expect(await stamps(page)).toEqual([]);
    expect(path.connected()).toEqual([]);
  });
}

it("lets a role be nobody's word but the key's", async ({ browser, path }) => {
  path.tampered.tamper = (message) =>
    ["welcome", "viewer-joined"].includes(message.type)
      ? [{ ...message, role: message.role ? "operator" : message.role }]
      : [message];
  const page = await openLink(browser, path.link);
  await movingStamps(page);
  // The offer's proof was made with the viewer's key; with the operator's it does not verify.
  expect(path.tampered.passed.find(({ type }) => type === "offer")?.proof).toBeTruthy();
});

it("answers no replayed offer, from whomever it seems to come", async ({ browser, path }) => {
  const page = await openLink(browser, path.link);
  await movingStamps(page);
  // As the edge passed it on.
  const offer = path.tampered.passed.find(
    ({ type, viewer, standby }) => type === "offer" && viewer && standby !== true,
  );
  if (!offer) throw new Error("no offer passed");
  path.tampered.forge({ ...offer, viewer: "B".repeat(22) });
  path.tampered.forge({ ...offer, connection: 7 });
  const refused = () => path.tampered.passed.filter(({ code, viewer }) => code === "proof-refused" && viewer);
  await expect.poll(() => refused().length).toBe(2);
  const answers = path.tampered.passed.filter(({ type }) => type === "answer");
  expect(answers.filter(({ viewer, connection }) => viewer === "B".repeat(22) || connection === 7)).toEqual([]);
  await movingStamps(page);
});

it("takes no answer that belongs to another viewer", async ({ browser, path }) => {
  let first: Message | undefined;
  const swapped = only("answer", (answer) => {
    first ??= answer;
    return [{ ...first, viewer: answer.viewer, connection: answer.connection ?? 0 }];
  });
  path.tampered.tamper = withoutStandby(swapped);
  await movingStamps(await openLink(browser, path.link));
  const second = await openLink(browser, path.link);
  await waitForStatus(second, /^Not connected$/);
  expect(await stamps(second)).toEqual([]);
});

/** Opens the link and notes every path that is asked for. */
async function openNoting(browser: Browser, link: string): Promise<{ page: Page; asked: string[] }> {
  const page = await browser.page();
  const asked: string[] = [];
  page.on("request", (request) => void asked.push(new URL(request.url()).pathname));
  await watchStamps(page);
  await page.goto(link);
  await waitForStatus(page, /^Live$/);
  await movingStamps(page);
  return { page, asked };
}

function background(page: Page): Promise<unknown> {
  return page.evaluate("getComputedStyle(document.body).backgroundColor");
}

/** Of the page as its style sheet has it. */
const GROUND = "rgb(9, 11, 14)";

/** A style sheet alone the page's own script mends; the frame may be asked for until it is there. */
for (const [what, alterPage, asksFor] of [
  ["script", (html: string) => html.replace(";</script>", ";;</script>"), /^\/(fallback\.html|page\.(js|css))/],
  ["style sheet", (html: string) => html.replace("</style>", " </style>"), /^\/page\.(js|css)/],
  [
    "script and style sheet",
    (html: string) => html.replace(/(?=<\/(script|style)>)/g, "\n"),
    /^\/(fallback\.html|page\.(js|css))/,
  ],
] as const) {
  it(`shows the camera though the page's own ${what} came altered, and so was not allowed`, async ({
    browser,
    path,
  }) => {
    let altered = false;
    path.tampered.alterPage = (html) => {
      altered = alterPage(html) !== html;
      return alterPage(html);
    };
    const { page, asked } = await openNoting(browser, path.link);
    expect(altered).toBe(true);
    expect(path.connected()).toHaveLength(1);
    await expect.poll(() => background(page)).toBe(GROUND);
    const files = ["/fallback.html", "/page.css", "/page.js"];
    expect(asked.filter((path) => asksFor.test(path)).sort()).toEqual(files.filter((path) => asksFor.test(path)));
  });
}

it("loads nothing to mend a page that came as it was sent", async ({ browser, path }) => {
  const { page, asked } = await openNoting(browser, path.link);
  expect(await background(page)).toBe(GROUND);
  expect(asked.filter((path) => /^\/(fallback|page\.css)/.test(path))).toEqual([]);
});
