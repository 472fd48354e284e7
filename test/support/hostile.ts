import type { Random } from "./random.ts";

/** What hostile peers send: bodies and messages that are almost right, and others that are nothing at all. */

const VALID = [
  { type: "offer", connection: 0, sdp: "v=0\r\n", proof: "A".repeat(43) },
  { type: "offer", connection: 1, viewer: "V".repeat(22), sdp: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n" },
  { type: "candidate", connection: 0, candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0" },
  { type: "candidate", connection: 0, candidate: null },
  { type: "resume", connection: 3 },
  { type: "answer", viewer: "V".repeat(22), connection: 0, sdp: "v=0\r\n" },
  { type: "report", report: { cameras: [], parameters: {} } },
  { sdp: "v=0\r\n", type: "offer", detectorName: "camera" },
  { id: "abc", senderToken: "T".repeat(43), viewerTokenHash: "H".repeat(43), operatorTokenHash: "I".repeat(43) },
  { bitrateBps: 1_000_000, fps: 30, paused: true },
];

const ODD: unknown[] = [
  null,
  true,
  -1,
  1e308,
  "",
  "\u0000",
  "\ud800",
  [],
  {},
  [[[]]],
  "x".repeat(3_000),
  { __proto__: 1 },
  Number.MAX_SAFE_INTEGER,
];

export function hostileText(random: Random): string {
  switch (random.below(9)) {
    case 0:
      return random.bytes(random.below(400)).toString("latin1");
    case 1:
      return "[".repeat(random.below(20_000));
    case 2:
      return `{"type":"offer","sdp":${JSON.stringify("a=x\r\n".repeat(random.below(20_000)))}}`;
    case 3:
      return `${`{"a":`.repeat(random.below(2_000))}1${"}".repeat(random.below(2_000))}`;
    case 4:
      return JSON.stringify(random.pick(ODD));
    case 5:
      return JSON.stringify(random.pick(VALID)).slice(0, random.below(80));
    default:
      return JSON.stringify(mutate(random.pick(VALID), random));
  }
}

function mutate(message: object, random: Random): object {
  const changed: Record<string, unknown> = { ...message };
  for (let i = random.below(3); i >= 0; i--) {
    const key = random.pick([...Object.keys(changed), "type", "viewer", "constructor", "__proto__", "toString"]);
    if (random.below(4) === 0) delete changed[key];
    else
      Object.defineProperty(changed, key, {
        value: random.pick(ODD),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return changed;
}
