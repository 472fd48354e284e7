import { describe, expect, it } from "vitest";
import { makeSenderInstance, makeViewerId, type Role } from "../../src/protocol/ids.ts";
import {
  SENDER_PRESENT_MS,
  VIEWER_MESSAGES_MAX,
  VIEWER_MESSAGES_WINDOW_MS,
  VIEWER_OFFERS_MAX,
} from "../../src/protocol/limits.ts";
import * as broker from "../../src/worker/session/broker.ts";
import { newMeter } from "../../src/worker/session/meter.ts";
import * as owner from "../../src/worker/session/owner-acts.ts";
import { countViewers, takePlace } from "../../src/worker/session/places.ts";
import type { Roster, SenderPeer, ViewerPeer } from "../../src/worker/session/roster.ts";

const NOW_MS = 1_000_000;
const [ANN, BOB] = [makeViewerId(), makeViewerId()];
const INSTANCE = makeSenderInstance();
const OTHER = makeSenderInstance();

function viewer(socket: string, id: string, role: Role = "viewer", lastSeenMs = NOW_MS): ViewerPeer<string> {
  const attachment = { kind: "viewer", viewer: id, role, connectedAtMs: lastSeenMs, meter: newMeter(NOW_MS) } as const;
  return { socket, attachment, lastSeenMs };
}

function sender(socket: string, lastSeenMs = NOW_MS): SenderPeer<string> {
  const attachment = { kind: "sender", instance: INSTANCE, connectedAtMs: lastSeenMs, report: null } as const;
  return { socket, attachment, lastSeenMs };
}

function roster(senders: SenderPeer<string>[], viewers: ViewerPeer<string>[]): Roster<string> {
  return {
    senders: () => senders,
    viewers: () => viewers,
    viewer: (id) => viewers.filter((peer) => peer.attachment.viewer === id),
    kicked: () => [],
    http: { viewers: () => [], knows: () => false, offers: () => [] },
  };
}

/** Who is told what, in words short enough to compare: `socket<type` or `socket!code`. */
function told(actions: broker.Action<string>[]): string[] {
  return actions.flatMap((action) => {
    if (!("socket" in action) || action.do === "remember") return [];
    return action.do === "send" ? [`${action.socket}<${action.message.type}`] : [`${action.socket}!${action.code}`];
  });
}

const OFFER = JSON.stringify({ type: "offer", connection: 0, sdp: "v=0" });
const ann = viewer("ann", ANN);
const bob = viewer("bob", BOB);
const cam = sender("cam");

describe("the broker tells", () => {
  it.each<[string, broker.Action<string>[], string[]]>([
    [
      "a viewer and the sender of a viewer's coming",
      broker.viewerConnected(
        roster([cam], [bob]),
        { socket: "ann", viewer: ANN, role: "viewer" },
        { iceServers: [] },
        NOW_MS,
      ),
      ["ann<welcome", "cam<viewer-joined"],
    ],
    [
      "the old socket of a viewer, and not the sender",
      broker.viewerConnected(
        roster([cam], [ann]),
        { socket: "ann2", viewer: ANN, role: "viewer" },
        { iceServers: [] },
        NOW_MS,
      ),
      ["ann!replaced", "ann2<welcome"],
    ],
    [
      "the sender when a viewer comes again in another role",
      broker.viewerConnected(
        roster([cam], [ann]),
        { socket: "ann2", viewer: ANN, role: "operator" },
        { iceServers: [] },
        NOW_MS,
      ),
      ["ann!replaced", "ann2<welcome", "cam<viewer-joined"],
    ],
    [
      "everybody of a new sender, its forerunner first",
      broker.senderConnected(roster([cam], [ann, bob]), { socket: "cam2", instance: OTHER }, { iceServers: [] }, {}),
      ["cam!replaced", "cam2<welcome", "ann<sender-online", "bob<sender-online"],
    ],
    [
      "a sender of its own other socket in a way that lets it come back",
      broker.senderConnected(
        roster([cam], []),
        { socket: "cam2", instance: cam.attachment.instance },
        { iceServers: [] },
        {},
      ),
      ["cam!conflict", "cam2<welcome"],
    ],
    [
      "a sender of who was kicked, before anybody hears of it",
      broker.senderConnected(
        { ...roster([], [ann]), kicked: () => [BOB] },
        { socket: "cam", instance: INSTANCE },
        { iceServers: [] },
        {},
      ),
      ["cam<welcome", "cam<bye", "ann<sender-online"],
    ],
    ["viewers that the sender went", broker.peerClosed(roster([], [ann]), cam.attachment), ["ann<sender-offline"]],
    ["nobody when another sender is here", broker.peerClosed(roster([cam], [ann]), cam.attachment), []],
    ["the sender that a viewer went", broker.peerClosed(roster([cam], []), ann.attachment), ["cam<viewer-left"]],
    ["nobody when that viewer has another socket", broker.peerClosed(roster([cam], [ann]), ann.attachment), []],
    ["the sender of an offer", broker.viewerFrame(roster([cam], [ann, bob]), ann, OFFER, NOW_MS), ["cam<offer"]],
    ["an absent sender's viewer so", broker.viewerFrame(roster([], [ann]), ann, OFFER, NOW_MS), ["ann<error"]],
    [
      "a viewer that talks nonsense, and the sender that it left",
      broker.viewerFrame(roster([cam], [ann, bob]), ann, "?", NOW_MS),
      ["ann!invalid-json", "cam<viewer-left"],
    ],
    [
      "a sender that talks nonsense, and its viewers",
      broker.senderFrame(roster([cam], [ann]), cam, "?", NOW_MS),
      ["cam!invalid-json", "ann<sender-offline"],
    ],
    [
      "nobody of an answer to a viewer that went",
      broker.senderFrame(roster([cam], [bob]), cam, answer(ANN), NOW_MS),
      [],
    ],
    [
      "one viewer of its answer",
      broker.senderFrame(roster([cam], [ann, bob]), cam, answer(BOB), NOW_MS),
      ["bob<answer"],
    ],
    [
      "a kicked viewer and the sender, also that its socket is gone",
      owner.kicked(roster([cam], [ann, bob]), ANN),
      ["ann!kicked", "cam<bye", "cam<viewer-left"],
    ],
    ["the sender of a kicked viewer without a socket", owner.kicked(roster([cam], [bob]), ANN), ["cam<bye"]],
    [
      "the holders of a replaced link",
      owner.linksRotated(roster([cam], [ann, viewer("op", BOB, "operator")]), ["operator"]),
      ["op!link-rotated", "cam<bye", "cam<viewer-left"],
    ],
    [
      "everybody of the end",
      owner.sessionEnded(roster([cam], [ann, bob])),
      ["ann!session-ended", "bob!session-ended", "cam!session-ended"],
    ],
  ])("%s", (_name, actions, expected) => {
    expect(told(actions)).toEqual(expected);
  });
});

