import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deriveLinkKeys, type Link, makeLinkSecret } from "../../src/protocol/link.ts";
import { hashSdp, makeProof } from "../../src/protocol/proof.ts";
import { offerAhead } from "../../src/web/client/ahead.ts";
import { connect } from "../../src/web/client/index.ts";
import { Opening } from "../../src/web/client/opening.ts";
import { expectedAnswer } from "../../src/web/client/standby.ts";
import { FakeMediaStream, FakePeerConnection, type FakeRuntime, FakeVideo, fakeRuntime } from "./fakes.ts";

const link: Link = { origin: "https://example.com", sessionId: "front-door", role: "viewer", secret: makeLinkSecret() };
const keys = deriveLinkKeys(link.sessionId, link.role, link.secret);
const identity = { link, keys, viewerId: "V".repeat(22) };
const TRANSPORT = {
  usernameFragment: "abcd",
  password: "p".repeat(22),
  fingerprint: "sha-256 AB:CD",
  candidates: ["1 1 udp 2116026367 192.0.2.2 50000 typ host"],
  ssrcs: [11, 22],
};
const CANDIDATE = `a=candidate:${TRANSPORT.candidates[0]}`;
const OFFER = `${[
  "v=0",
  "o=- 1 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0",
  "m=video 9 UDP/TLS/RTP/SAVPF 102 103",
  "c=IN IP4 0.0.0.0",
  "a=ice-ufrag:page",
  "a=ice-pwd:page",
  "a=fingerprint:sha-256 99",
  "a=setup:actpass",
  "a=mid:0",
  "a=extmap:1 urn:3gpp:video-orientation",
  "a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
  "a=recvonly",
  "a=rtcp-mux",
  "a=rtpmap:102 H264/90000",
  "a=fmtp:102 packetization-mode=1",
  "a=rtpmap:103 rtx/90000",
].join("\r\n")}\r\n`;
const ANSWER = `v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:${TRANSPORT.password}\r\na=fingerprint:sha-256 ab:cd\r\n${CANDIDATE}\r\n`;

/** As the sender vouches for it. */
function vouched(text = JSON.stringify(TRANSPORT), role: "viewer" | "operator" = "viewer") {
  const { proofKey } = role === "viewer" ? keys : deriveLinkKeys(link.sessionId, role, makeLinkSecret());
  const input = { sessionId: link.sessionId, viewerId: "", role, type: "standby", sdp: text } as const;
  return { text, proof: makeProof(proofKey, input) };
}

describe("the answer that is to be expected", () => {
  test("is the offer's mirror at the sender's end, with what it says of its transport", async () => {
    const answer = await expectedAnswer(identity, OFFER, vouched());
    expect(answer?.split("\r\n")).toEqual([
      "v=0",
      "o=- 0 0 IN IP4 0.0.0.0",
      "s=-",
      "t=0 0",
      "a=group:BUNDLE 0",
      "m=video 9 UDP/TLS/RTP/SAVPF 102 103",
      "c=IN IP4 0.0.0.0",
      "a=mid:0",
      "a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
      "a=rtcp-mux",
      "a=rtpmap:102 H264/90000",
      "a=fmtp:102 packetization-mode=1",
      "a=rtpmap:103 rtx/90000",
      "a=ice-ufrag:abcd",
      `a=ice-pwd:${TRANSPORT.password}`,
      "a=ice-options:trickle",
      "a=fingerprint:sha-256 AB:CD",
      "a=setup:active",
      "a=sendonly",
      CANDIDATE,
      "a=ssrc-group:FID 11 22",
      "a=ssrc:11 cname:sightline",
      "a=ssrc:22 cname:sightline",
      "",
    ]);
  });

  test.each([
    ["altered", { ...vouched(), text: JSON.stringify({ ...TRANSPORT, fingerprint: "sha-256 99" }) }],
    ["another role's", vouched(undefined, "operator")],
    [
      "proved as an answer",
      {
        text: "{}",
        proof: makeProof(keys.proofKey, {
          sessionId: link.sessionId,
          viewerId: "",
          role: "viewer",
          type: "answer",
          sdp: "{}",
        }),
      },
    ],
    ["without a proof worth the name", { ...vouched(), proof: "=" }],
  ])("is none where it is %s", async (_, standby) => {
    expect(await expectedAnswer(identity, OFFER, standby)).toBeUndefined();
  });
});

