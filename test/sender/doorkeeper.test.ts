import { describe, expect, it } from "vitest";
import { makeViewerId, type Role } from "../../src/protocol/ids.ts";
import { deriveLinkKeys, makeLinkSecret } from "../../src/protocol/link.ts";
import { hashSdp, makeProof, verifyProof } from "../../src/protocol/proof.ts";
import { Doorkeeper, type OfferVerdict, type ReceivedOffer } from "../../src/sender/doorkeeper.ts";
import { makeIdentity } from "../../src/sender/identity.ts";

const identity = makeIdentity("front-door");
const keysOf = (role: Role, of = identity) =>
  deriveLinkKeys(of.sessionId, role, role === "viewer" ? of.viewerSecret : of.operatorSecret);
const VIEWER = makeViewerId();

let count = 0;
/** A fresh offer, proved as a page with the link proves it. */
function makeOffer(change: Partial<ReceivedOffer> & { role?: Role } = {}): ReceivedOffer & { proof: string } {
  const offer = { viewer: VIEWER, connection: 0, sdp: `v=0\r\ns=${count++}\r\n`, ...change };
  const role = change.role ?? "viewer";
  const { viewer: viewerId, sdp } = offer;
  const input = { sessionId: identity.sessionId, viewerId, role, type: "offer", sdp } as const;
  return { proof: makeProof(keysOf(role).proofKey, input), ...offer };
}

function fresh(verdict: OfferVerdict) {
  if (verdict.kind !== "fresh") throw new Error(`the offer was ${verdict.kind}`);
  return verdict;
}

describe("an offer with a proof is let in", () => {
  it.each<Role>(["viewer", "operator"])("in the role of the key that proved it: %s", (role) => {
    const offer = makeOffer({ role });
    const verdict = fresh(new Doorkeeper(identity, false).judge(offer));
    expect(verdict).toMatchObject({ role, whep: false });
  });

  it.each<Role>(["viewer", "operator"])("and its answer is proved for it alone: %s", (role) => {
    const offer = makeOffer({ role });
    const { prove } = fresh(new Doorkeeper(identity, false).judge(offer));
    const answer = {
      sessionId: "front-door",
      viewerId: VIEWER,
      role,
      type: "answer",
      sdp: "v=0 answer",
      offerHash: hashSdp(offer.sdp),
    } as const;
    const { proofKey } = keysOf(role);
    expect(verifyProof(proofKey, answer, prove("v=0 answer"))).toBe(true);
    expect(verifyProof(proofKey, answer, prove("v=0 other"))).toBe(false);
    expect(verifyProof(proofKey, { ...answer, offerHash: hashSdp("v=0") }, prove("v=0 answer"))).toBe(false);
  });
});

describe("an offer is refused", () => {
  const other = makeIdentity("front-door");
  const proved = (secret: string, role: Role, sessionId = "front-door", type: "offer" | "answer" = "offer") => {
    const offer = makeOffer();
    const { proofKey } = deriveLinkKeys(sessionId, role, secret);
    const input = { sessionId, viewerId: VIEWER, role, type, sdp: offer.sdp };
    return { ...offer, proof: makeProof(proofKey, input) };
  };
  it.each<[string, ReceivedOffer]>([
    ["without a proof", { ...makeOffer(), proof: undefined }],
    ["with an empty proof", { ...makeOffer(), proof: "" }],
    ["with another offer's proof", { ...makeOffer(), proof: makeOffer().proof }],
    ["with another fingerprint", { ...makeOffer(), sdp: "v=0\r\na=fingerprint:sha-256 00\r\n" }],
    ["with white space added", ((offer) => ({ ...offer, sdp: `${offer.sdp} ` }))(makeOffer())],
    ["in another viewer's name", { ...makeOffer(), viewer: makeViewerId() }],
    ["by the holder of another link", proved(makeLinkSecret(), "viewer")],
    ["by the holder of another sender's session of this name", proved(other.viewerSecret, "viewer")],
    ["by a viewer who claims to be an operator", proved(identity.viewerSecret, "operator")],
    ["by an operator who claims to be a viewer", proved(identity.operatorSecret, "viewer")],
    ["made for another session", proved(identity.viewerSecret, "viewer", "back-door")],
    ["that is an answer", proved(identity.viewerSecret, "viewer", "front-door", "answer")],
  ])("%s", (_name, offer) => {
    const doorkeeper = new Doorkeeper(identity, false);
    expect(doorkeeper.judge(offer)).toEqual({ kind: "refused" });
    // And spoils nothing for who comes with the right one.
    expect(doorkeeper.judge(makeOffer()).kind).toBe("fresh");
  });
});

