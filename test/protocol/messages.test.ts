import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { CreateSession, RotateLinks, SessionStatus } from "../../src/protocol/http.ts";
import { IceServers } from "../../src/protocol/ice.ts";
import { CANDIDATE_MAX_CHARS, MID_MAX_CHARS, SDP_MAX_CHARS } from "../../src/protocol/limits.ts";
import { SenderMessage, ToSenderMessage, ToViewerMessage, ViewerMessage } from "../../src/protocol/messages.ts";
import { SenderReport, StreamParameters } from "../../src/protocol/stream.ts";

const VIEWER = "v".repeat(22);
const INSTANCE = "s".repeat(22);
const PROOF = "p".repeat(43);
const TOKEN = "t".repeat(43);
const ICE = [{ urls: ["stun:stun.example:3478"] }, { urls: ["turn:t.example"], username: "u", credential: "c" }];
const PARAMETERS = { bitrateBps: 2_500_000, fps: 30, width: 1280, height: 720, paused: false };
const CAMERA = { name: "/dev/video0", width: 1280, height: 720, fps: 29.97, encoder: "libx264" };
const REPORT = { cameras: [CAMERA], parameters: PARAMETERS };
const CANDIDATE = {
  connection: 1,
  candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host",
  sdpMid: "0",
  sdpMLineIndex: 0,
};
const OFFER = { type: "offer", connection: 0, sdp: "v=0\r\n", proof: PROOF };
const ANSWER = { ...OFFER, type: "answer" };

type Schema = v.GenericSchema<unknown, unknown>;

/** Every field of every message, so that a field that is dropped unawares shows. */
const FULL: [string, Schema, object[]][] = [
  [
    "viewer to edge",
    ViewerMessage,
    [
      OFFER,
      { type: "candidate", ...CANDIDATE },
      { type: "candidate", connection: 0, candidate: null, sdpMid: null, sdpMLineIndex: null },
      { type: "resume", connection: 1_000_000 },
      { type: "bye", connection: 2 },
      { type: "bye" },
    ],
  ],
  [
    "edge to viewer",
    ToViewerMessage,
    [
      { type: "welcome", role: "operator", iceServers: ICE, sender: INSTANCE },
      { type: "welcome", role: "viewer", iceServers: [], sender: null },
      { type: "sender-online", sender: INSTANCE },
      { type: "sender-offline" },
      ANSWER,
      { type: "candidate", ...CANDIDATE },
      { type: "renew", connection: 0 },
      { type: "bye", connection: 0, code: "proof-refused", message: "No." },
      { type: "error", code: "sender-absent", message: "Not here." },
    ],
  ],
  [
    "edge to sender",
    ToSenderMessage,
    [
      { type: "welcome", iceServers: ICE, viewers: [{ viewer: VIEWER, role: "viewer" }], parameters: PARAMETERS },
      { type: "viewer-joined", viewer: VIEWER, role: "operator" },
      { type: "viewer-left", viewer: VIEWER },
      { ...OFFER, viewer: VIEWER, whep: true, iceServers: ICE },
      { type: "candidate", ...CANDIDATE, viewer: VIEWER },
      { type: "resume", connection: 0, viewer: VIEWER },
      { type: "bye", connection: 0, viewer: VIEWER, code: "kicked" },
      { type: "parameters", parameters: PARAMETERS },
      { type: "error", code: "rate-limited", message: "Slow down.", viewer: VIEWER },
    ],
  ],
  [
    "sender to edge",
    SenderMessage,
    [
      { ...ANSWER, viewer: VIEWER },
      { type: "candidate", ...CANDIDATE, viewer: VIEWER },
      { type: "renew", viewer: VIEWER, connection: 0 },
      { type: "bye", viewer: VIEWER, connection: 0, code: "session-full", message: "Full." },
      { type: "report", report: REPORT },
    ],
  ],
  [
    "HTTP",
    CreateSession,
    [
      {
        id: "front-door",
        senderToken: TOKEN,
        viewerTokenHash: TOKEN,
        operatorTokenHash: TOKEN,
        whepTokenHash: TOKEN,
        ttlMs: 7_200_000,
        maxViewers: 3,
      },
      { senderToken: TOKEN, viewerTokenHash: TOKEN, operatorTokenHash: TOKEN },
    ],
  ],
  ["HTTP", RotateLinks, [{ viewerTokenHash: TOKEN, operatorTokenHash: TOKEN, whepTokenHash: null }, {}]],
  [
    "HTTP",
    SessionStatus,
    [
      {
        id: "front-door",
        createdAtMs: 1,
        expiresAtMs: null,
        sender: INSTANCE,
        senderSinceMs: 1,
        viewers: 2,
        maxViewers: 3,
        whep: true,
        parameters: {},
        report: REPORT,
      },
    ],
  ],
];

describe.each(FULL)("%s", (_direction, schema, examples) => {
  it.each(examples.map((example) => [JSON.stringify(example).slice(0, 60), example]))("takes %s", (_text, example) => {
    const result = v.safeParse(schema, JSON.parse(JSON.stringify(example)));
    expect(result.issues?.[0]?.message).toBeUndefined();
    expect(result.output).toEqual(example);
  });

  it("takes nothing whose type or token is gone", () => {
    for (const example of examples.filter((example) => "type" in example || "senderToken" in example)) {
      expect(v.is(schema, { ...example, type: undefined, senderToken: undefined })).toBe(false);
    }
  });
});