describe("a connection that expects its answer", () => {
  let connection: FakePeerConnection;
  let opening: Opening;
  const added = () => connection.added.map((candidate) => candidate?.candidate);

  beforeEach(async () => {
    connection = new FakePeerConnection({});
    opening = new Opening(connection as unknown as RTCPeerConnection);
    opening.expect((await expectedAnswer(identity, OFFER, vouched())) ?? "");
  });

  test("looks for a path at once, and takes the real one for it", async () => {
    expect(connection.remote).toContain("a=ice-ufrag:abcd");
    await opening.accept(ANSWER);
    await opening.accept(ANSWER);
    expect([connection.answersApplied, added()]).toEqual([1, []]);
  });

  test("stands though the browser does not take one of them", async () => {
    connection.addIceCandidate = () => Promise.reject(new Error("OperationError"));
    await opening.accept(`${ANSWER}a=candidate:2 1 udp 1 198.51.100.7 6000 typ srflx\r\n`);
    expect(connection.answersApplied).toBe(1);
  });

  test("takes up what the real one adds", async () => {
    const found = "candidate:2 1 udp 1 198.51.100.7 6000 typ srflx";
    await opening.accept(`${ANSWER}a=${found}\r\n`);
    expect(added()).toEqual([found]);
  });

  test.each([
    ["other credentials", ANSWER.replace("abcd", "efgh")],
    ["another certificate", ANSWER.replace("ab:cd", "ef:01")],
  ])("fails when the sender answers with %s", async (_, answer) => {
    await expect(opening.accept(answer)).rejects.toThrow("from elsewhere");
  });

  test("does without when the browser cannot apply it", async () => {
    connection = new FakePeerConnection({});
    opening = new Opening(connection as unknown as RTCPeerConnection);
    connection.setRemoteDescription = () => Promise.reject(new TypeError("no"));
    opening.expect("v=0\r\n");
    await Promise.resolve();
    connection.setRemoteDescription = FakePeerConnection.prototype.setRemoteDescription;
    await opening.accept(ANSWER);
    expect(connection.remote).toBe(ANSWER);
  });

  test("expects nothing once the real one is here", async () => {
    connection = new FakePeerConnection({});
    opening = new Opening(connection as unknown as RTCPeerConnection);
    await opening.accept(ANSWER);
    opening.expect("v=0\r\n");
    expect([connection.remote, connection.answersApplied]).toEqual([ANSWER, 1]);
  });
});

describe("an edge that hands one out", () => {
  let runtime: FakeRuntime;
  let line: (text: object) => void;
  let end: () => void;
  let posts: { standby?: boolean; sdp: string }[];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("MediaStream", FakeMediaStream);
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    runtime = fakeRuntime();
    posts = [];
    runtime.fetch = async (_url, init) => {
      posts.push(JSON.parse(String(init.body)));
      const { readable, writable } = new TransformStream<Uint8Array>();
      const writer = writable.getWriter();
      line = (text) => void writer.write(new TextEncoder().encode(`${JSON.stringify(text)}\n`)).catch(() => undefined);
      end = () => void writer.close().catch(() => undefined);
      return new Response(readable, { headers: { "Content-Type": "application/x-ndjson" } });
    };
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const settle = () => vi.advanceTimersByTimeAsync(20);
  function answered(sdp = ANSWER) {
    const bound = { sessionId: link.sessionId, viewerId: identity.viewerId, role: "viewer" } as const;
    const offerHash = hashSdp(posts[0]?.sdp ?? "");
    const proof = makeProof(keys.proofKey, { ...bound, offerHash, type: "answer", sdp });
    line({ type: "answer", connection: 0, sdp, proof, iceServers: [] });
    end();
  }

  test("has its first line used before the second is there, whose picture is then told", async () => {
    const ahead = offerAhead(() => identity, ["stun:stun.example.com"], runtime);
    await settle();
    expect(posts).toMatchObject([{ standby: true }]);
    line({ standby: vouched() });
    await settle();
    const [peer] = runtime.peers;
    expect(peer?.remote).toContain("a=ice-ufrag:abcd");
    const video = new FakeVideo();
    const viewer = connect(link, { ahead, video: video as unknown as HTMLVideoElement }, runtime);
    await settle();
    peer?.onconnectionstatechange?.();
    peer?.ontrack?.({ track: peer.receiver.track });
    video.present({ receiveTime: 31, presentationTime: 37 });
    await settle();
    expect(video.srcObject).not.toBeNull();
    expect(viewer.state.name).toBe("connecting");
    answered();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(viewer.state.name).toBe("live");
    expect(runtime.peers).toHaveLength(1);
    const { timings } = await viewer.stats();
    expect(timings.standby).toBeLessThan(timings.answer ?? 0);
    viewer.close();
  });

  test("and then refuses the offer is heard", async () => {
    const ahead = offerAhead(() => identity, ["stun:stun.example.com"], runtime);
    const viewer = connect(link, { ahead }, runtime);
    await settle();
    line({ standby: vouched() });
    line({ error: { code: "proof-refused", message: "No." } });
    end();
    await settle();
    expect(viewer.state).toMatchObject({ name: "failed", code: "proof-refused" });
    expect(runtime.peers[0]?.closed).toBe(true);
  });

  test("and is then gone is asked again, for the same offer and no other standby", async () => {
    offerAhead(() => identity, ["stun:stun.example.com"], runtime);
    await settle();
    line({ standby: vouched() });
    end();
    await vi.advanceTimersByTimeAsync(300);
    expect(posts).toHaveLength(2);
    const { standby, ...offer } = posts[0] ?? {};
    expect(standby).toBe(true);
    expect(posts[1]).toEqual(offer);
  });
});
