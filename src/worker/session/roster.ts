import type * as v from "valibot";
import type { Role } from "../../protocol/ids.ts";
import type { OfferToSender, ToViewerMessage } from "../../protocol/messages.ts";
import type { SenderAttachment, ViewerAttachment } from "./attachment.ts";

export interface ViewerPeer<S> {
  socket: S;
  attachment: ViewerAttachment;
  /** When it connected or last sent a ping, milliseconds since the Unix epoch. */
  lastSeenMs: number;
}

export interface SenderPeer<S> {
  socket: S;
  attachment: SenderAttachment;
  /** When it connected or last answered a ping, milliseconds since the Unix epoch. */
  lastSeenMs: number;
}

/** Somebody who came by HTTP: a page whose socket is not open yet, or a WHEP player, which never has one. */
export interface HttpViewer {
  viewer: string;
  as: Role | "whep";
  /** The instance of the sender that answered; of WHEP players alone. */
  sender?: string;
}

/** What can be said to a viewer without a socket. */
export type ForHttp = Extract<ToViewerMessage, { type: "answer" | "candidate" | "bye" }>;

/** Who is here by HTTP. */
export interface HttpRoster {
  viewers(): HttpViewer[];
  knows(viewer: string): boolean;
  /** Offers whose requests are held open until the sender answers: of one viewer, or of all. */
  offers(viewer?: string): v.InferOutput<typeof OfferToSender>[];
}

/**
 * Who is here now, by socket unless said otherwise. Every list has the newest first; questions instead of one list, so that relaying to
 * one viewer does not read the attachments of a thousand.
 */
export interface Roster<S> {
  senders(): SenderPeer<S>[];
  viewers(): ViewerPeer<S>[];
  viewer(id: string): ViewerPeer<S>[];
  /** Whom the owner removed; see `Kicks`. */
  kicked(): string[];
  readonly http: HttpRoster;
}
