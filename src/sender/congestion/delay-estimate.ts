import { AckedBitrate } from "./acked-bitrate.ts";
import { DelayControl } from "./delay-control.ts";
import { Drain } from "./drain.ts";
import { granted } from "./link-share.ts";
import type { Usage } from "./overuse-detector.ts";
import type { PacketRecord, PacketResult, SentPacket } from "./packet.ts";
import { type Probe, ProbeControl } from "./probe.ts";
import { ProbeEstimator } from "./probe-estimator.ts";
import { type RateBounds, RateControl } from "./rate-control.ts";
import { StandingQueue } from "./standing-queue.ts";

/** A queue of this length is to be drained, not waited for, though nothing was over-used. */
const LONG_QUEUE_MS = 300;
/** Over-use with such a queue has more than a picture's to wait for. */
const OVERUSED_QUEUE_MS = 80;
/** Of each feedback message, so that a proof is half forgotten after half a minute. */
const PROOF_KEPT = 0.999;
/** For so long after a drain what comes through is what it let go, and what the encoder then made of its end. */
const DRAINED_MS = 700;
/** A path that is too narrow for what is sent shows it within some pictures: only then it is asked for more. */
const NEW_PATH_MS = 250;

/** Of packets that took the path that is used now. */
export interface DelayUpdate {
  /** In the order of their arrival. */
  received: readonly PacketResult[];
  /** Those that a lost message told of. */
  untold: readonly PacketRecord[];
  rttMs: number;
  /** 0 to 1, over the last seconds. */
  lossFraction: number;
  applicationLimited: boolean;
}

/** What the packets' delays, and probes, say the link carries. */
export class DelayEstimate {
  #acked = new AckedBitrate();
  readonly #delay = new DelayControl();
  #standing = new StandingQueue();
  readonly #drain = new Drain();
  readonly #probes = new ProbeControl();
  readonly #probeEstimator = new ProbeEstimator();
  readonly #rate: RateControl;
  #competing = false;
  #seenFromMs = Number.NEGATIVE_INFINITY;
  #drainedAtMs = Number.NEGATIVE_INFINITY;
  /** The most that came through lately: what a link may be hoped to carry again. */
  #provedBps = 0;
  #foundAtMs = Number.NEGATIVE_INFINITY;

  constructor(startBps: number, bounds: RateBounds) {
    this.#rate = new RateControl(startBps, bounds);
  }

  get bitrateBps(): number {
    return this.#rate.estimateBps;
  }

  get ackedBps(): number | undefined {
    return this.#acked.bitrateBps;
  }

  get usage(): Usage {
    return this.#delay.usage;
  }

  get queueMs(): number {
    return this.#delay.queueMs;
  }

  get riseMs(): number {
    return this.#delay.riseMs;
  }

  /** Another flow keeps the queue full. */
  get competing(): boolean {
    return this.#competing;
  }

  /** When a probe last found more than was sent: what came through before is not what the link carries. */
  get foundAtMs(): number {
    return this.#foundAtMs;
  }

  get decreasedAtMs(): number {
    return this.#rate.decreasedAtMs;
  }

  /** See {@link ProbeControl.isDoubted}. */
  isDoubted(nowMs: number): boolean {
    return this.#probes.isDoubted(nowMs);
  }

  setBounds(bounds: RateBounds): void {
    this.#rate.setBounds(bounds);
  }

