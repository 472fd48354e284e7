import * as v from "valibot";
import { ViewerId } from "./ids.ts";

/** How well it goes, as numbers: what the sender says of its cameras and viewers, and what a viewer's page says of itself. */

const Milliseconds = v.pipe(v.number(), v.minValue(0));
const BitsPerSecond = v.pipe(v.number(), v.integer(), v.minValue(0));
const PerSecond = v.pipe(v.number(), v.minValue(0));
const Pixels = v.pipe(v.number(), v.integer(), v.minValue(0));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** One encoding of a camera's picture, for all viewers whose networks carry it. */
export const RungStats = v.object({
  /** Stays as long as the rung does. */
  id: Count,
  width: Pixels,
  height: Pixels,
  /** At most; the camera may give less. */
  fps: PerSecond,
  /** What is asked of its encoder, which may be set higher so that this comes out. */
  bitrateBps: BitsPerSecond,
});
export type RungStats = v.InferOutput<typeof RungStats>;

/** A rung that is being encoded now. */
export const EncoderStats = v.object({
  ...RungStats.entries,
  /** Frames that came out, per second, lately. */
  encodedFps: PerSecond,
  /** From a frame's capture until it is encoded: the median of the last two seconds. Absent before the first, and once they stopped. */
  encodeMs: v.optional(Milliseconds),
  /** The same of the last frame alone. */
  lastEncodeMs: v.optional(Milliseconds),
});
export type EncoderStats = v.InferOutput<typeof EncoderStats>;

/** Counts are since the sender's start, over all rungs; with two rungs one captured frame can be encoded, or dropped, twice. */
export const CameraStats = v.object({
  /** As the `camera` event says it. */
  name: v.string(),
  /** Frames that the camera gave, per second, lately; 0 while nobody watches and it is closed. */
  capturedFps: PerSecond,
  framesCaptured: Count,
  framesEncoded: Count,
  keyframes: Count,
  /** A newer frame came before the encoder had time for this one. */
  framesDroppedEncoderBusy: Count,
  /** The rung has fewer frames a second than the camera gives. */
  framesDroppedThinned: Count,
  /** Best first. */
  rungs: v.array(EncoderStats),
});
export type CameraStats = v.InferOutput<typeof CameraStats>;

/** What goes to one viewer, as the sender knows it. */
export const DeliveryStats = v.object({
  /** Which connection of this run it is, from 1. */
  index: Count,
  /** Left out where others than the session's owner may read. */
  id: v.optional(ViewerId),
  /** For everything that is sent to the viewer. */
  targetBps: BitsPerSecond,
  /** What its network is thought to carry. */
  estimateBps: BitsPerSecond,
  /** Over the last second: RTP with its headers, UDP's and IP's not counted; what the system then refused is in it. */
  sentBps: BitsPerSecond,
  /** Of that, what was sent again. */
  retransmittedBps: BitsPerSecond,
  /** The least round trip of the ten seconds up to the last that was measured; absent before the first. */
  rttMs: v.optional(Milliseconds),
  /**
   * Packets that did not arrive at first, over the last seconds in which any were sent; keyframes and probes left out,
   * which a shallow queue drops though it holds the rest. Of a viewer that sends no transport-wide feedback what its
   * receiver reports say of all packets. Absent while it told of none.
   */
  lossFraction: v.optional(Fraction),
  /** One-way delay above the least of the last half minute: the network's queue. Absent where no feedback tells of it. */
  queueMs: v.optional(Milliseconds),
  /** For how long the oldest packet has been waiting for its turn here. */
  pacerMs: Milliseconds,
  /** How long the viewer is asked to hold each frame back. */
  playoutMs: Milliseconds,
  /** What keeps the target from being higher. `delay` also while that is not known yet; `maximum`: the camera is not worth more. */
  limitedBy: v.picklist(["delay", "loss", "remb", "maximum"]),
  /** Where its frames come from; absent before the first. */
  rung: v.optional(RungStats),
  framesSent: Count,
  /** Its connection stood, but no keyframe had come that it could begin with. */
  framesDroppedNoKeyframe: Count,
  /** The thread that serves this viewer could not keep up. */
  framesDroppedBehind: Count,
  /** Packets that the system or the relay did not take. */
  packetsRefused: Count,
  /** Packets asked for again that would have come too late. */
  retransmissionsDroppedLate: Count,
  /** Packets asked for again that a tight network had no room for. */
  retransmissionsDroppedOverBudget: Count,
});
export type DeliveryStats = v.InferOutput<typeof DeliveryStats>;

/** The sender's whole account at one time. */
export const SenderStats = v.object({
  cameras: v.array(CameraStats),
  viewers: v.array(DeliveryStats),
});
export type SenderStats = v.InferOutput<typeof SenderStats>;

/** How the picture arrives, as the viewer's page knows it. Absent fields are not known (yet, or in this browser). */
export const PlaybackStats = v.object({
  /** Pixels of the picture as decoded. */
  width: v.optional(Pixels),
  height: v.optional(Pixels),
  /** Frames per second as decoded. */
  fps: v.optional(PerSecond),
  /** Of the received video. */
  bitrateBps: v.optional(BitsPerSecond),
  /** Such as `H264`. */
  codec: v.optional(v.string()),
  /** Round trip on the path in use, by ICE's own checks. */
  rttMs: v.optional(Milliseconds),
  /** How long frames wait in the jitter buffer on average. */
  bufferMs: v.optional(Milliseconds),
  /** How long decoding takes on average. */
  decodeMs: v.optional(Milliseconds),
  /**
   * Half the round trip, the buffer and decoding: the delay that a viewer can know of. What the camera, its encoder
   * and this screen add is not in it, so it is not glass to glass.
   */
  latencyMs: v.optional(Milliseconds),
  /** Whether the packets go straight to the sender or through a TURN relay at either end. */
  path: v.optional(v.picklist(["direct", "relay"])),
  /** The farther of the two ends' ICE candidates (RFC 8445): on this network, behind a NAT, or a relay. */
  candidateType: v.optional(v.picklist(["host", "srflx", "relay"])),
  /** These counts are of the whole visit, however many connections it took. */
  framesReceived: Count,
  framesDecoded: Count,
  framesDropped: Count,
  /**
   * How often the picture stood still for longer than frames are apart, and for how long together; until another
   * connection brought the next, too, where that took a second or more.
   */
  freezes: v.optional(Count),
  frozenMs: v.optional(Milliseconds),
  /** Negative when more came than was sent, as duplicates are counted. */
  packetsLost: v.pipe(v.number(), v.integer()),
});
export type PlaybackStats = v.InferOutput<typeof PlaybackStats>;
