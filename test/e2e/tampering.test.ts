import { expect } from "vitest";
import { movingStamps, stamps } from "../support/stamps.ts";
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
  const offer = path.tampered.passed.find(({ type, viewer }) => type === "offer" && viewer);
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
