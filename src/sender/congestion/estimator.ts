import { AckedBitrate } from "./acked-bitrate.ts";
import { ApplicationLimit } from "./alr.ts";
import { DelayControl } from "./delay-control.ts";
import { Drain } from "./drain.ts";
import { Fallback } from "./fallback.ts";
import type { ReceiverReport, TransportFeedback } from "./feedback.ts";
import { LossControl } from "./loss-control.ts";
import type { PacketRecord, PacketResult, SentPacket } from "./packet.ts";
import { type Probe, ProbeControl } from "./probe.ts";
import { ProbeEstimator } from "./probe-estimator.ts";
import { RateControl } from "./rate-control.ts";
import { RoundTrip } from "./rtt.ts";
import { SendHistory } from "./send-history.ts";
import { Silence } from "./silence.ts";
import { StandingQueue } from "./standing-queue.ts";

export interface EstimatorOptions {
  startBps: number;
  minBps: number;
  /** The most that the source can use: nothing is probed for beyond it. */
  maxBps: number;
}

/** What bounds the rate now. */
export type Limit = "delay" | "loss" | "remb" | "maximum";

export interface Decision {
  /** For everything that is sent: pictures, retransmissions, headers. */
  targetBps: number;
  /** At which the pacer lets go what it paces. */
  pacingBps: number;
  /** The link is known to be about as fast as the target: keyframes and retransmissions are to be paced. */
  tight: boolean;
  /** The link loses the ends of bursts: every picture is to be paced. */
  paceMedia: boolean;
  limitedBy: Limit;
  applicationLimited: boolean;
  rttMs: number;
  /** 0 to 1, over the last seconds. */
  lossFraction: number;
  /** One-way delay above the least of the last half minute. */
  queueMs: number;
  /** Another flow keeps the queue full. */
  competing: boolean;
  probe?: Probe;
}

const TIGHT_PACING = 1.5;
const LOOSE_PACING = 2.5;
/** How long over-use makes the link count as tight. */
const TIGHT_MS = 10_000;
/** Losses beside a longer queue are the queue's, not a radio's. */
const QUIET_QUEUE_MS = 40;
const NEAR_MAXIMUM = 0.95;
/** Losses above this, on a tight link, call for pacing every picture; so long after the last of them it ends. */
const LOSSY = 0.01;
const PACE_MEDIA_MS = 20_000;

/**
 * How much one viewer's network carries: the least of what its delays, its losses and the viewer itself allow. Pure: it
 * has no clock, and `nowMs` is any clock that never goes back. To be ticked about every 25 ms.
 */
