import { ApplicationLimit } from "./alr.ts";
import type { Decision, Limit } from "./decision.ts";
import { DelayEstimate } from "./delay-estimate.ts";
import { Fallback } from "./fallback.ts";
import type { ReceiverReport, TransportFeedback } from "./feedback.ts";
import { LossControl } from "./loss-control.ts";
import type { PacketRecord, SentPacket } from "./packet.ts";
import { Path } from "./path.ts";
import { Playout, type PlayoutSample } from "./playout.ts";
import { inOrderOfArrival, SendHistory } from "./send-history.ts";
import { Silence } from "./silence.ts";

export interface EstimatorOptions {
  startBps: number;
  minBps: number;
  /** The most that the source can use: nothing is probed for beyond it. */
  maxBps: number;
  /** The user's own playout delay; by default it is chosen. */
  playoutMs?: number;
}

/** Of the target. More slowly, and of two flows that one keeps more which had more; faster, and the link's queue is longer. */
const PACING = 2.5;
/** Where packets were lost within so long: a queue that is short, or full, takes no burst. */
const LOSSY_PACING = 1.5;
const LOSSY_MS = 10_000;
/** A keyframe has the size of several pictures, and would not fit into a short queue. */
const KEYFRAME_PACING = 1.5;
/** How long over-use makes the link count as tight. */
const TIGHT_MS = 10_000;
const NEAR_MAXIMUM = 0.95;
/** Shorter than any silence that counts: nobody is waited for by a source that pauses. */
const LEAVING_MS = 400;
/** A queue that has stood for so long is not over with the next picture. */
const LASTING_MS = 300;
/** Losses beside a longer queue are the queue's, not a radio's. */
const QUIET_QUEUE_MS = 40;
/** As long as losses count. */
const FOUND_MS = 5_000;

/**
 * How much one viewer's network carries: the least of what its delays, its losses and the viewer itself allow. Pure: it
 * has no clock, and `nowMs` is any clock that never goes back. To be ticked about every 25 ms.
 */
export class Estimator {
  readonly #history = new SendHistory();
  readonly #delay: DelayEstimate;
  #loss = new LossControl();
  readonly #path = new Path();
  readonly #alr = new ApplicationLimit();
  readonly #silence = new Silence();
  readonly #fallback: Fallback;
  readonly #playout: Playout;
  #options: EstimatorOptions;
  #hasFeedback = false;
  #lostAtMs = Number.NEGATIVE_INFINITY;
  #pads = true;
  /** Since when there has been a queue longer than {@link QUIET_QUEUE_MS}. */
  #queuedSinceMs: number | undefined;

  constructor(options: EstimatorOptions) {
    this.#options = options;
    this.#delay = new DelayEstimate(options.startBps, options);
    this.#fallback = new Fallback(options.startBps);
    this.#playout = new Playout(options.playoutMs);
  }

  /** The source's limits changed, for example because its size did. */
  setBounds(bounds: { minBps: number; maxBps: number }): void {
    this.#options = { ...this.#options, ...bounds };
    this.#delay.setBounds(bounds);
  }

  /** What leaves from now on takes another path, of another length and with other losses. */
  onNewPath(nowMs: number): void {
    this.#delay.onNewPath(this.#loss.boundBps, nowMs);
    this.#loss = new LossControl();
    this.#lostAtMs = Number.NEGATIVE_INFINITY;
    this.#path.onNew(nowMs);
  }

  /** To be told of every packet as it leaves, in the order of their transport-wide numbers. */
  onSent(packet: SentPacket, nowMs: number): void {
    this.#history.add(packet, nowMs);
    this.#delay.onSent(packet);
    this.onSentUncounted(packet.bytes, nowMs);
  }

  /** Of packets without such a number, whose fate nobody tells. */
  onSentUncounted(bytes: number, nowMs: number): void {
    this.#alr.update(bytes, this.#bounded(nowMs).bitrateBps, nowMs);
  }

