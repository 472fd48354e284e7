import { expect, it } from "vitest";
import { makeIdentity } from "../../src/sender/identity.ts";
import { openConnection } from "../../src/sender/peer/open-connection.ts";
import { Peer } from "../../src/sender/peer/peer.ts";
import { type IceConnection, iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";
import { closeLateSockets } from "../../src/sender/peer/repairs/late-sockets.ts";
import { forgetDefaultStun } from "../../src/sender/peer/repairs/no-default-stun.ts";
import { stayClosed } from "../../src/sender/peer/repairs/stay-closed.ts";
import { until, Viewer } from "./support/viewer.ts";

const REACH = { iceServers: [], relayOnly: false, loopback: true };
const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "UDPWrap").length;

it("a viewer that says good-bye right after its offer leaves no socket behind", async () => {
  await using viewer = new Viewer(makeIdentity());
  const { sdp } = await viewer.offer();
  const before = sockets();
  for (let turns = 0; turns < 60; turns++) {
    const nothing = () => {};
    const peer = new Peer({ ...REACH, onCandidate: nothing, onState: nothing, onKeyframeRequest: nothing });
    const answered = peer.answer(sdp, 20).catch(nothing);
    for (let i = 0; i < turns; i++) await Promise.resolve();
    await peer.close();
    await answered;
  }
  await until(() => sockets() <= before, "every socket to be closed", 3_000);
});

// Fails when werift has mended what is repaired here: the repair may go then.
it.each([
  ["stay open without the repair", false],
  ["are closed with it", true],
])("sockets that are opened while their connection is closed %s", async (_what, repaired) => {
  await using viewer = new Viewer(makeIdentity());
  const { sdp } = await viewer.offer();
  const before = sockets();
  const pc = openConnection(REACH);
  await pc.setRemoteDescription({ type: "offer", sdp });
  forgetDefaultStun(pc);
  stayClosed(pc);
  if (repaired) closeLateSockets(pc);
  const [connection] = iceConnections(pc) as [IceConnection];
  const ensure = connection.ensureProtocol.bind(connection);
  let closed: Promise<void> | undefined;
  connection.ensureProtocol = (protocol) => {
    ensure(protocol);
    closed ??= pc.close();
  };
  await pc.setLocalDescription(await pc.createAnswer());
  await closed;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sockets() > before).toBe(!repaired);
  for (const protocol of connection.protocols) await protocol.close?.();
});
