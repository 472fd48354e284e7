import type { PacketReport } from "../congestion/feedback.ts";
import { Budget } from "./budget.ts";
import { parseRtcp, type RtcpMessage, STATUSES_MAX, statusesIn, type WireReport } from "./feedback.ts";
import { ReportRoundTrip } from "./sender-report.ts";
import { FeedbackClock } from "./transport-feedback.ts";

/** A burst of losses asks a few times over; who goes on is answered as often as a second allows. */
const KEYFRAMES_MAX = 4;
const KEYFRAMES_PER_SECOND = 1;
/** Who may ask for full pictures by FIR; a viewer is one. */
const REQUESTERS_MAX = 16;

/** What a viewer tells of the way to it; times are `performance.now()` unless said. */
export type PeerFeedback = { receivedAtMs: number } & (
  | { kind: "transport"; packets: PacketReport[] }
  | {
      kind: "report";
      /** Since the last report, 0 to 1. */
      fractionLost: number;
      /** Of this report alone; absent until the viewer answers a sender report. */
      rttMs?: number;
    }
  | { kind: "max-bitrate"; bitrateBps: number }
);

export interface FeedbackHandlers {
  onFeedback(feedback: PeerFeedback): void;
  /** @param lost sequence numbers of packets that the viewer misses */
  onNack(lost: number[]): void;
  onKeyframeRequest(): void;
  /** The last transport-wide number that was sent. */
  newestNumber(): number;
}

/** Understands one viewer's RTCP: what concerns its stream, each request once. */
export class FeedbackReader {
  readonly roundTrip = new ReportRoundTrip();
  readonly #ssrc: number;
  readonly #handlers: FeedbackHandlers;
  readonly #clock = new FeedbackClock();
  /**
   * Each costs every other viewer bits, and one that asks without end would leave them nothing but keyframes. Viewers
   * repeat what is not answered.
   */
  readonly #keyframes = new Budget(KEYFRAMES_MAX, KEYFRAMES_PER_SECOND);
  /**
   * Packets that it tells of: a message of 24 bytes can claim thousands, each of which costs this thread, and with it all
   * other viewers, as much as a true one.
   */
  readonly #statuses = new Budget(STATUSES_MAX, 2 * STATUSES_MAX);
  /** The last FIR of each requester that was obeyed. */
  readonly #requests = new Map<number, number>();

  constructor(ssrc: number, handlers: FeedbackHandlers) {
    this.#ssrc = ssrc;
    this.#handlers = handlers;
  }

  /** @param compound decrypted; may hold anything */
  receive(compound: Buffer, nowMs: number): void {
    const messages = parseRtcp(compound, this.#statuses.left(nowMs));
    this.#statuses.spend(nowMs, statusesIn(messages));
    for (const message of messages) this.#read(message, nowMs);
  }

  #read(message: RtcpMessage, receivedAtMs: number): void {
    const { onFeedback, onNack, newestNumber } = this.#handlers;
    if ("ssrc" in message && message.ssrc !== this.#ssrc) return;
    switch (message.kind) {
      case "transport-feedback": {
        const packets = this.#clock.place(message.feedback, newestNumber());
        if (packets.length > 0) onFeedback({ kind: "transport", receivedAtMs, packets });
        return;
      }
      case "reception-report":
        onFeedback(this.#report(message, receivedAtMs));
        return;
      case "max-bitrate":
        if (message.ssrcs.includes(this.#ssrc)) {
          onFeedback({ kind: "max-bitrate", receivedAtMs, bitrateBps: message.bitrateBps });
        }
        return;
      case "nack":
        onNack(message.lost);
        return;
      case "picture-loss":
        this.#requestKeyframe(receivedAtMs);
        return;
      case "full-intra-request":
        this.#answerRequest(message.from, message.sequenceNumber, receivedAtMs);
    }
  }

  /** @returns whether it may be asked for now */
  #requestKeyframe(nowMs: number): boolean {
    const granted = this.#keyframes.spend(nowMs);
    if (granted) this.#handlers.onKeyframeRequest();
    return granted;
  }

  #report(report: WireReport, receivedAtMs: number): PeerFeedback {
    const { lastSenderReport, delaySinceLastSenderReport, fractionLost } = report;
    const wallMs = performance.timeOrigin + receivedAtMs;
    const rttMs = this.roundTrip.measure(lastSenderReport, delaySinceLastSenderReport, wallMs);
    return {
      kind: "report",
      receivedAtMs,
      fractionLost,
      ...(rttMs === undefined ? {} : { rttMs }),
    };
  }

  /** A FIR is repeated until it is answered, with the same number (RFC 5104 section 4.3.1.2): one that was refused is not. */
  #answerRequest(from: number, sequenceNumber: number, nowMs: number): void {
    if (this.#requests.get(from) === sequenceNumber || !this.#requestKeyframe(nowMs)) return;
    if (this.#requests.size >= REQUESTERS_MAX && !this.#requests.has(from)) this.#requests.clear();
    this.#requests.set(from, sequenceNumber);
  }
}