export class Estimator {
  readonly #history = new SendHistory();
  readonly #delay = new DelayControl();
  readonly #loss = new LossControl();
  readonly #acked = new AckedBitrate();
  readonly #rtt = new RoundTrip();
  readonly #alr = new ApplicationLimit();
  readonly #probes = new ProbeControl();
  readonly #probeEstimator = new ProbeEstimator();
  readonly #standing = new StandingQueue();
  readonly #drain = new Drain();
  readonly #silence = new Silence();
  readonly #fallback: Fallback;
  readonly #rate: RateControl;
  #options: EstimatorOptions;
  #hasFeedback = false;
  #competing = false;
  #lossyAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: EstimatorOptions) {
    this.#options = options;
    this.#rate = new RateControl(options.startBps, options);
    this.#fallback = new Fallback(options.startBps);
  }

  /** The source's limits changed, for example because its size did. */
  setBounds(bounds: { minBps: number; maxBps: number }): void {
    this.#options = { ...this.#options, ...bounds };
    this.#rate.setBounds(bounds);
  }

  /** To be told of every packet as it leaves, in the order of their transport-wide numbers. */
  onSent(packet: SentPacket, nowMs: number): void {
    this.#history.add(packet, nowMs);
    this.#probeEstimator.onSent(packet, nowMs);
    this.#alr.update(packet.bytes, this.#rate.estimateBps, nowMs);
  }

  onFeedback(feedback: TransportFeedback, nowMs: number): Decision {
    const { results, untold } = this.#history.resolve(feedback);
    const received = results
      .filter(({ arrivalMs }) => arrivalMs !== undefined)
      .sort((a, b) => (a.arrivalMs ?? 0) - (b.arrivalMs ?? 0));
    this.#hasFeedback = true;
    this.#silence.onFeedback(nowMs);
    if (results.length === 0) return this.#decide(nowMs);
    this.#measure(received, untold, nowMs);
    this.#follow(received, nowMs);
    this.#loss.update(results, {
      delayBps: this.#rate.estimateBps,
      ackedBps: this.#acked.bitrateBps,
      quiet: this.#delay.queueMs < QUIET_QUEUE_MS,
    });
    if (this.#loss.lossFraction > LOSSY) this.#lossyAtMs = nowMs;
    return this.#decide(nowMs);
  }

  onReceiverReport(report: ReceiverReport, nowMs: number): Decision {
    if (report.rttMs !== undefined) this.#rtt.add(report.rttMs, nowMs);
    this.#fallback.onReceiverReport(report, this.#options.maxBps, nowMs);
    return this.#decide(nowMs);
  }

  onRemb(bitrateBps: number, nowMs: number): Decision {
    this.#fallback.onRemb(bitrateBps, nowMs);
    return this.#decide(nowMs);
  }

  /** Besides the decision this may ask for a probe, so that its answer must not be thrown away. */
  tick(nowMs: number): Decision {
    this.#alr.update(0, this.#rate.estimateBps, nowMs);
    const kept = this.#silence.tick(this.#history.inFlightBytes > 0, this.#rtt.leastMs, nowMs);
    if (kept < 1) {
      this.#probes.onDeepFall(this.#rate.estimateBps, nowMs);
      this.#rate.setEstimate(kept * this.#rate.estimateBps);
    }
    const probe = this.#hasFeedback ? this.#probes.tick(this.#probeInput(nowMs), nowMs) : undefined;
    return { ...this.#decide(nowMs), ...(probe ? { probe } : {}) };
  }

  #measure(received: readonly PacketResult[], untold: readonly PacketRecord[], nowMs: number): void {
    // Taken for received: a lost message would look like a link that has become slow.
    const firstMs = received[0]?.arrivalMs;
    if (firstMs !== undefined) for (const { bytes } of untold) this.#acked.push(firstMs, bytes);
    for (const { packet, arrivalMs = 0 } of received) this.#acked.push(arrivalMs, packet.bytes);
    const newest = received.reduce((latest, { packet }) => Math.max(latest, packet.sentAtMs), Number.NEGATIVE_INFINITY);
    if (received.length > 0) this.#rtt.add(nowMs - newest, nowMs);
  }

  #follow(received: readonly PacketResult[], nowMs: number): void {
    const beforeBps = this.#rate.estimateBps;
    const draining = this.#drain.share(this.#delay.queueMs, nowMs) < 1;
    const standing = this.#standing.update(this.#delay.queueMs, draining, this.#rate.decreasedAtMs, nowMs);
    this.#competing = standing === "compete";
    const seen = this.#delay.update(received, { estimateBps: beforeBps, competing: this.#competing });
    const usage = standing === "give-way" ? "over" : seen;
    const { deepFall } = this.#rate.update(
      {
        usage,
        ackedBps: this.#acked.bitrateBps,
        fullLinkBps: this.#acked.fullLinkBps,
        rttMs: this.#rtt.leastMs,
        applicationLimited: this.#alr.limited,
        competing: this.#competing,
      },
      nowMs,
    );
    if (deepFall) {
      this.#drain.onDeepFall(nowMs);
      this.#probes.onDeepFall(beforeBps, nowMs);
    }
    for (const result of this.#probeEstimator.onReceived(received)) {
      this.#probes.onResult(result);
      if (usage !== "over" && result.bitrateBps > this.#rate.estimateBps) this.#rate.setEstimate(result.bitrateBps);
    }
  }

  #probeInput(nowMs: number) {
    return {
      estimateBps: this.#bounded(nowMs).bitrateBps,
      maxBps: this.#options.maxBps,
      applicationLimited: this.#alr.limited,
      overused: this.#delay.usage === "over",
      queueMs: this.#delay.queueMs,
      overusedAtMs: this.#rate.decreasedAtMs,
    };
  }

  #bounded(nowMs: number): { bitrateBps: number; limitedBy: Limit } {
    const { minBps, maxBps } = this.#options;
    let bitrateBps = this.#hasFeedback ? this.#rate.estimateBps : this.#fallback.estimateBps(nowMs);
    let limitedBy: Limit = "delay";
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

  #decide(nowMs: number): Decision {
    const { bitrateBps, limitedBy } = this.#bounded(nowMs);
    const share = this.#drain.share(this.#delay.queueMs, nowMs);
    const targetBps = Math.max(share * bitrateBps, this.#options.minBps);
    const overusedLately = nowMs - this.#rate.decreasedAtMs < TIGHT_MS;
    const tight = overusedLately || (limitedBy !== "maximum" && this.#hasFeedback);
    return {
      targetBps,
      pacingBps: targetBps * (tight ? TIGHT_PACING : LOOSE_PACING),
      tight,
      paceMedia: tight && nowMs - this.#lossyAtMs < PACE_MEDIA_MS,
      limitedBy,
      applicationLimited: this.#alr.limited,
      rttMs: this.#rtt.leastMs,
      lossFraction: this.#loss.lossFraction,
      queueMs: this.#delay.queueMs,
      competing: this.#competing,
    };
  }
}
