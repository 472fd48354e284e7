import type { Decision } from "../../../src/sender/congestion/decision.ts";
import { Estimator, type EstimatorOptions } from "../../../src/sender/congestion/estimator.ts";
import type { PacedPacket } from "../../../src/sender/pacer/paced-packet.ts";
import { Pacer } from "../../../src/sender/pacer/pacer.ts";
import { Repeats } from "../../../src/sender/peer/repeats.ts";
import { type KeptPacket, RetransmissionHistory } from "../../../src/sender/peer/rtx.ts";
import type { Random } from "../random.ts";
import { EncoderModel, type EncoderOptions } from "./encoder-model.ts";
import type { Link } from "./link.ts";
import type { Timeline } from "./timeline.ts";
import { type MediaPacket, type Nack, ViewerModel } from "./viewer-model.ts";

/** Receiver reports, and REMB. */
export interface ReportsOptions {
  /** The most that the viewer asks for. */
  rembBps?: number;
}

export interface FlowOptions {
  estimator: EstimatorOptions;
  encoder: EncoderOptions;
  startMs: number;
  /** One way back. */
  propagationMs: number;
  /** Share of feedback messages lost, 0 to 1. */
  feedbackLoss: number;
  /** The viewer gives no transport-wide feedback, but reports alone. */
  reports?: ReportsOptions;
  /** The sender's machine has no time for it: so often, up to so long. */
  stalls?: { everyMs: number; lastingMs: number };
}

type Packet = PacedPacket & MediaPacket & { kept?: KeptPacket };

const PAYLOAD_BYTES = 1_160;
/** RTP header with extensions, and the SRTP tag. */
const OVERHEAD_BYTES = 40;
const FEEDBACK_MS = 50;
const REPORT_MS = 1_000;
const NACK_MS = 10;
const TICK_MS = 25;
/** No two cameras keep quite the same time, so that their pictures pass one another. */
const CLOCK_ERROR = 0.004;
/** More than any camera here sends in the two seconds for which the sender keeps them. */
const REMEMBERED = 8_192;
const PAYLOAD = Buffer.alloc(PAYLOAD_BYTES);

/** One camera and its viewer: the real estimator and pacer between modelled ends. */
export class CameraFlow {
  readonly viewer = new ViewerModel();
  /** Everything sent, also what the network drops. */
  readonly sent: { atMs: number; bytes: number }[] = [];
  readonly queue: { atMs: number; queueMs: number }[] = [];
  readonly decisions: { atMs: number; decision: Decision }[] = [];
  readonly #timeline: Timeline;
  #link: Link;
  readonly #random: Random;
  readonly #options: FlowOptions;
  readonly #estimator: Estimator;
  readonly #encoder: EncoderModel;
  readonly #pacer: Pacer<Packet>;
  readonly #history = new RetransmissionHistory();
  readonly #repeats = new Repeats();
  /** By sequence number. */
  readonly #packets = new Map<number, Packet>();
  #decision: Decision;
  #transportNumber = 0;
  #mediaNumber = 0;
  #frame = 0;
  #keyframeWanted = true;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #repeatedBps = 0;
  #stalledUntilMs = 0;

  constructor(timeline: Timeline, link: Link, random: Random, options: FlowOptions) {
    this.#timeline = timeline;
    this.#link = link;
    this.#random = random;
    this.#options = options;
    this.#estimator = new Estimator(options.estimator);
    this.#encoder = new EncoderModel(options.encoder, random);
    this.#decision = this.#estimator.tick(options.startMs);
    this.#pacer = new Pacer(this.#decision);
    timeline.every(TICK_MS, () => this.#whenFree(() => this.#tick()), options.startMs);
    timeline.every(
      (1_000 / options.encoder.fps) * (1 + CLOCK_ERROR * (random.next() - 0.5)),
      // A picture that comes meanwhile is dropped.
      () => this.#stalled || this.#encode(),
      options.startMs,
    );
    if (options.stalls) this.#stallEvery(options.stalls);
    if (options.reports) timeline.every(REPORT_MS, () => this.#sendReport(), options.startMs + REPORT_MS);
    else timeline.every(FEEDBACK_MS, () => this.#sendFeedback(), options.startMs + FEEDBACK_MS);
    timeline.every(NACK_MS, () => this.#sendNack(), options.startMs + NACK_MS);
  }

  /** What leaves from now on takes another path, on which no queue stands. */
  onNewPath(link: Link): void {
    this.#link = link;
    this.#estimator.onNewPath(this.#timeline.nowMs);
  }

  #stallEvery({ everyMs, lastingMs }: { everyMs: number; lastingMs: number }): void {
    const { startMs } = this.#options;
    this.#timeline.every(
      everyMs,
      () => {
        this.#stalledUntilMs = this.#timeline.nowMs + lastingMs * this.#random.next();
      },
      startMs + everyMs,
    );
  }

  get #stalled(): boolean {
    return this.#timeline.nowMs < this.#stalledUntilMs;
  }

  #whenFree(run: () => void): void {
    if (this.#stalled) this.#timeline.at(this.#stalledUntilMs, run);
    else run();
  }

  #apply(decision: Decision): void {
    this.#decision = decision;
    this.#pacer.configure(this.#decision);
    this.decisions.push({ atMs: this.#timeline.nowMs, decision });
  }

  #tick(): void {
    const { nowMs } = this.#timeline;
    const decision = this.#estimator.tick(nowMs);
    this.#apply(decision);
    this.#repeatedBps *= 0.96;
    if (decision.probe) this.#pacer.startProbe(decision.probe, nowMs);
    this.#poll();
  }

  #encode(): void {
    const { nowMs } = this.#timeline;
    const keyframe = this.#keyframeWanted;
    this.#keyframeWanted = false;
    const share = PAYLOAD_BYTES / (PAYLOAD_BYTES + OVERHEAD_BYTES);
    const mediaBps = Math.max(share * (this.#decision.targetBps - this.#repeatedBps), 50_000);
    let bytes = this.#encoder.encode(mediaBps, keyframe, nowMs);
    for (; bytes > 0; bytes -= PAYLOAD_BYTES) {
      const packet: Packet = {
        kind: keyframe ? "keyframe" : "media",
        bytes: Math.min(bytes, PAYLOAD_BYTES) + OVERHEAD_BYTES,
        mediaNumber: this.#mediaNumber++,
        frame: this.#frame,
        lastOfFrame: bytes <= PAYLOAD_BYTES,
        keyframe,
      };
      this.#packets.set(packet.mediaNumber & 0xffff, packet);
      this.#packets.delete((packet.mediaNumber - REMEMBERED) & 0xffff);
      this.#pacer.push(packet, nowMs);
    }
    this.#frame++;
    this.#poll();
  }

  #poll(): void {
    const { nowMs } = this.#timeline;
    const { departures, dropped, nextAtMs } = this.#pacer.poll(nowMs);
    for (const { packet } of dropped) if (packet.kept) this.#history.giveBack(packet.kept);
    for (const departure of departures) {
      const { probeCluster } = departure;
      if ("packet" in departure) {
        if (departure.packet.kind === "retransmission") this.#repeatedBps += departure.packet.bytes * 8;
        else this.#keep(departure.packet);
        this.#transmit(departure.packet, departure.packet.bytes, departure.packet.kind, probeCluster);
      } else this.#transmit(undefined, departure.paddingBytes, "padding", probeCluster);
    }
    if (nextAtMs === undefined || nextAtMs >= this.#wakeAtMs) return;
    this.#wakeAtMs = nextAtMs;
    this.#timeline.at(Math.max(nextAtMs, nowMs + 0.5), () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#whenFree(() => this.#poll());
    });
  }

