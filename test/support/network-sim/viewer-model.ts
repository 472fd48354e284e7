import type { PacketReport, TransportFeedback } from "../../../src/sender/congestion/feedback.ts";
import type { PacketKind } from "../../../src/sender/congestion/packet.ts";

/** A media packet as the viewer sees it; a retransmission carries what the original did. */
export interface MediaPacket {
  mediaNumber: number;
  frame: number;
  lastOfFrame: boolean;
  keyframe: boolean;
  bytes: number;
  kind: PacketKind;
}

export interface Nack {
  mediaNumbers: number[];
  /** The viewer gives up on what is missing and asks for a keyframe (PLI). */
  keyframe: boolean;
}

/** The viewer's clock has its own zero, and feedback tells it in quarters of a millisecond. */
const CLOCK_OFFSET_MS = 4_711_000;
const RESOLUTION_MS = 0.25;
/** What came before is not told again: Chromium's. */
const REMEMBERED_MS = 500;
/** Chromium's, as long as nobody tells a viewer that sends nothing what the round trip is. */
const NACK_AGAIN_MS = 100;
const NACK_TRIES_MAX = 10;
const GIVE_UP_MS = 800;
const PLI_INTERVAL_MS = 500;

interface Frame {
  bytes: number;
  firstNumber?: number;
  lastNumber?: number;
  keyframe: boolean;
  received: number;
}

/** What a browser does with the packets: reports them, asks for what is missing, shows pictures in their order. */
export class ViewerModel {
  /** When each packet of late came. */
  readonly #arrivals = new Map<number, number>();
  /** Feedback begins with it next: one that comes late has all after it told again. */
  #reportFrom = 0;
  #highestTransport = -1;
  #highestMedia = -1;
  /** Of the first sending, as the report before told it, and now. */
  #told = { expected: 0, received: 0 };
  #received = 0;
  readonly #missing = new Map<number, { sinceMs: number; askedAtMs: number; tries: number }>();
  readonly #frames = new Map<number, Frame>();
  readonly #numbers = new Map<number, number>();
  #nextFrame = 0;
  #stuckSinceMs: number | undefined;
  #pliAtMs = Number.NEGATIVE_INFINITY;
  /** When each picture was shown. */
  readonly shownAtMs: number[] = [];
  /** Unique bytes of media, by time of arrival. */
  readonly delivered: { atMs: number; bytes: number }[] = [];

  receive(transportNumber: number, packet: MediaPacket | undefined, nowMs: number): void {
    this.#arrivals.set(transportNumber, nowMs);
    this.#reportFrom = Math.min(this.#reportFrom, transportNumber);
    this.#highestTransport = Math.max(this.#highestTransport, transportNumber);
    if (packet) this.#receiveMedia(packet, nowMs);
  }

