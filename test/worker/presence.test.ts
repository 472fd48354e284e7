import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Presence } from "../../src/worker/session/presence.ts";
import type { Roster, SenderPeer } from "../../src/worker/session/roster.ts";
import { createSession, stubOf } from "./support/api.ts";
import { joinAsViewer, joinBoth, OFFER } from "./support/peer.ts";
import { report } from "./support/whep.ts";

const HOUR_MS = 3_600_000;
const REPORT = { type: "report", report: { cameras: [], parameters: {} } };

afterEach(() => void vi.useRealTimers());

it("an edge whose clock is set ahead asks the sender, and tells who came meanwhile at its answer", async () => {
  const session = await createSession();
  const { sender, viewer } = await joinBoth(session);
  vi.useFakeTimers({ now: Date.now() + HOUR_MS, toFake: ["Date"] });
  const { peer: late } = await joinAsViewer(session);
  expect(await late.next("welcome")).toMatchObject({ sender: null });
  expect(await sender.next("parameters")).toEqual({ type: "parameters", parameters: {} });
  sender.send(REPORT);
  await sender.next("viewer-joined");
  const online = await late.next("sender-online");
  expect(await viewer.next("sender-online")).toEqual(online);
  late.send(OFFER);
  await sender.next("offer");
  const { peer: later } = await joinAsViewer(session);
  expect(await later.next("welcome")).toMatchObject({ sender: online.sender });
});

it("a sender that was asked and answers once the object has slept is told of all the same", async () => {
  const session = await createSession();
  const { sender } = await joinBoth(session);
  vi.useFakeTimers({ now: Date.now() + HOUR_MS, toFake: ["Date"] });
  const { peer: late } = await joinAsViewer(session);
  expect(await late.next("welcome")).toMatchObject({ sender: null });
  await sender.next("parameters");
  await sender.next("viewer-joined");
  await evictDurableObject(stubOf(session), { webSockets: "hibernate" });
  sender.send(REPORT);
  await late.next("sender-online");
  await late.next("paused");
  // Once is enough: what it says next is no news, also after another sleep.
  await evictDurableObject(stubOf(session), { webSockets: "hibernate" });
  await report(session, sender);
  await late.quiet();
});

describe("a sender whose pongs are an hour old", () => {
  const NOW_MS = 10 * HOUR_MS;
  const attachment = { kind: "sender", instance: "one", connectedAtMs: 0, report: null } as const;
  const seen = (lastSeenMs: number) =>
    ({ senders: () => [{ socket: "s", attachment, lastSeenMs }] }) as unknown as Roster<string>;
  const lastSeenMs = (roster: Roster<string>) => roster.senders()[0]?.lastSeenMs;

  it("is asked once for each of them, and not while it answers", () => {
    const presence = new Presence<string>();
    const asked: SenderPeer<string>[] = [];
    const look = (pongMs: number, nowMs = NOW_MS) =>
      lastSeenMs(presence.over(seen(pongMs), nowMs, (s) => asked.push(s)));
    look(NOW_MS - HOUR_MS);
    look(NOW_MS - HOUR_MS);
    expect(asked).toHaveLength(1);
    look(NOW_MS - HOUR_MS + 10_000);
    expect(asked).toHaveLength(2);
    expect(presence.heard(attachment, NOW_MS)).toBe(true);
    expect([look(NOW_MS - HOUR_MS), asked.length]).toEqual([NOW_MS, 2]);
    expect(presence.heard(attachment, NOW_MS)).toBe(false);
  });

  it("is silent again when it spoke long ago, or another did", () => {
    const presence = new Presence<string>();
    presence.heard(attachment, NOW_MS - 60_000);
    expect(lastSeenMs(presence.over(seen(0), NOW_MS, () => undefined))).toBe(0);
    presence.heard({ ...attachment, instance: "two" }, NOW_MS);
    expect(lastSeenMs(presence.over(seen(0), NOW_MS, () => undefined))).toBe(0);
  });
});
