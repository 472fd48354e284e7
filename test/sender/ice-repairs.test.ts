import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type CandidatePair, CandidatePairState, RTCPeerConnection } from "werift";
import { makeIdentity } from "../../src/sender/identity.ts";
import { Peer } from "../../src/sender/peer/peer.ts";
import { type IceConnection, iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";
import { keepLookingForDirectPath } from "../../src/sender/peer/repairs/keep-checking.ts";
import { followNomination } from "../../src/sender/peer/repairs/renomination.ts";
import { Coturn } from "../support/coturn.ts";
import { until, Viewer } from "./support/viewer.ts";

const HOUR_MS = 3_600_000;
let turn: Coturn;
beforeAll(async () => {
  turn = await Coturn.open();
});
afterAll(() => turn[Symbol.asyncDispose]());

describe("the pair in use", () => {
  let pc: RTCPeerConnection;
  let connection: IceConnection;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
    pc = new RTCPeerConnection({ iceServers: [] });
    pc.addTransceiver("video", { direction: "recvonly" });
    [connection] = iceConnections(pc) as [IceConnection];
    connection.queryConsent = vi.fn();
  });
  afterEach(async () => {
    vi.useRealTimers();
    connection.nominated = undefined;
    await pc.close();
  });

  /** A pair whose checks succeeded. */
  const pair = (priority: number) =>
    ({
      priority,
      nominated: true,
      state: CandidatePairState.SUCCEEDED,
      remoteCandidate: {},
      protocol: {},
      toJSON: () => ({}),
    }) as unknown as CandidatePair;
  const [relay, direct] = [pair(1), pair(2)];
  const name = (named: CandidatePair, laterMs = 0) => {
    vi.advanceTimersByTime(laterMs);
    connection.checkComplete(named);
    return connection.nominated;
  };

  it("is the better one once the viewer names it", () => {
    const onChange = vi.fn();
    followNomination(pc, onChange);
    expect(name(relay)).toBe(relay);
    expect(onChange).not.toHaveBeenCalled();
    expect(name(direct, 10)).toBe(direct);
    expect(onChange).toHaveBeenCalledOnce();
    expect(connection.queryConsent).toHaveBeenCalledOnce();
  });

  it("is left for a worse one only when the viewer no longer names it", () => {
    followNomination(pc);
    name(direct);
    expect(name(relay, 900)).toBe(direct);
    expect(name(direct, 100)).toBe(direct);
    expect(name(relay, 1_001)).toBe(relay);
  });

  it("is never one whose check failed", () => {
    followNomination(pc);
    name(relay);
    expect(name(Object.assign(pair(3), { state: CandidatePairState.FAILED }), 10)).toBe(relay);
  });

  it("stays the first one without the repair", () => {
    name(relay);
    expect(name(direct, 5_000)).toBe(relay);
  });

  it.each(["checkComplete", "checkStart", "getCandidatePromises"])(
    "is refused by name when werift has no %s",
    (member) => {
      Reflect.set(pc.iceTransports[0]?.connection ?? {}, member, undefined);
      expect(() => followNomination(pc)).toThrow(`no ${member}`);
    },
  );
});

describe("a path by a relay that was quicker", () => {
  const candidates = (localType: string, remoteType: string) => ({
    localCandidate: { type: localType },
    remoteCandidate: { type: remoteType },
  });
  const FAILED = { ...candidates("host", "srflx"), state: CandidatePairState.FAILED };
  async function checked(nominated: object, repaired = true): Promise<object[]> {
    const pc = new RTCPeerConnection({ iceServers: [] });
    pc.addTransceiver("video", { direction: "recvonly" });
    const [connection] = iceConnections(pc) as [IceConnection];
    const started: object[] = [];
    connection.checkStart = (pair) => {
      started.push(pair);
      return { resolve() {} } as ReturnType<IceConnection["checkStart"]>;
    };
    connection.checkList = [
      nominated,
      FAILED,
      { ...FAILED, state: CandidatePairState.IN_PROGRESS },
      { ...candidates("relay", "srflx"), state: CandidatePairState.FAILED },
    ] as CandidatePair[];
    connection.nominated = nominated as CandidatePair;
    if (repaired) keepLookingForDirectPath(pc);
    // As it is told with the nomination, and again by werift itself.
    connection.setState("connected");
    connection.setState("connected");
    await Promise.resolve();
    connection.nominated = undefined;
    await pc.close();
    return started;
  }

  it.each([candidates("relay", "srflx"), candidates("host", "relay"), candidates("host", "prflx")])(
    "leaves the direct ones to be checked: $localCandidate.type to $remoteCandidate.type",
    async (nominated) => expect(await checked(nominated)).toEqual([FAILED]),
  );

  it("is not thought of where the path is direct", async () => {
    expect(await checked(candidates("host", "srflx"))).toEqual([]);
  });

  it("ends all checks without the repair", async () => {
    expect(await checked(candidates("relay", "srflx"), false)).toEqual([]);
  });
});