  /**
   * What leaves from now on takes another path: what the old one carried tells nothing of it. It begins with what was sent
   * by the old one, and is asked for more.
   * @param boundBps what the old one's losses allowed
   */
  onNewPath(boundBps: number | undefined, nowMs: number): void {
    if (boundBps !== undefined && boundBps < this.#rate.estimateBps) this.#rate.setEstimate(boundBps);
    this.#seenFromMs = nowMs + NEW_PATH_MS;
    // Should the new one turn out narrow, this is what it is asked for again.
    this.#provedBps = this.#acked.bitrateBps ?? this.#provedBps;
    this.#acked = new AckedBitrate();
    this.#delay.onNewPath();
    this.#rate.onNewPath();
    this.#standing = new StandingQueue();
    this.#competing = false;
    this.#drain.end();
    this.#probeEstimator.forget();
    this.#probes.onNewPath();
    this.#foundAtMs = Number.NEGATIVE_INFINITY;
  }

  onSent(packet: SentPacket): void {
    this.#probeEstimator.onSent(packet);
  }

  /** The share of the estimate to be sent now: less than 1 while a queue is being drained. */
  share(nowMs: number): number {
    return this.#drain.share(this.#delay.queueMs, nowMs);
  }

  /** Takes the estimate down to a share of it, since nothing is heard: what the link carries that does not tell. */
  onSilence(kept: number, nowMs: number): void {
    this.#probes.onSilence(this.#rate.estimateBps, nowMs);
    this.#rate.setEstimate(kept * this.#rate.estimateBps);
  }

  /** Silence is over, and no probe can be sent: what it would have asked for first is tried. */
  onHeardUnasked(): void {
    const soonBps = this.#probes.takeSoon();
    if (soonBps !== undefined && soonBps > this.#rate.estimateBps) this.#rate.setEstimate(soonBps);
  }

  /** As after silence: it begins anew with what the losses left, and half of what it was is asked for first. */
  onLossesOver(boundBps: number, nowMs: number): void {
    const { estimateBps } = this.#rate;
    this.#probes.onSilence(estimateBps, nowMs);
    this.#rate.setEstimate(Math.min(boundBps, estimateBps));
  }

  update({ received, untold, rttMs, lossFraction, applicationLimited }: DelayUpdate, nowMs: number): void {
    this.#measure(received, untold);
    if (received.some(({ packet }) => packet.sentAtMs >= this.#seenFromMs)) this.#probes.onHeard();
    const beforeBps = this.#rate.estimateBps;
    const usage = this.#usageOf(received, lossFraction, nowMs);
    const fallen = this.#delay.fallenToBps !== undefined;
    const deepFall = this.#rate.update(
      {
        usage,
        ackedBps: this.#acked.bitrateBps,
        fullLinkBps: this.#delay.fallenToBps ?? this.#fullLinkBps(rttMs, nowMs),
        rttMs,
        applicationLimited,
        fallen,
        linkBps: this.#delay.linkBps,
        ...(this.#competing ? { fairShareBps: this.#standing.fairShareBps } : {}),
      },
      nowMs,
    );
    if (this.#rate.decreasedAtMs === nowMs) {
      this.#probes.onOveruse(this.#rate.estimateBps / beforeBps, nowMs);
      if (!this.#competing && !applicationLimited && this.#delay.queueMs > OVERUSED_QUEUE_MS)
        this.#drain.beginForQueue(nowMs);
    }
    if (deepFall) {
      this.#delay.onDeepFall();
      this.#drain.beginForFall(nowMs);
      this.#probeEstimator.forget();
      if (applicationLimited && !fallen) this.#probes.onUnmeasuredFall(beforeBps, nowMs);
      else this.#probes.onDeepFall(applicationLimited ? beforeBps : Math.min(beforeBps, this.#provedBps), nowMs);
    }
    this.#provedBps = Math.max(this.#acked.bitrateBps ?? 0, this.#provedBps * PROOF_KEPT);
    for (const found of this.#probeEstimator.onReceived(received)) {
      const result = granted(found, this.#delay.linkBps);
      this.#probes.onResult(result, this.#rate.estimateBps, nowMs);
      const { bitrateBps = 0 } = result;
      if (usage === "over" || bitrateBps <= this.#rate.estimateBps) continue;
      this.#rate.setEstimate(bitrateBps);
      this.#foundAtMs = nowMs;
    }
  }

  /** @param limits the estimate that is in force, and the most that anybody wants */
  probe(
    limits: { estimateBps: number; maxBps: number; applicationLimited: boolean },
    nowMs: number,
  ): Probe | undefined {
    const probe = this.#probes.tick(
      {
        ...limits,
        overused: this.#delay.usage === "over",
        queueMs: this.#delay.queueMs,
        overusedAtMs: this.#rate.decreasedAtMs,
      },
      nowMs,
    );
    if (probe) this.#probeEstimator.onStarted(probe, nowMs);
    return probe;
  }

  #fullLinkBps(rttMs: number, nowMs: number): number | undefined {
    const { fullLinkBps } = this.#acked;
    const drained = nowMs - this.#drainedAtMs < DRAINED_MS + rttMs;
    return drained ? Math.max(fullLinkBps ?? 0, this.#rate.estimateBps) : fullLinkBps;
  }

  #measure(received: readonly PacketResult[], untold: readonly PacketRecord[]): void {
    const firstMs = received[0]?.arrivalMs;
    const sizesBytes = untold.map(({ bytes }) => bytes);
    if (firstMs !== undefined) this.#acked.pushUntold(sizesBytes, firstMs);
    for (const { packet, arrivalMs = 0, supposed } of received)
      if (!supposed) this.#acked.push(arrivalMs, packet.bytes);
  }

  #usageOf(received: readonly PacketResult[], lossFraction: number, nowMs: number): Usage {
    const draining = this.share(nowMs) < 1;
    if (draining) this.#drainedAtMs = nowMs;
    const { estimateBps, decreasedAtMs } = this.#rate;
    const { queueMs, fallenToBps } = this.#delay;
    const link = { queueMs, lossFraction, fallen: fallenToBps !== undefined };
    const standing = this.#standing.update(
      { ...link, estimateBps, draining, outlasted: this.#drain.outlasted, decreasedAtMs },
      nowMs,
    );
    this.#competing = standing === "compete";
    if (this.#competing) this.#drain.end();
    const usage = this.#delay.update(received, { estimateBps, competing: this.#competing });
    if (standing !== "give-way") return usage;
    if (this.#delay.queueMs > LONG_QUEUE_MS) this.#drain.beginForFall(nowMs);
    return "over";
  }
}
