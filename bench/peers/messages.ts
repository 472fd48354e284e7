/** What the bench says to a sender, and hears from it: JSON lines on stdin and stdout. */
export interface OfferMessage {
  type: "offer";
  viewer: number;
  sdp: string;
}

/** To senders that do not notice by themselves: the one viewer of now has left. */
export interface LeftMessage {
  type: "left";
}

export type SenderMessage =
  /** `rtpEpochMs`: the monotonic clock at RTP time 0, of senders whose RTP times tell when a picture was encoded. */
  | { type: "ready"; rtpEpochMs?: number }
  | { type: "answer"; viewer: number; sdp: string }
  | { type: "connected"; viewer: number };
