import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type Certificate, ecdsaCertificate } from "../support/dtls.ts";
import { DtlsViewer } from "../support/dtls-viewer.ts";

const PATIENCE = { timeout: 8_000, interval: 10 };
const HANDSHAKE = 22;
/** In the clear: handshake_failure, fatal (RFC 5246 7.2); and a HelloVerifyRequest with a cookie of one byte. */
const ALERT = Buffer.from("15fefd00000000000000090002" + "0228", "hex");
const HELLO_VERIFY = Buffer.from("16fefd00000000000000090010" + "030000040000000000000004" + "fefd0107", "hex");

let viewers: Certificate;
let stranger: Socket;

beforeAll(async () => {
  viewers = await ecdsaCertificate();
});
beforeEach(async () => {
  stranger = createSocket("udp4").bind(0, "127.0.0.1");
  await once(stranger, "listening");
});
afterEach(() => void stranger.close());

const port = (answer: string) => Number(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/m.exec(answer)?.[1]);

it.each([
  ["client", "actpass"],
  ["server", "active"],
] as const)("a stranger's alert does not end the handshake of a sender that is the DTLS %s", async (_, setup) => {
  let silent = true;
  await using viewer = await DtlsViewer.open(viewers, {
    setup,
    meddle: ({ transport: { socket } }) => {
      const { send } = socket;
      // The viewer's Finished is kept back until the stranger was heard.
      socket.send = async (record) => {
        if (!silent || record[0] !== HANDSHAKE || record.readUInt16BE(3) !== 1) await send(record);
      };
    },
  });
  await vi.waitFor(() => expect(viewer.datagrams.length).toBeGreaterThan(0), PATIENCE);
  for (let i = 0; i < 5; i++) {
    stranger.send(ALERT, port(viewer.answer), "127.0.0.1");
    await sleep(20);
  }
  silent = false;
  await vi.waitFor(() => expect([...viewer.peerStates, viewer.state]).toEqual(["connected", "connected"]), PATIENCE);
});

it("a stranger's cookie for the ClientHello is not the viewer's", async () => {
  const opening = DtlsViewer.open(viewers);
  await using viewer = await opening;
  for (let i = 0; i < 20 && viewer.peerStates.length === 0; i++) {
    stranger.send(HELLO_VERIFY, port(viewer.answer), "127.0.0.1");
    await sleep(5);
  }
  await vi.waitFor(() => expect([...viewer.peerStates, viewer.state]).toEqual(["connected", "connected"]), PATIENCE);
});
