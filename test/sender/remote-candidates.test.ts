import { createSocket } from "node:dgram";
import { once } from "node:events";
import multicastDns from "multicast-dns";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RTCPeerConnection } from "werift";
import { makeIdentity } from "../../src/sender/identity.ts";
import { HiddenNames } from "../../src/sender/peer/hidden-names.ts";
import { Peer } from "../../src/sender/peer/peer.ts";
import { RemoteCandidates } from "../../src/sender/peer/remote-candidates.ts";
import { until, Viewer } from "./support/viewer.ts";

const candidate = (address: string) => `candidate:1 1 udp 1 ${address} 9 typ host`;

/** Who looks up as it is told to. */
class Told extends HiddenNames {
  readonly asked: string[] = [];
  readonly #answers = new Map<string, (address: string | undefined) => void>();

  override lookUp(name: string, signal: AbortSignal): Promise<string | undefined> {
    this.asked.push(name);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#answers.set(name, resolve);
    signal.addEventListener("abort", () => resolve(undefined));
    return promise;
  }

  answer(name: string, address: string | undefined): void {
    this.#answers.get(name)?.(address);
  }
}

describe("a viewer's candidates", () => {
  function gate(names: Told | undefined = new Told()) {
    const added: string[] = [];
    const candidates = new RemoteCandidates(
      async (each) => void added.push(each.candidate?.split(" ")[4] ?? ""),
      names,
    );
    return { added, candidates, names, add: (address: string) => candidates.add({ candidate: candidate(address) }) };
  }
  const settled = () => new Promise(setImmediate);

  it("wait for the offer, and are handed on in order", async () => {
    const { added, candidates, add } = gate();
    const all = [add("192.0.2.1"), add("192.0.2.2"), candidates.add({ candidate: null })];
    await settled();
    expect(added).toEqual([]);
    candidates.start("");
    await Promise.all(all);
    await add("192.0.2.3");
    expect(added).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  });

  it("do not wait for one whose name is looked up", async () => {
    const { added, candidates, names, add } = gate();
    candidates.start(`m=video 9 X 96\r\na=${candidate("offered.local")}\r\n`);
    const all = [add("known.local"), add("unknown.local"), add("192.0.2.1")];
    await settled();
    expect(added).toEqual(["192.0.2.1"]);
    expect(names?.asked).toEqual(["offered.local", "known.local", "unknown.local"]);
    names?.answer("known.local", "192.0.2.2");
    names?.answer("unknown.local", undefined);
    names?.answer("offered.local", "2001:db8::3");
    await Promise.all(all);
    await settled();
    expect(added).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::3"]);
  });

  it("are not handed on to a connection that was closed meanwhile", async () => {
    const early = gate();
    const waiting = early.add("192.0.2.1");
    early.candidates.close();
    await waiting;
    const late = gate();
    late.candidates.start("");
    const looked = late.add("known.local");
    await settled();
    late.candidates.close();
    late.names?.answer("known.local", "192.0.2.2");
    await looked;
    await late.add("192.0.2.3");
    expect([...early.added, ...late.added]).toEqual([]);
  });

  it("have eight names at once, each looked up once", async () => {
    const { added, candidates, names, add } = gate();
    candidates.start("");
    const all = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => add(`n${index}.local`));
    await settled();
    expect(names?.asked).toHaveLength(8);
    names?.answer("n0.local", "192.0.2.1");
    await Promise.all([...all.slice(0, 2), ...all.slice(-2)]);
    expect(added).toEqual(["192.0.2.1", "192.0.2.1"]);
    void add("n8.local");
    await settled();
    expect(names?.asked.at(-1)).toBe("n8.local");
    candidates.close();
  });

  it("are left out where nobody looks up their names", async () => {
    const added: string[] = [];
    const candidates = new RemoteCandidates(async (each) => void added.push(String(each.candidate)), undefined);
    candidates.start("");
    await candidates.add({ candidate: candidate("known.local") });
    expect(added).toEqual([]);
  });
});

describe("a connection with a viewer that hides its addresses", () => {
  let open = new AsyncDisposableStack();
  afterEach(async () => {
    vi.restoreAllMocks();
    await open[Symbol.asyncDispose]();
    open = new AsyncDisposableStack();
  });

  async function hidden(names: HiddenNames, relayOnly = false) {
    const added = vi.spyOn(RTCPeerConnection.prototype, "addIceCandidate");
    const viewer = open.use(new Viewer(makeIdentity()));
    const { sdp } = await viewer.offer();
    const offer = sdp.replace(/^(a=candidate:(?:\S+ ){4})\S+/gm, "$1abc.local");
    const peer = new Peer({
      iceServers: [],
      relayOnly,
      loopback: true,
      names,
      onCandidate: () => {},
      onState: () => {},
      onKeyframeRequest: () => {},
    });
    open.defer(() => peer.close());
    return {
      viewer,
      peer,
      offer,
      contexts: added.mock.contexts,
      added: () => added.mock.calls.map(([each]) => each?.candidate?.split(" ")[4]),
    };
  }

  it("is answered at once, and tries the addresses when they are known", async () => {
    const names = new Told();
    const { viewer, peer, offer, added, contexts } = await hidden(names);
    const answering = peer.answer(offer, 20);
    const late = peer.addCandidate({ candidate: candidate("def.local") });
    const answer = await answering;
    expect(names.asked).toEqual(expect.arrayContaining(["abc.local", "def.local"]));
    expect(added()).toEqual([]);
    names.answer("abc.local", "127.0.0.1");
    await until(() => added().length > 0, "the address");
    expect(added()[0]).toBe("127.0.0.1");
    await viewer.acceptUnproved(answer);
    await until(() => peer.state === "connected", "the connection");
    const [pc] = contexts as RTCPeerConnection[];
    const connection = pc?.iceTransports[0]?.connection ?? {};
    expect(Reflect.ownKeys(connection)).toContain("lookup");
    expect(Reflect.get(connection, "lookup")).toBeUndefined();
    await peer.close();
    await late;
    expect(added()).not.toContain("def.local");
  });

  it("stands though no name can be looked up: the viewer's own checks come", async () => {
    const taken = createSocket("udp4").bind(0, "0.0.0.0");
    await once(taken, "listening");
    open.defer(() => void taken.close());
    const { port } = taken.address();
    const { viewer, peer, offer, added } = await hidden(new HiddenNames(() => multicastDns({ port })));
    await viewer.acceptUnproved(await peer.answer(offer, 20));
    await until(() => peer.state === "connected", "the connection");
    expect(added()).toEqual([]);
  });

  it("by relays only asks nobody in the camera's network", async () => {
    const names = new Told();
    const { peer, offer } = await hidden(names, true);
    await peer.answer(offer, 20);
    await peer.addCandidate({ candidate: candidate("def.local") });
    expect(names.asked).toEqual([]);
  });
});
