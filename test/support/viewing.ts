import type { Page } from "playwright-core";
import type { Browser } from "./browser.ts";
import { watchStamps } from "./stamps.ts";

/** Opens a session link as a person does, with every shown frame's stamp read. */
export async function openLink(browser: Browser, link: string): Promise<Page> {
  const page = await browser.page();
  await watchStamps(page);
  await page.goto(link);
  return page;
}

/** What the page says in words. */
export async function statusText(page: Page): Promise<string> {
  return (await page.locator("[role=status]").first().innerText()).trim();
}

export async function waitForStatus(page: Page, text: RegExp, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const said = await statusText(page);
    if (text.test(said)) return;
    if (Date.now() > deadline) throw new Error(`the page says "${said}", not ${text}`);
    await page.waitForTimeout(50);
  }
}