  /** @returns what is to be reported since the last time; `undefined` when nothing came */
  feedback(nowMs: number): TransportFeedback | undefined {
    if (this.#highestTransport < this.#reportFrom) return undefined;
    const packets: PacketReport[] = [];
    for (let number = this.#reportFrom; number <= this.#highestTransport; number++) {
      const atMs = this.#arrivals.get(number);
      const arrivalMs =
        atMs === undefined ? undefined : Math.round((atMs + CLOCK_OFFSET_MS) / RESOLUTION_MS) * RESOLUTION_MS;
      packets.push({ sequenceNumber: number, ...(arrivalMs === undefined ? {} : { arrivalMs }) });
    }
    this.#reportFrom = this.#highestTransport + 1;
    for (const [number, atMs] of this.#arrivals) if (nowMs - atMs > REMEMBERED_MS) this.#arrivals.delete(number);
    return { packets };
  }

  /** Since the last time, as a receiver report has it: retransmissions have a stream of their own. */
  fractionLost(): number {
    const expected = this.#highestMedia + 1;
    const lost = expected - this.#told.expected - (this.#received - this.#told.received);
    const fraction = lost > 0 ? lost / (expected - this.#told.expected) : 0;
    this.#told = { expected, received: this.#received };
    return fraction;
  }

  /** To be asked every few milliseconds. */
  nack(nowMs: number): Nack | undefined {
    const mediaNumbers: number[] = [];
    for (const [number, missing] of this.#missing) {
      if (nowMs - missing.askedAtMs < NACK_AGAIN_MS || missing.tries >= NACK_TRIES_MAX) continue;
      missing.askedAtMs = nowMs;
      missing.tries++;
      mediaNumbers.push(number);
    }
    const stuck = this.#stuckSinceMs !== undefined && nowMs - this.#stuckSinceMs > GIVE_UP_MS;
    const keyframe = stuck && nowMs - this.#pliAtMs > PLI_INTERVAL_MS;
    if (keyframe) this.#pliAtMs = nowMs;
    return mediaNumbers.length > 0 || keyframe ? { mediaNumbers, keyframe } : undefined;
  }

  #receiveMedia(packet: MediaPacket, nowMs: number): void {
    const { mediaNumber } = packet;
    if (packet.kind !== "retransmission") this.#received++;
    for (let number = this.#highestMedia + 1; number < mediaNumber; number++) {
      this.#missing.set(number, { sinceMs: nowMs, askedAtMs: Number.NEGATIVE_INFINITY, tries: 0 });
    }
    const late = mediaNumber <= this.#highestMedia;
    if (late && !this.#missing.delete(mediaNumber)) return;
    this.#highestMedia = Math.max(this.#highestMedia, mediaNumber);
    this.delivered.push({ atMs: nowMs, bytes: packet.bytes });
    this.#numbers.set(mediaNumber, packet.frame);
    if (packet.frame < this.#nextFrame) return;
    this.#addToFrame(packet);
    this.#show(nowMs);
  }

  #addToFrame({ frame: id, mediaNumber, lastOfFrame, keyframe, bytes }: MediaPacket): void {
    const frame = this.#frames.get(id) ?? { bytes: 0, keyframe, received: 0 };
    frame.bytes += bytes;
    frame.received++;
    frame.firstNumber = Math.min(frame.firstNumber ?? mediaNumber, mediaNumber);
    if (lastOfFrame) frame.lastNumber = mediaNumber;
    this.#frames.set(id, frame);
  }

  #show(nowMs: number): void {
    for (;;) {
      const frame = this.#frames.get(this.#nextFrame);
      if (!frame || !this.#isComplete(frame)) break;
      this.#frames.delete(this.#nextFrame);
      this.#nextFrame++;
      this.shownAtMs.push(nowMs);
    }
    const behind = Math.max(-1, ...this.#frames.keys()) > this.#nextFrame;
    this.#stuckSinceMs = behind ? (this.#stuckSinceMs ?? nowMs) : undefined;
    if (behind) this.#jump(nowMs);
  }

  /** A whole keyframe makes what is missing before it worthless. */
  #jump(nowMs: number): void {
    const keyframe = [...this.#frames].find(
      ([id, frame]) => id > this.#nextFrame && frame.keyframe && this.#isComplete(frame),
    );
    if (!keyframe) return;
    const [id, { firstNumber = 0 }] = keyframe;
    for (const each of this.#frames.keys()) if (each < id) this.#frames.delete(each);
    for (const each of this.#missing.keys()) if (each < firstNumber) this.#missing.delete(each);
    this.#nextFrame = id;
    this.#stuckSinceMs = undefined;
    this.#show(nowMs);
  }

  /** Every number from the one after the frame before to its last is there. */
  #isComplete({ firstNumber, lastNumber, received }: Frame): boolean {
    if (firstNumber === undefined || lastNumber === undefined) return false;
    return received === lastNumber - firstNumber + 1 && !this.#missing.has(firstNumber - 1);
  }
}
