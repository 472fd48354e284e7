import type { SenderAttachment, ViewerAttachment } from "./attachment.ts";

export interface ViewerPeer<S> {
  socket: S;
  attachment: ViewerAttachment;
}

export interface SenderPeer<S> {
  socket: S;
  attachment: SenderAttachment;
  /** When it connected or last answered a ping, milliseconds since the Unix epoch. */
  lastSeenMs: number;
}

/**
 * Who has an open socket now. Every list has the newest first; questions instead of one list, so that relaying to
 * one viewer does not read the attachments of a thousand.
 */
export interface Roster<S> {
  senders(): SenderPeer<S>[];
  viewers(): ViewerPeer<S>[];
  viewer(id: string): ViewerPeer<S>[];
}