function answer(to: string): string {
  return JSON.stringify({ type: "answer", connection: 0, sdp: "v=0", viewer: to });
}

describe("the sender is here", () => {
  it.each([
    ["while it answers pings", NOW_MS - SENDER_PRESENT_MS, true],
    ["no longer once it has been silent", NOW_MS - SENDER_PRESENT_MS - 1, false],
  ])("%s", (_name, lastSeenMs, here) => {
    const silent = roster([sender("cam", lastSeenMs)], [ann]);
    expect(broker.presentSender(silent, NOW_MS) !== undefined).toBe(here);
    expect(told(broker.viewerFrame(silent, ann, OFFER, NOW_MS))).toEqual([here ? "cam<offer" : "ann<error"]);
  });
});

describe("a viewer's messages", () => {
  it("are counted within a window", () => {
    const flood = (messages: number, nowMs: number) => {
      const meter = { ...newMeter(NOW_MS), messages };
      const peer = { ...ann, attachment: { ...ann.attachment, meter } };
      return told(broker.viewerFrame(roster([cam], [peer]), peer, OFFER, nowMs));
    };
    expect(flood(VIEWER_MESSAGES_MAX - 1, NOW_MS)).toEqual(["cam<offer"]);
    expect(flood(VIEWER_MESSAGES_MAX, NOW_MS)).toEqual(["ann!rate-limited", "cam<viewer-left"]);
    expect(flood(VIEWER_MESSAGES_MAX, NOW_MS + VIEWER_MESSAGES_WINDOW_MS)).toEqual(["cam<offer"]);
  });
});

it("a viewer's offers are counted apart, within the same window: each costs the sender more than a message", () => {
  const flood = (offers: number, nowMs: number) => {
    const peer = { ...ann, attachment: { ...ann.attachment, meter: { ...newMeter(NOW_MS), offers } } };
    return told(broker.viewerFrame(roster([cam], [peer]), peer, OFFER, nowMs));
  };
  expect(flood(VIEWER_OFFERS_MAX - 1, NOW_MS)).toEqual(["cam<offer"]);
  expect(flood(VIEWER_OFFERS_MAX, NOW_MS)).toEqual(["ann!rate-limited", "cam<viewer-left"]);
  expect(flood(VIEWER_OFFERS_MAX, NOW_MS + VIEWER_MESSAGES_WINDOW_MS)).toEqual(["cam<offer"]);
});

const UNHEARD_MS = 90_000;

