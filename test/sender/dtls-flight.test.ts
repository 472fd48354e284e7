import { beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { stopFlights, weriftsFlight } from "../../src/sender/peer/repairs/dtls-flight.ts";
import {
  type Certificate,
  DtlsLink,
  type DtlsLinkOptions,
  ecdsaCertificate,
  expectConnected,
  handshakeType,
} from "../support/dtls.ts";
import { DtlsViewer } from "../support/dtls-viewer.ts";
import { TimerWatch } from "../support/timers.ts";

const CERTIFICATE = 11;
const LAST_FLIGHT = 7;
const PATIENCE = { timeout: 5_000 };

/** As werift has it, before anything here mends it. */
const { transmit } = weriftsFlight();

let viewers: Certificate;
let cameras: Certificate;
let timers: TimerWatch;

beforeAll(async () => {
  [viewers, cameras] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
});
beforeEach(() => {
  timers = new TimerWatch();
  onTestFinished(() => timers[Symbol.dispose]());
});

function open(options: Partial<DtlsLinkOptions> = {}): DtlsLink {
  const guarded = { client: true, server: true };
  return new DtlsLink({ clientCertificate: viewers, serverCertificate: cameras, guarded, ...options });
}

const withoutCertificate = (datagram: Buffer) => (handshakeType(datagram) === CERTIFICATE ? [] : [datagram]);

it.each([
  ["no hello arrives", { toServer: () => [] }],
  ["the client's answer is lost", { toServer: withoutCertificate }],
  ["the server's answer is lost", { toClient: withoutCertificate }],
])("a handshake in which %s leaves no timer when both ends are closed", async (_, options) => {
  using link = open(options);
  link.connect();
  await link.settle();
  expect(timers.standing).toBeGreaterThan(0);
  link[Symbol.dispose]();
  await link.settle();
  expect(timers.standing).toBe(0);
  expect(link.errors).toEqual([]);
});

it("a handshake that is over leaves none either", async () => {
  using link = open();
  await expectConnected(link);
  expect(timers.standing).toBeGreaterThan(0);
  link[Symbol.dispose]();
  await link.settle();
  expect(timers.standing).toBe(0);
});

it("an end that is closed begins no flight", async () => {
  using link = open();
  link[Symbol.dispose]();
  link.connect();
  await link.settle();
  expect(link.sentByClient).toEqual([]);
  expect(timers.standing).toBe(0);
});

it("a sender's connection to a viewer who falls silent in the handshake leaves none of any kind", async () => {
  let held = 0;
  const viewer = await DtlsViewer.open(viewers, {
    meddle: ({ transport }) => {
      transport.socket.send = async () => void held++;
    },
  });
  await vi.waitFor(() => expect(held).toBeGreaterThan(0), PATIENCE);
  await viewer[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(timers.standing).toBe(0), { timeout: 200 });
});

it("is needed: werift itself sleeps on", async () => {
  const dtls = { flight: 1 };
  const sleeping = transmit.call({ dtls, nextFlight: 3, send: async () => {}, setState() {} } as never, []);
  dtls.flight = LAST_FLIGHT;
  stopFlights(dtls);
  await new Promise(setImmediate);
  expect(timers.standing).toBe(1);
  await sleeping;
});
