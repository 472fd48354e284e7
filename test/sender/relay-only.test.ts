import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeIdentity } from "../../src/sender/identity.ts";
import { Peer } from "../../src/sender/peer/peer.ts";
import { Coturn } from "../support/coturn.ts";
import { until, Viewer } from "./support/viewer.ts";

let turn: Coturn;
beforeAll(async () => {
  turn = await Coturn.open();
});
afterAll(() => turn[Symbol.asyncDispose]());

/** All that a viewer is told of this machine: the answer, and what comes after it. */
async function told(relayOnly: boolean, gatherMs: number): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const viewer = stack.use(new Viewer(makeIdentity()));
  const { sdp } = await viewer.offer();
  const lines: string[] = [];
  const peer = new Peer({
    iceServers: [{ urls: [turn.url], ...Coturn.credentials(3_600_000) }],
    relayOnly,
    loopback: true,
    onCandidate: ({ candidate }) => lines.push(candidate ?? ""),
    onState: () => {},
    onKeyframeRequest: () => {},
  });
  stack.defer(() => peer.close());
  lines.unshift(await peer.answer(sdp, gatherMs));
  await until(() => / typ relay/.test(lines.join("\r\n")), "the relay");
  return lines.join("\r\n");
}

it.each([
  ["an answer that waits for it", 2_000],
  ["a candidate of its own", 0],
])("tells of a relay, and of no address of this machine, in %s", async (_where, gatherMs) => {
  const text = await told(true, gatherMs);
  expect(new Set(text.match(/ typ \w+( raddr \S+ rport \d+)?/g))).toEqual(
    new Set([" typ relay raddr 0.0.0.0 rport 0"]),
  );
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  // coturn's relay is at 127.0.0.1, too.
  const addresses = own.map(({ address }) => address).filter((address) => address !== "127.0.0.1" && address !== "::1");
  expect(addresses.filter((address) => text.includes(address))).toEqual([]);
});

it("is told of with this machine's address where that is no secret", async () => {
  expect(await told(false, 500)).toMatch(/ typ relay raddr 127\.0\.0\.1 rport [1-9]/);
});
