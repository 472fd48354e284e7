import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it, vi } from "vitest";
import { comeAndGo, comeInVain, ShowProcess } from "../support/coming-and-going.ts";
import { settled } from "../support/settled.ts";
import type { Held } from "../support/show-process.ts";

const WARM_ROUNDS = 4;
const ROUNDS = 10;
/** A leaked connection holds several hundred kilobytes: this is one in ten of the viewers. */
const GROWTH_MAX_BYTES = 1_500_000;

/** Once everybody is gone, and no socket is just being closed. */
async function quiet(show: ShowProcess): Promise<Held> {
  const held = () => show.held();
  await expect.poll(async () => (await held()).connections).toBe(0);
  return settled(held, ({ resources }) => resources.UDPWrap);
}

/** A check, a flight or a question that waits for its answer outlives its connection for a moment. */
function emptied(show: ShowProcess, before: Held): Promise<Held> {
  const isEmptied = async () => {
    const held = await show.held();
    expect(held.connections).toBe(0);
    expect(held.resources.Timeout ?? 0).toBeLessThanOrEqual((before.resources.Timeout ?? 0) + 2);
    expect(held.resources.UDPWrap ?? 0).toBe(before.resources.UDPWrap ?? 0);
    return held;
  };
  return vi.waitFor(isEmptied, { timeout: 15_000, interval: 500 });
}

it("viewers that come and go leave nothing behind: no memory, socket or timer", async () => {
  using show = new ShowProcess();
  for (let i = 0; i < WARM_ROUNDS; i++) await comeAndGo(show, i);
  const before = await quiet(show);
  for (let i = 0; i < ROUNDS; i++) await comeAndGo(show, i);
  const after = await emptied(show, before);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(GROWTH_MAX_BYTES);
  expect(after.bufferBytes - before.bufferBytes).toBeLessThan(GROWTH_MAX_BYTES);
  expect(after.allocatedBytes - before.allocatedBytes).toBeLessThan(GROWTH_MAX_BYTES);
}, 120_000);

it("viewers that go before they are connected leave nothing behind, while a TURN server does not answer", async () => {
  using show = new ShowProcess();
  const silent = createSocket("udp4").bind(0, "127.0.0.1");
  await once(silent, "listening");
  const urls = [`turn:127.0.0.1:${silent.address().port}?transport=udp`];
  await comeAndGo(show, 0);
  const before = await quiet(show);
  for (let i = 0; i < 2; i++) await comeInVain(show, [{ urls, username: "somebody", credential: "a password" }]);
  await emptied(show, before);
  silent.close();
}, 60_000);
