import type { Decision } from "../congestion/decision.ts";
import { Estimator } from "../congestion/estimator.ts";
import type { PacketKind } from "../congestion/packet.ts";
import type { DropReason } from "../pacer/paced-packet.ts";
import { Pacer } from "../pacer/pacer.ts";
import type { WireCandidate } from "../peer/candidates.ts";
import type { PeerFeedback } from "../peer/feedback-reader.ts";
import type { Departed, OutgoingPacket } from "../peer/media-sender.ts";
import { Peer, type PeerState } from "../peer/peer.ts";
import type { PeerStages } from "../peer/stages.ts";
import type { Connection, ConnectionEvents, ConnectionOptions, DeliveryReport } from "./connection.ts";
import { boundsOf, demandOf, PAYLOAD_SHARE, roundTripMs } from "./delivery-report.ts";
import { Freshness } from "./freshness.ts";
import { Lane } from "./lane.ts";
import { Rate } from "./rate.ts";
import type { PackedPicture } from "./recent.ts";
import type { Recents } from "./recents.ts";
import { Unanswered } from "./unanswered.ts";

const PAYLOAD_SHARE_MIN = 0.5;
const RATE_WINDOW_MS = 1_000;

/** What goes to one viewer: its connection, and the estimator and pacer that mind its network. */
export class Delivery implements Connection {
  readonly #peer: Peer;
  readonly #lane = new Lane();
  readonly #recents: Recents;
  readonly #events: ConnectionEvents;
  readonly #freshness: Freshness;
  readonly #estimator: Estimator;
  readonly #pacer: Pacer<OutgoingPacket>;
  readonly #sentRate = new Rate(RATE_WINDOW_MS);
  readonly #mediaRate = new Rate(RATE_WINDOW_MS);
  readonly #payloadRate = new Rate(RATE_WINDOW_MS);
  readonly #repeatedRate = new Rate(RATE_WINDOW_MS);
  #sentBps = 0;
  #repeatedBps = 0;
  #payloadShare = PAYLOAD_SHARE;
  #decision: Decision;
  readonly #dropped: Record<DropReason, number> = { "too-late": 0, "over-budget": 0 };
  readonly #counts = { pictures: 0, unbegun: 0, behind: 0 };
  #timer: NodeJS.Timeout | undefined;
  #begun = false;
  readonly #unanswered = new Unanswered();
  #lastCapturedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param recents what a viewer who comes now may begin with
   * @throws when no connection can be made with these ICE servers
   */
  constructor(options: ConnectionOptions, recents: Recents, events: ConnectionEvents) {
    this.#recents = recents;
    this.#events = events;
    const { maxBps, playoutMs, ...connection } = options;
    const bounds = boundsOf(maxBps);
    this.#freshness = new Freshness(bounds.startBps);
    this.#estimator = new Estimator(playoutMs === undefined ? bounds : { ...bounds, playoutMs });
    this.#decision = this.#estimator.tick(performance.now());
    this.#pacer = new Pacer(this.#decision);
    this.#peer = new Peer({
      ...connection,
      onCandidate: events.onCandidate,
      onState: (state) => {
        if (state === "closed") clearTimeout(this.#timer);
        events.onState(state);
      },
      onPath: events.onPath,
      onNewPath: () => this.#estimator.onNewPath(performance.now()),
      onRelay: events.onRelay,
      roundTripMs: () => roundTripMs(this.#decision),
      onKeyframeRequest: () => events.onKeyframeRequest("repair"),
      onFeedback: (feedback) => this.#apply(this.#judge(feedback)),
      onRetransmission: (packets) => this.#queue(packets),
    });
    this.#peer.setPlayoutMs(this.#decision.playoutMs);
  }

  get state(): PeerState {
    return this.#peer.state;
  }

  get stages(): PeerStages {
    return this.#peer.stages;
  }