describe("an offer that was seen before", () => {
  it("is a repetition from the same viewer and connection, as often as it comes", () => {
    const doorkeeper = new Doorkeeper(identity, false);
    const offer = makeOffer();
    doorkeeper.judge(offer);
    for (let i = 0; i < 3; i++) {
      expect(doorkeeper.judge(offer)).toEqual({ kind: "repeated" });
    }
  });

  it("is refused on another connection", () => {
    const doorkeeper = new Doorkeeper(identity, false);
    const offer = makeOffer();
    doorkeeper.judge(offer);
    expect(doorkeeper.judge({ ...offer, connection: 1 })).toEqual({ kind: "refused" });
  });

  it("is refused from another viewer, even with a proof of its own", () => {
    const doorkeeper = new Doorkeeper(identity, false);
    const offer = makeOffer();
    doorkeeper.judge(offer);
    expect(doorkeeper.judge(makeOffer({ sdp: offer.sdp, viewer: makeViewerId() }))).toEqual({ kind: "refused" });
    expect(doorkeeper.judge(makeOffer({ sdp: offer.sdp, connection: 1, role: "operator" })).kind).toBe("refused");
  });

  it("is forgotten after as many others as are remembered, and no sooner", () => {
    const doorkeeper = new Doorkeeper(identity, false);
    const offer = makeOffer();
    const judgeOthers = (count: number) => {
      for (let i = 0; i < count; i++) doorkeeper.judge(makeOffer());
    };
    doorkeeper.judge(offer);
    judgeOthers(4_095);
    expect(doorkeeper.judge(offer).kind).toBe("repeated");
    judgeOthers(1);
    expect(doorkeeper.judge(offer).kind).toBe("fresh");
  });

  it("is not kept from being let in by one that was refused", () => {
    const doorkeeper = new Doorkeeper(identity, false);
    const offer = makeOffer();
    doorkeeper.judge({ ...offer, proof: makeOffer().proof });
    expect(doorkeeper.judge(offer).kind).toBe("fresh");
  });
});

describe("a WHEP player, which can prove nothing,", () => {
  const player = (change: Partial<ReceivedOffer> = {}) => ({ ...makeOffer(), proof: undefined, whep: true, ...change });

  it("is let in where the owner wants it, to view and no more, and its answer is not proved", () => {
    const verdict = fresh(new Doorkeeper(identity, true).judge(player()));
    expect(verdict).toMatchObject({ role: "viewer", whep: true });
    expect(verdict.prove("v=0 answer")).toBeUndefined();
  });

  it("is refused elsewhere", () => {
    expect(new Doorkeeper(identity, false).judge(player())).toEqual({ kind: "refused" });
  });

  it("opens no way around a wrong proof", () => {
    const doorkeeper = new Doorkeeper(identity, true);
    expect(doorkeeper.judge(player({ proof: makeOffer().proof }))).toEqual({ kind: "refused" });
    expect(doorkeeper.judge(player({ whep: undefined }))).toEqual({ kind: "refused" });
    expect(doorkeeper.judge(player({ whep: false }))).toEqual({ kind: "refused" });
  });
});

describe("a link that the owner replaced", () => {
  it("opens nothing from then on, while the other one still does", () => {
    const doorkeeper = new Doorkeeper(identity, false);
    doorkeeper.replaceLinks({ ...identity, viewerSecret: makeLinkSecret() });
    expect(doorkeeper.judge(makeOffer())).toEqual({ kind: "refused" });
    expect(doorkeeper.judge(makeOffer({ role: "operator" })).kind).toBe("fresh");
  });
});

it("looks whether the owner has made new links before it refuses a holder of one, and not for who proves nothing", () => {
  const old = makeIdentity("front-door");
  let looks = 0;
  const doorkeeper = new Doorkeeper(old, false, () => {
    looks++;
    doorkeeper.replaceLinks(identity);
  });
  expect(doorkeeper.judge({ ...makeOffer(), proof: undefined }).kind).toBe("refused");
  expect(looks).toBe(0);
  expect(doorkeeper.judge(makeOffer()).kind).toBe("fresh");
  expect(looks).toBe(1);
  expect(doorkeeper.judge({ ...makeOffer(), sdp: "v=0\r\ns=another\r\n" }).kind).toBe("refused");
});

it("an offer that was answered is known for this run, and for four thousand others", () => {
  const doorkeeper = new Doorkeeper(identity, false);
  const offer = makeOffer();
  const copy = { ...offer, connection: 1 };
  fresh(doorkeeper.judge(offer));
  for (let i = 0; i < 4_095; i++) fresh(doorkeeper.judge(makeOffer()));
  expect(doorkeeper.judge(copy).kind).toBe("refused");
  // security.md says what comes of it.
  fresh(doorkeeper.judge(makeOffer()));
  expect(doorkeeper.judge(copy).kind).toBe("fresh");
  expect(new Doorkeeper(identity, false).judge(copy).kind).toBe("fresh");
});