  onFeedback(feedback: TransportFeedback, nowMs: number): Decision {
    const { results, untold, missed } = this.#history.resolve(feedback);
    this.#hasFeedback = true;
    this.#path.onHeard(nowMs);
    if (this.#silence.lasts && !this.#pads) this.#delay.onHeardUnasked();
    this.#silence.onFeedback(nowMs);
    const { endedAtMs } = this.#silence;
    if (results.length === 0) return this.#decide(nowMs);
    const carried = results.filter(({ packet }) => this.#path.carried(packet));
    const received = inOrderOfArrival(carried);
    if (received.length > 0) {
      this.#path.onReceived(received, nowMs);
      const { limited } = this.#alr;
      const { lossFraction } = this.#loss;
      this.#delay.update(
        {
          received,
          untold: untold.filter((packet) => this.#path.carried(packet)),
          rttMs: this.#path.rttMs,
          lossFraction,
          applicationLimited: limited,
        },
        nowMs,
      );
    }
    // A probe that was sent though losses forbade more: they were none of the rate's.
    const { boundBps = Number.POSITIVE_INFINITY } = this.#loss;
    if (this.#delay.foundAtMs === nowMs && boundBps < this.#delay.bitrateBps) this.#loss = new LossControl();
    const quiet = this.#delay.queueMs < QUIET_QUEUE_MS;
    this.#queuedSinceMs = quiet ? undefined : (this.#queuedSinceMs ?? nowMs);
    // What silence swallowed went with the network, and tells nothing of the rate.
    const counted = carried.filter(({ packet, arrivalMs }) => arrivalMs !== undefined || packet.sentAtMs >= endedAtMs);
    if (counted.some(({ arrivalMs }) => arrivalMs === undefined)) this.#lostAtMs = nowMs;
    const overBps = this.#loss.update(counted, {
      delayBps: this.#delay.bitrateBps,
      ackedBps: nowMs - this.#delay.foundAtMs < FOUND_MS ? undefined : this.#delay.ackedBps,
      minBps: this.#options.minBps,
      quiet,
      probes: this.#pads,
    });
    if (overBps !== undefined) this.#delay.onLossesOver(overBps, nowMs);
    this.#playout.update(this.#playoutSample(missed, nowMs), nowMs);
    return this.#decide(nowMs);
  }

  onReceiverReport(report: ReceiverReport, nowMs: number): Decision {
    if (report.rttMs !== undefined) this.#path.onReport(report.rttMs, nowMs);
    this.#fallback.onReceiverReport(report, this.#options, this.#alr.limited, nowMs);
    return this.#decide(nowMs);
  }

  onRemb(bitrateBps: number, nowMs: number): Decision {
    this.#fallback.onRemb(bitrateBps, nowMs);
    return this.#decide(nowMs);
  }

  /**
   * Besides the decision this may ask for a probe, so that its answer must not be thrown away.
   * @param pads whether padding can be sent: a probe of pictures alone would measure nothing
   */
  tick(nowMs: number, pads = true): Decision {
    this.#pads = pads;
    const waiting = this.#history.inFlightBytes > 0 && this.#history.sentWithin(LEAVING_MS, nowMs);
    const kept = this.#silence.tick(waiting, this.#path.rttMs, nowMs);
    if (kept < 1) this.#delay.onSilence(kept, nowMs);
    const { bitrateBps, limitedBy } = this.#bounded(nowMs);
    this.#alr.update(0, bitrateBps, nowMs);
    const limits = {
      estimateBps: bitrateBps,
      maxBps: this.#options.maxBps,
      applicationLimited: this.#alr.limited,
    };
    // What losses or the viewer forbid, no probe can show to be there, but where no link is known for them to be of.
    const unknown = this.#path.isUnknown(this.#delay.foundAtMs, nowMs);
    const forbidden = limitedBy === "remb" || (limitedBy === "loss" && !unknown);
    const mayProbe = pads && this.#hasFeedback && !forbidden;
    const probe = mayProbe ? this.#delay.probe(limits, nowMs) : undefined;
    return { ...this.#decide(nowMs), ...(probe ? { probe } : {}) };
  }

  #playoutSample(missed: readonly PacketRecord[], nowMs: number): PlayoutSample {
    const queued = this.#delay.competing || nowMs - (this.#queuedSinceMs ?? nowMs) > LASTING_MS;
    const ownQueue = this.#delay.usage === "over" || this.#delay.share(nowMs) < 1;
    return {
      // No picture waits for padding.
      lost: missed.some(({ kind }) => kind !== "padding"),
      // What is sent again waits behind the queue, whoever's it is.
      rttMs: queued ? this.#path.emptyRttMs + this.#delay.queueMs : this.#path.rttMs,
      competing: this.#delay.competing,
      ...(ownQueue ? {} : { riseMs: this.#delay.riseMs }),
    };
  }

  #bounded(nowMs: number): { bitrateBps: number; limitedBy: Limit } {
    const { minBps, maxBps } = this.#options;
    let bitrateBps = this.#hasFeedback ? this.#delay.bitrateBps : this.#fallback.estimateBps(nowMs);
    let limitedBy: Limit = !this.#hasFeedback && this.#fallback.limitedByLoss ? "loss" : "delay";
    const lossBps = this.#loss.boundBps;
    if (lossBps !== undefined && lossBps < bitrateBps) {
      bitrateBps = lossBps;
      limitedBy = "loss";
    }
    const rembBps = this.#fallback.rembBps(nowMs);
    if (rembBps !== undefined && rembBps <= bitrateBps) {
      bitrateBps = rembBps;
      limitedBy = "remb";
    }
    if (bitrateBps >= maxBps * NEAR_MAXIMUM) limitedBy = "maximum";
    return { bitrateBps: Math.min(Math.max(bitrateBps, minBps), maxBps), limitedBy };
  }

  /** `undefined` while nobody told of any. */
  get #lossFraction(): number | undefined {
    if (!this.#hasFeedback) return this.#fallback.lossFraction;
    return this.#loss.known ? this.#loss.lossFraction : undefined;
  }

  #decide(nowMs: number): Decision {
    const { bitrateBps, limitedBy } = this.#bounded(nowMs);
    const targetBps = Math.max(this.#delay.share(nowMs) * bitrateBps, this.#options.minBps);
    const overusedLately = nowMs - this.#delay.decreasedAtMs < TIGHT_MS;
    const lossFraction = this.#lossFraction;
    // Where losses alone tell of the link it is too full already, and what is not sent again is missing for longer.
    const told = this.#hasFeedback || limitedBy === "remb";
    const tight = overusedLately || (limitedBy !== "maximum" && told);
    return {
      targetBps,
      estimateBps: bitrateBps,
      pacingBps: targetBps * (nowMs - this.#lostAtMs < LOSSY_MS ? LOSSY_PACING : PACING),
      keyframePacingBps: targetBps * KEYFRAME_PACING,
      tight,
      limitedBy,
      rttMs: this.#path.rttMs,
      emptyRttMs: this.#path.emptyRttMs,
      rttKnown: this.#path.rttKnown,
      lossFraction: lossFraction ?? 0,
      lossKnown: lossFraction !== undefined,
      queueMs: this.#delay.queueMs,
      queueKnown: this.#hasFeedback,
      doubted: this.#delay.isDoubted(nowMs),
      silent: this.#silence.lasts,
      playoutMs: this.#playout.delayMs,
    };
  }
}