  get report(): DeliveryReport {
    const nowMs = performance.now();
    const { lastHeardAtMs, sendErrors } = this.#peer;
    const share = { repeatedBps: this.#repeatedBps, payloadShare: this.#payloadShare };
    return {
      decision: this.#decision,
      demand: demandOf(this.#decision, share, this.#freshness, nowMs),
      rung: this.#lane.current,
      sentBps: this.#sentBps,
      repeatedBps: this.#repeatedBps,
      ...this.#counts,
      dropped: { ...this.#dropped },
      pacerMs: this.#pacer.queueMs(nowMs),
      sendErrors,
      lastHeardAtMs,
      unansweredSinceMs: this.#unanswered.sinceMs(lastHeardAtMs),
    };
  }

  answer(offerSdp: string, gatherMs: number): Promise<string> {
    return this.#peer.answer(offerSdp, gatherMs);
  }

  addCandidate(candidate: WireCandidate): Promise<void> {
    return this.#peer.addCandidate(candidate);
  }

  take(rung: number, replay: boolean): void {
    this.#lane.wanted = rung;
    // A keyframe that came meanwhile is not to be sent twice.
    if (!replay || this.#lane.current === rung) return;
    const recent = this.#recents.at(rung, performance.now());
    for (const picture of recent) this.send(picture);
    if (recent.length === 0) this.#events.onKeyframeRequest("join");
  }

  setMaxBps(maxBps: number): void {
    this.#freshness.bound(maxBps);
    this.#estimator.setBounds(boundsOf(maxBps));
  }

  send({ rung, payloads, keyframe, capturedAtMs }: PackedPicture): void {
    if (this.#peer.state !== "connected") return;
    const verdict = this.#lane.admits({ rung, keyframe, stale: capturedAtMs < this.#lastCapturedAtMs });
    if (verdict === "another") this.#events.onKeyframeRequest("join");
    if (verdict !== "yes") {
      if (this.#lane.current === undefined && rung === this.#lane.wanted) this.#counts.unbegun++;
      return;
    }
    // Another rung's encoder, or a picture encoded anew as a keyframe, may be ahead of this one.
    this.#lastCapturedAtMs = Math.max(capturedAtMs, this.#lastCapturedAtMs + 1);
    const packets = this.#peer.prepare(payloads, keyframe, this.#lastCapturedAtMs);
    if (packets.length === 0) return;
    this.#counts.pictures++;
    if (this.#pacer.idle && !this.#decision.tight) this.#depart(packets);
    else this.#queue(packets);
    if (this.#begun) return;
    this.#begun = true;
    this.#freshness.begin(performance.now());
    this.#events.onFirstPicture();
  }

  /**
   * This thread had no time for a picture of this rung.
   * @returns whether it needs the next keyframe
   */
  leaveOut(rung: number): boolean {
    if (this.#peer.state === "connected" && (this.#lane.current ?? this.#lane.wanted) === rung) this.#counts.behind++;
    return this.#lane.needs(rung);
  }

  /** To be called about every 25 ms. */
  tick(nowMs: number): void {
    if (!this.#begun || this.#peer.state !== "connected") return;
    this.#sentBps = this.#sentRate.read(nowMs) * 8;
    this.#repeatedBps = this.#repeatedRate.read(nowMs) * 8;
    const mediaBps = this.#mediaRate.read(nowMs) * 8;
    const payloadBps = this.#payloadRate.read(nowMs) * 8;
    if (mediaBps > 0) this.#payloadShare = Math.min(Math.max(payloadBps / mediaBps, PAYLOAD_SHARE_MIN), 1);
    const decision = this.#estimator.tick(nowMs, this.#peer.pads);
    this.#apply(decision);
    if (decision.probe) {
      this.#pacer.startProbe(decision.probe, nowMs);
      this.#poll();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#peer.close();
  }

  #judge(feedback: PeerFeedback): Decision {
    const { receivedAtMs } = feedback;
    if (feedback.kind === "report") return this.#estimator.onReceiverReport(feedback, receivedAtMs);
    if (feedback.kind === "max-bitrate") return this.#estimator.onRemb(feedback.bitrateBps, receivedAtMs);
    return this.#estimator.onFeedback(feedback, receivedAtMs);
  }

  #apply(decision: Decision): void {
    const { playoutMs } = this.#decision;
    this.#decision = decision;
    this.#pacer.configure(decision);
    if (decision.playoutMs !== playoutMs) this.#peer.setPlayoutMs(decision.playoutMs);
  }

  #queue(packets: readonly OutgoingPacket[]): void {
    const nowMs = performance.now();
    for (const packet of packets) this.#pacer.push(packet, nowMs);
    this.#poll(nowMs);
  }

  #poll(nowMs = performance.now()): void {
    const { departures, dropped, nextAtMs } = this.#pacer.poll(nowMs);
    const packets = departures.filter((departure) => "packet" in departure);
    const padding = departures.filter((departure) => "paddingBytes" in departure);
    this.#depart(
      packets.map(({ packet }) => packet),
      packets.map(({ probeCluster }) => probeCluster),
    );
    if (padding[0]) {
      const { paddingBytes, probeCluster } = padding[0];
      for (const sent of this.#peer.pad(paddingBytes, padding.length)) this.#note(sent, "padding", 0, probeCluster);
    }
    for (const { packet, reason } of dropped) {
      this.#peer.giveBack(packet);
      this.#dropped[reason]++;
    }
    clearTimeout(this.#timer);
    if (nextAtMs === undefined || this.#peer.state === "closed") return;
    this.#timer = setTimeout(() => this.#poll(), Math.max(0, nextAtMs - nowMs));
  }

  #depart(packets: readonly OutgoingPacket[], probeClusters: readonly (number | undefined)[] = []): void {
    this.#peer.depart(packets).forEach((sent, i) => {
      const packet = packets[i] as OutgoingPacket;
      const payloadBytes = packet.kind === "retransmission" ? 0 : packet.payload.length;
      this.#note(sent, packet.kind, payloadBytes, probeClusters[i]);
    });
  }

  #note(sent: Departed, kind: PacketKind, payloadBytes: number, probeCluster: number | undefined): void {
    const { number, sizeBytes, sentAtMs } = sent;
    if (number !== undefined) {
      const record = { sequenceNumber: number, bytes: sizeBytes, kind };
      this.#estimator.onSent(probeCluster === undefined ? record : { ...record, probeCluster }, sentAtMs);
    } else this.#estimator.onSentUncounted(sizeBytes, sentAtMs);
    this.#unanswered.sent(sentAtMs, this.#peer.lastHeardAtMs);
    this.#sentRate.add(sizeBytes);
    if (kind === "retransmission") this.#repeatedRate.add(sizeBytes);
    else if (kind !== "padding") {
      this.#mediaRate.add(sizeBytes);
      this.#payloadRate.add(payloadBytes);
    }
  }
}