describe("hostile values are refused:", () => {
  const welcome = { type: "welcome", role: "viewer", iceServers: [], sender: null };
  const bye = { type: "bye", viewer: VIEWER };
  const creation = { senderToken: TOKEN, viewerTokenHash: TOKEN, operatorTokenHash: TOKEN };
  const candidate = { type: "candidate", ...CANDIDATE };
  it.each<[string, Schema, object]>([
    ["an offer without SDP", ViewerMessage, { ...OFFER, sdp: undefined }],
    ["an offer with empty SDP", ViewerMessage, { ...OFFER, sdp: "" }],
    ["an offer too long", ViewerMessage, { ...OFFER, sdp: "x".repeat(SDP_MAX_CHARS + 1) }],
    ["an offer that is no text", ViewerMessage, { ...OFFER, sdp: ["v=0"] }],
    ["a proof cut short", ViewerMessage, { ...OFFER, proof: PROOF.slice(1) }],
    ["a proof that is null", ViewerMessage, { ...OFFER, proof: null }],
    ["a proof with padding", ViewerMessage, { ...OFFER, proof: `${PROOF.slice(1)}=` }],
    ["a negative connection", ViewerMessage, { ...OFFER, connection: -1 }],
    ["a broken connection", ViewerMessage, { ...OFFER, connection: 0.5 }],
    ["a connection too large", ViewerMessage, { ...OFFER, connection: 1_000_001 }],
    ["a connection as text", ViewerMessage, { ...OFFER, connection: "0" }],
    ["a candidate too long", ViewerMessage, { ...candidate, candidate: "c".repeat(CANDIDATE_MAX_CHARS + 1) }],
    ["no candidate at all", ViewerMessage, { ...candidate, candidate: undefined }],
    ["a line name too long", ViewerMessage, { ...candidate, sdpMid: "m".repeat(MID_MAX_CHARS + 1) }],
    ["a line number below zero", ViewerMessage, { ...candidate, sdpMLineIndex: -1 }],
    ["a resume of everything", ViewerMessage, { type: "resume" }],
    ["a viewer that speaks as a sender", ViewerMessage, { type: "report", report: REPORT }],
    ["a sender that speaks as a viewer", SenderMessage, { ...OFFER, viewer: VIEWER }],
    ["an answer to nobody", SenderMessage, ANSWER],
    ["an answer to somebody impossible", SenderMessage, { ...ANSWER, viewer: "../../admin" }],
    ["a reason without end", SenderMessage, { ...bye, message: "m".repeat(501) }],
    ["a reason that is no code", SenderMessage, { ...bye, code: "because" }],
    [
      "a report of 17 cameras",
      SenderMessage,
      { type: "report", report: { ...REPORT, cameras: Array(17).fill(CAMERA) } },
    ],
    ["a role that does not exist", ToViewerMessage, { ...welcome, role: "admin" }],
    ["a sender that is no instance", ToViewerMessage, { ...welcome, sender: "s" }],
    ["a viewer id with a line end", ToSenderMessage, { type: "viewer-left", viewer: `${VIEWER}\n` }],
    ["a session of a second's fraction", CreateSession, { ...creation, ttlMs: 1 }],
    ["a session without end in numbers", CreateSession, { ...creation, ttlMs: 1e15 }],
    ["a session for nobody", CreateSession, { ...creation, maxViewers: 0 }],
    ["a session for a crowd", CreateSession, { ...creation, maxViewers: 1_001 }],
    ["a session named like a path", CreateSession, { ...creation, id: "../abc" }],
    ["a token too easy to guess", CreateSession, { ...creation, senderToken: "secret" }],
    ["a hash that is no hash", CreateSession, { ...creation, viewerTokenHash: "secret" }],
    ["a link without a viewer's token", RotateLinks, { viewerTokenHash: null }],
    ["a bitrate of nothing", StreamParameters, { bitrateBps: 0 }],
    ["a rate of a thousand", StreamParameters, { fps: 1_000 }],
    ["an odd width", StreamParameters, { width: 1281 }],
    ["a pause that is text", StreamParameters, { paused: "true" }],
    ["a camera's endless name", SenderReport, { ...REPORT, cameras: [{ ...CAMERA, name: "n".repeat(201) }] }],
  ])("%s", (_name, schema, value) => {
    expect(v.is(schema, value)).toBe(false);
  });
});

describe("ICE servers", () => {
  it("may name one URL as browsers allow, and become a list", () => {
    expect(v.parse(IceServers, [{ urls: "stun:stun.example" }])).toEqual([{ urls: ["stun:stun.example"] }]);
  });

  it.each([
    ["another scheme", [{ urls: "https://stun.example" }]],
    ["a script", [{ urls: "javascript:alert(1)" }]],
    ["a space", [{ urls: "stun:a b" }]],
    ["a line end", [{ urls: "stun:a\n" }]],
    ["no URL", [{ urls: [] }]],
    ["17 URLs", [{ urls: Array(17).fill("stun:a") }]],
    ["17 servers", Array(17).fill({ urls: ["stun:a"] })],
    ["a URL too long", [{ urls: `stun:${"a".repeat(512)}` }]],
    ["a credential too long", [{ urls: "turn:a", credential: "c".repeat(513) }]],
    ["a credential that is no text", [{ urls: "turn:a", credential: { key: 1 } }]],
  ])("may not have %s", (_name, servers) => {
    expect(v.is(IceServers, servers)).toBe(false);
  });
});