  #keep({ mediaNumber, bytes, lastOfFrame }: Packet): void {
    this.#history.add({
      sequenceNumber: mediaNumber & 0xffff,
      timestamp: 0,
      marker: lastOfFrame,
      payload: PAYLOAD.subarray(0, bytes - OVERHEAD_BYTES),
      sentAtMs: this.#timeline.nowMs,
    });
  }

  #transmit(
    packet: Packet | undefined,
    bytes: number,
    kind: Packet["kind"] | "padding",
    probeCluster: number | undefined,
  ): void {
    const { nowMs } = this.#timeline;
    const number = this.#transportNumber++;
    if (packet?.kept) this.#repeats.onSent(number, packet.kept);
    const record = { sequenceNumber: number, bytes, kind, ...(probeCluster === undefined ? {} : { probeCluster }) };
    if (this.#options.reports) this.#estimator.onSentUncounted(bytes, nowMs);
    else this.#estimator.onSent(record, nowMs);
    this.sent.push({ atMs: nowMs, bytes });
    this.#link.send(
      bytes,
      (queueMs) => {
        this.queue.push({ atMs: this.#timeline.nowMs, queueMs });
        this.viewer.receive(number, packet, this.#timeline.nowMs);
      },
      undefined,
    );
  }

  #sendFeedback(): void {
    const feedback = this.viewer.feedback(this.#timeline.nowMs);
    if (!feedback || this.#random.next() < this.#options.feedbackLoss) return;
    const arriveMs = this.#timeline.nowMs + this.#options.propagationMs;
    const receive = () => {
      this.#apply(this.#estimator.onFeedback(feedback, this.#timeline.nowMs));
      this.#repeat(this.#repeats.onFeedback(feedback.packets), 0);
    };
    this.#timeline.at(arriveMs, () => this.#whenFree(receive));
  }

  #sendReport(): void {
    const fractionLost = this.viewer.fractionLost();
    const rttMs = 2 * this.#options.propagationMs + (this.queue.at(-1)?.queueMs ?? 0);
    const { reports: { rembBps } = {}, propagationMs } = this.#options;
    const receive = () => {
      if (rembBps !== undefined) this.#estimator.onRemb(rembBps, this.#timeline.nowMs);
      this.#apply(this.#estimator.onReceiverReport({ fractionLost, rttMs }, this.#timeline.nowMs));
    };
    this.#timeline.at(this.#timeline.nowMs + propagationMs, () => this.#whenFree(receive));
  }

  #sendNack(): void {
    const nack = this.viewer.nack(this.#timeline.nowMs);
    if (!nack || this.#random.next() < this.#options.feedbackLoss) return;
    this.#timeline.at(this.#timeline.nowMs + this.#options.propagationMs, () =>
      this.#whenFree(() => this.#answerNack(nack)),
    );
  }

  #answerNack({ mediaNumbers, keyframe }: Nack): void {
    this.#keyframeWanted ||= keyframe;
    const lost = mediaNumbers.map((number) => number & 0xffff);
    // As the sender's own round trip, which holds the queue.
    this.#repeat(lost, this.#decision.emptyRttMs + this.#decision.queueMs);
  }

  #repeat(lost: readonly number[], rttMs: number): void {
    const { nowMs } = this.#timeline;
    for (const kept of this.#history.take(lost, nowMs, rttMs)) {
      const packet = this.#packets.get(kept.sequenceNumber);
      if (packet) this.#pacer.push({ ...packet, kind: "retransmission", kept }, nowMs);
    }
    this.#poll();
  }
}
