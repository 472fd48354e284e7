import type { PacketReport } from "../congestion/feedback.ts";

const REFERENCE_UNIT_US = 64_000;
const DELTA_UNIT_US = 250;

const SMALL_DELTA = 1;
const LARGE_DELTA = 2;

/** A viewer's transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01), numbers as on the wire. */
export interface WireTransportFeedback {
  /** 16 bits. */
  baseNumber: number;
  /** 24 bits, in units of 64 ms of the viewer's clock. */
  referenceTime: number;
  /**
   * One entry for each number from `baseNumber` on: microseconds after the reference time, or `undefined` for a packet
   * that did not arrive (or whose arrival time was not told).
   */
  arrivedUs: (number | undefined)[];
}

/**
 * @param fci the feedback control information, padding removed
 * @param packetsMax of more it may not tell
 * @returns `undefined` when it is cut short, tells of too many or makes no sense
 */
export function parseTransportFeedback(fci: Buffer, packetsMax: number): WireTransportFeedback | undefined {
  if (fci.length < 8) return undefined;
  const baseNumber = fci.readUInt16BE(0);
  const count = fci.readUInt16BE(2);
  if (count > packetsMax) return undefined;
  const statuses = readStatuses(fci, count);
  if (!statuses) return undefined;
  let at = statuses.end;
  let us = 0;
  const arrivedUs: (number | undefined)[] = [];
  for (const status of statuses.list) {
    const bytes = status === SMALL_DELTA ? 1 : status === LARGE_DELTA ? 2 : 0;
    if (at + bytes > fci.length) return undefined;
    if (bytes > 0) us += (bytes === 1 ? fci.readUInt8(at) : fci.readInt16BE(at)) * DELTA_UNIT_US;
    arrivedUs.push(bytes > 0 ? us : undefined);
    at += bytes;
  }
  return { baseNumber, referenceTime: fci.readUIntBE(4, 3), arrivedUs };
}

function readStatuses(fci: Buffer, count: number): { list: number[]; end: number } | undefined {
  const list: number[] = [];
  let at = 8;
  for (; list.length < count; at += 2) {
    if (at + 2 > fci.length) return undefined;
    const chunk = fci.readUInt16BE(at);
    if (chunk < 0x8000) {
      const run = Math.min(chunk & 0x1fff, count - list.length);
      for (let i = 0; i < run; i++) list.push(chunk >> 13);
    } else {
      const bits = chunk & 0x4000 ? 2 : 1;
      for (let shift = 14 - bits; shift >= 0 && list.length < count; shift -= bits) {
        list.push((chunk >> shift) & ((1 << bits) - 1));
      }
    }
  }
  return { list, end: at };
}

/** Puts a viewer's feedback beside what was sent: numbers and times that wrap become ones that do not. */
export class FeedbackClock {
  #referenceTime: number | undefined;
  #referenceUs = 0;

  /**
   * @param newestNumber the last transport-wide number sent, which no feedback can be ahead of
   * @returns for each packet its number, unwrapped, and when it arrived by the viewer's clock
   */
  place(feedback: WireTransportFeedback, newestNumber: number): PacketReport[] {
    const { referenceTime, baseNumber, arrivedUs } = feedback;
    // Feedback may overtake feedback: the step is signed.
    const step = this.#referenceTime === undefined ? 0 : ((referenceTime - this.#referenceTime) << 8) >> 8;
    this.#referenceUs += step * REFERENCE_UNIT_US;
    this.#referenceTime = referenceTime;
    const base = newestNumber - ((newestNumber - baseNumber) & 0xffff);
    const packets: PacketReport[] = [];
    for (let i = Math.max(0, -base); i < arrivedUs.length && base + i <= newestNumber; i++) {
      const us = arrivedUs[i];
      const arrivalMs = us === undefined ? undefined : (this.#referenceUs + us) / 1_000;
      packets.push({ sequenceNumber: base + i, arrivalMs });
    }
    return packets;
  }
}
