import { createSign } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { DtlsClient } from "werift";
import { type Certificate, ecdsaCertificate, handshakeType, replaceInFlight5 } from "../support/dtls.ts";
import { DtlsViewer, type DtlsViewerOptions } from "../support/dtls-viewer.ts";

const PATIENCE = { timeout: 5_000 };

let viewers: Certificate;
let strangers: Certificate;

beforeAll(async () => {
  [viewers, strangers] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
});

/** A viewer that is the DTLS client. */
function open(meddle?: DtlsViewerOptions["meddle"]): Promise<DtlsViewer> {
  return DtlsViewer.open(viewers, { setup: "active", ...(meddle ? { meddle } : {}) });
}

async function expectRefused(viewer: DtlsViewer): Promise<void> {
  await vi.waitFor(() => expect(viewer.peerStates).toEqual(["closed"]), PATIENCE);
  expect(viewer.peer.state).toBe("closed");
  expect(viewer.state).not.toBe("connected");
}

/** Sends a picture until some of it arrives. */
async function expectMedia(viewer: DtlsViewer): Promise<void> {
  const before = viewer.received.length;
  await vi.waitFor(() => {
    viewer.peer.send([Buffer.from([0x65, 1, 2, 3])], true, performance.now());
    expect(viewer.received.length).toBeGreaterThan(before);
  }, PATIENCE);
}

describe("a viewer that is the DTLS client, as the sender's peer sees it", () => {
  it("connects and carries media when the viewer holds its certificate's key", async () => {
    await using viewer = await open();
    await vi.waitFor(() => expect(viewer.peerStates).toEqual(["connected"]), PATIENCE);
    await expectMedia(viewer);
  });

  it("closes, never connected, when the offer names a certificate of which the viewer holds a copy only", async () => {
    await using viewer = await open(({ cipher }) => {
      cipher.signatureData = (data, hash) => createSign(hash).update(data).sign(strangers.keyPem);
    });
    await expectRefused(viewer);
  });

  it("closes, never connected, without CertificateVerify", async () => {
    await using viewer = await open((client) =>
      replaceInFlight5(client as DtlsClient, "sendCertificateVerify", () => undefined),
    );
    await expectRefused(viewer);
  });

  it("closes, never connected, on a wrong Finished", async () => {
    await using viewer = await open(({ cipher }) => {
      cipher.verifyData = () => Buffer.alloc(12);
    });
    await expectRefused(viewer);
  });

  it("goes on with its media when a ClientHello comes after it connected", async () => {
    const hellos: Buffer[] = [];
    await using viewer = await open(({ transport }) => {
      const { send } = transport.socket;
      transport.socket.send = (datagram) => {
        if (handshakeType(datagram) === 1) hellos.push(Buffer.from(datagram));
        return send(datagram);
      };
    });
    await vi.waitFor(() => expect(viewer.state).toBe("connected"), PATIENCE);
    expect(hellos).toHaveLength(1);
    for (const hello of [...hellos, ...hellos]) await viewer.socket.transport.socket.send(hello);
    await sleep(100);
    expect(viewer.peerStates).toEqual(["connected"]);
    await expectMedia(viewer);
  });
});
