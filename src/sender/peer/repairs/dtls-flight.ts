import { setTimeout as sleep } from "node:timers/promises";
import { HANDSHAKE } from "./dtls-handshake.ts";
import { dtlsSpecimen } from "./dtls-specimen.ts";

/** As werift has it: after each sending it waits so much longer for the next. */
const STEP_MS = 500;
const SENDINGS = 11;

/** What this repair uses of one of werift 0.25.2's DTLS flights. */
export interface WeriftFlight {
  readonly dtls: { readonly flight: number };
  /** By which the peer has answered this one; undefined for the last. */
  readonly nextFlight: number | undefined;
  send(records: Buffer[]): Promise<unknown>;
  transmit(records: Buffer[]): Promise<void>;
}

let flight: WeriftFlight | undefined;
const stops = new WeakMap<object, AbortController>();

/**
 * werift 0.25.2 sleeps up to 5.5 s before it looks whether a flight is still of use: a connection that is closed meanwhile
 * stays in memory, and keeps the process from exiting, for so long. With this {@link stopFlights} ends that. For the whole
 * thread; again is harmless.
 */
export function interruptFlights(): void {
  flight ??= weriftsFlight();
  flight.transmit = transmit;
}

/** No flight of that association is sent any more, and none is waited for. */
export function stopFlights(dtls: object): void {
  stopOf(dtls).abort();
}

/** What all flights share: werift does not export it, but a server makes a flight at the first message from a client. */
export function weriftsFlight(): WeriftFlight {
  const specimen = dtlsSpecimen();
  const message = { msg_type: HANDSHAKE.certificateVerify, fragment: Buffer.alloc(4) };
  Promise.resolve(Reflect.apply(specimen.onHandleHandshakes, specimen, [[message]])).catch(() => {});
  const last: unknown = Reflect.get(specimen, "flight6");
  const shared: unknown = last && Object.getPrototypeOf(Object.getPrototypeOf(last));
  if (typeof shared !== "object" || shared === null || !Object.hasOwn(shared, "transmit"))
    throw new Error("this werift sends its flights elsewhere: see interruptFlights");
  return shared as WeriftFlight;
}

function stopOf(dtls: object): AbortController {
  const stop = stops.get(dtls) ?? new AbortController();
  stops.set(dtls, stop);
  return stop;
}

async function transmit(this: WeriftFlight, records: Buffer[]): Promise<void> {
  const { dtls, nextFlight } = this;
  const { signal } = stopOf(dtls);
  for (let sending = 1; sending <= SENDINGS && !signal.aborted; sending++) {
    this.send(records).catch(() => {});
    if (nextFlight === undefined) return;
    await sleep(sending * STEP_MS, undefined, { signal }).catch(() => {});
    if (dtls.flight >= nextFlight) return;
  }
  if (!signal.aborted) throw new Error(`The peer did not answer DTLS, which was sent ${SENDINGS} times.`);
}
