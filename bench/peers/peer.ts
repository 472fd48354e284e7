import type { Need } from "../../scripts/debian.ts";
import type { Stream } from "./stream.ts";

/** A sender that runs, with its own camera, encoder and WebRTC. */
export interface SendingPeer extends AsyncDisposable {
  /** Answers one viewer's offer; both carry all their candidates. */
  answer(offerSdp: string): Promise<string>;
  /** Tells it that its viewer left, where it would not notice and go on sending. */
  viewerLeft?(): void;
}

export interface PeerKind {
  name: string;
  /** What is not its default, for a table that says what was compared. */
  setup: string;
  /** Whether the viewer is asked for a playout delay of zero, as Sightline asks. */
  zeroPlayout: boolean;
  needs: Need[];
  open(stream: Stream): Promise<SendingPeer>;
}