describe("a full session", () => {
  it("turns strangers away, and nobody who has a place", () => {
    const full = roster([cam], [ann, viewer("ann2", ANN)]);
    expect(countViewers(full)).toBe(1);
    expect(() => takePlace(full, BOB, 1, NOW_MS)).toThrow("as many viewers as its owner allows");
    expect(takePlace(full, ANN, 1, NOW_MS)).toEqual([]);
    expect(takePlace(full, BOB, 2, NOW_MS)).toEqual([]);
  });

  it("takes the places of viewers who vanished, and lets them come back, only when a place is needed", () => {
    const gone = viewer("ann", ANN, "viewer", NOW_MS - UNHEARD_MS - 1);
    const left = takePlace(roster([cam], [gone]), BOB, 1, NOW_MS);
    expect(told(left)).toEqual(["ann!conflict", "cam<viewer-left"]);
    expect(revocations(left)).toEqual([]);
    expect(takePlace(roster([cam], [gone]), BOB, 2, NOW_MS)).toEqual([]);
    const hidden = viewer("ann", ANN, "viewer", NOW_MS - UNHEARD_MS);
    expect(() => takePlace(roster([cam], [hidden]), BOB, 1, NOW_MS)).toThrow("as many viewers");
    const stillFull = roster([cam], [gone, bob]);
    expect(() => takePlace(stillFull, makeViewerId(), 1, NOW_MS)).toThrow("as many viewers");
  });

  it("leaves the place of one that comes by HTTP just now", () => {
    const gone = viewer("ann", ANN, "viewer", NOW_MS - UNHEARD_MS - 1);
    const http = { viewers: () => [], knows: (id: string) => id === ANN, offers: () => [] };
    const coming = { ...roster([cam], [gone]), http };
    expect(() => takePlace(coming, BOB, 1, NOW_MS)).toThrow("as many viewers");
  });
});

describe("a viewer that the sender gives up", () => {
  const bye = JSON.stringify({ type: "bye", connection: 0, viewer: ANN });
  const refused = JSON.stringify({ type: "bye", connection: 0, viewer: ANN, code: "sender-failed" });
  const remembered = (actions: broker.Action<string>[], { attachment: before }: ViewerPeer<string>) =>
    actions.flatMap((action) => (action.do === "remember" ? [action.attachment] : []))[0] ?? before;

  it("loses the place and the credentials that it left behind when it vanished", () => {
    const gone = viewer("ann", ANN, "viewer", NOW_MS - UNHEARD_MS - 1);
    const actions = broker.senderFrame(roster([cam], [gone]), cam, bye, NOW_MS);
    expect(told(actions)).toEqual(["ann<bye", "ann!conflict", "cam<viewer-left"]);
    expect(revocations(actions)).toEqual([ANN]);
  });

  it("keeps them while it may be there, until it loses its socket without a word", () => {
    const actions = broker.senderFrame(roster([cam], [ann]), cam, bye, NOW_MS);
    expect(told(actions)).toEqual(["ann<bye"]);
    expect(revocations(actions)).toEqual([]);
    const attachment = remembered(actions, ann);
    expect(revocations(broker.peerClosed(roster([cam], []), attachment))).toEqual([ANN]);
    if (attachment.kind !== "viewer") throw new Error("not a viewer's");
    const gone = { socket: "ann", attachment, lastSeenMs: NOW_MS - UNHEARD_MS - 1 };
    expect(revocations(takePlace(roster([cam], [gone]), BOB, 1, NOW_MS))).toEqual([ANN]);
    const back = remembered(broker.viewerFrame(roster([cam], [gone]), gone, OFFER, NOW_MS), gone);
    expect(revocations(broker.peerClosed(roster([cam], []), back))).toEqual([]);
    // Its next offer and the sender's word may have passed each other.
    const answered = remembered(broker.senderFrame(roster([cam], [gone]), cam, answer(ANN), NOW_MS), gone);
    expect(revocations(broker.peerClosed(roster([cam], []), answered))).toEqual([]);
  });

  it("is not given up while it has other connections, whether it has a socket, or is heard there, or not", () => {
    for (const code of [undefined, "sender-failed"]) {
      const one = JSON.stringify({ ...JSON.parse(bye), code, others: true });
      const gone = viewer("ann", ANN, "viewer", NOW_MS - UNHEARD_MS - 1);
      for (const peers of [[ann], [gone], []]) {
        const actions = broker.senderFrame(roster([cam], peers), cam, one, NOW_MS);
        expect(actions).toEqual(
          peers.map(({ socket }) => ({ do: "send", socket, message: { type: "bye", connection: 0, code } })),
        );
      }
    }
    const last = broker.senderFrame(roster([cam], []), cam, bye, NOW_MS);
    expect(revocations(last)).toEqual([ANN]);
  });

  it("is not given up by the refusal of one offer", () => {
    const attachment = remembered(broker.senderFrame(roster([cam], [ann]), cam, refused, NOW_MS), ann);
    expect(revocations(broker.peerClosed(roster([cam], []), attachment))).toEqual([]);
  });
});

function revocations(actions: broker.Action<string>[]): string[] {
  return actions.flatMap((action) => (action.do === "revoke" ? [action.viewer] : []));
}