describe("a relay", () => {
  async function connect(viewerListens: boolean, gatherMs = 20) {
    await using stack = new AsyncDisposableStack();
    const viewer = stack.use(new Viewer(makeIdentity()));
    const { sdp } = await viewer.offer();
    const startedAtMs = performance.now();
    const told: { type: string; afterMs: number }[] = [];
    const states: string[] = [];
    const peer = new Peer({
      iceServers: [{ urls: [turn.url], ...Coturn.credentials(HOUR_MS) }],
      relayOnly: false,
      loopback: true,
      onCandidate: ({ candidate }) => {
        const [, type] = / typ (\w+)/.exec(candidate ?? "") ?? [];
        if (type) told.push({ type, afterMs: performance.now() - startedAtMs });
      },
      onState: (state) => states.push(state),
      onKeyframeRequest: () => {},
    });
    stack.defer(() => peer.close());
    const answer = await peer.answer(sdp, gatherMs);
    if (viewerListens) await viewer.acceptUnproved(answer);
    const moved = stack.move();
    return { answer, told, states, [Symbol.asyncDispose]: () => moved.disposeAsync() };
  }
  const relays = (told: { type: string; afterMs: number }[]) => told.filter(({ type }) => type === "relay");
  async function noAllocations(): Promise<void> {
    for (const giveUpMs = performance.now() + 4_000; (await turn.allocations()).length > 0; await sleep(100)) {
      if (performance.now() > giveUpMs) throw new Error("an allocation still stands");
    }
  }

  it("is told of where no direct path was found, after a while, and given back with the connection", async () => {
    {
      await using connection = await connect(false);
      await until(() => relays(connection.told).length > 0, "the relay");
      expect(relays(connection.told)[0]?.afterMs).toBeGreaterThan(370);
      await expect.poll(() => turn.allocations()).toHaveLength(1);
    }
    await noAllocations();
  });

  it("stands in an answer that waits for it, for a viewer that takes no candidates later", async () => {
    await using connection = await connect(false, 500);
    expect(connection.answer).toMatch(/^a=candidate:.* typ relay/m);
  });

  it("is given back, and not told of, where there is a direct path", async () => {
    const direct = async () => {
      const connection = await connect(true);
      await until(() => connection.states.includes("connected"), "the connection");
      return connection;
    };
    // The first of a process may take longer than a relay is kept to itself.
    await (await direct())[Symbol.asyncDispose]();
    await using connection = await direct();
    await sleep(600);
    expect(relays(connection.told)).toEqual([]);
    await noAllocations();
  });

  it("by a server that does not answer leaves nothing open", async () => {
    const silent = createSocket("udp4").bind(0, "127.0.0.1");
    await once(silent, "listening");
    const asked = once(silent, "message");
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "UDPWrap").length;
    const viewer = new Viewer(makeIdentity());
    const { sdp } = await viewer.offer();
    const peer = new Peer({
      iceServers: [{ urls: [`turn:127.0.0.1:${silent.address().port}?transport=udp`], ...Coturn.credentials(HOUR_MS) }],
      relayOnly: true,
      loopback: true,
      onCandidate: () => {},
      onState: () => {},
      onKeyframeRequest: () => {},
    });
    await peer.answer(sdp, 20);
    await asked;
    await Promise.all([peer.close(), viewer[Symbol.asyncDispose]()]);
    silent.close();
    await until(() => sockets() === 0, "every socket to be closed", 10_000);
  }, 20_000);
});
