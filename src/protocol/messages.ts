import * as v from "valibot";
import { ErrorCode } from "./errors.ts";
import { IceIncomplete, IceServers, IceTtl } from "./ice.ts";
import { Proof, Role, SenderInstance, ViewerId } from "./ids.ts";
import { CANDIDATE_MAX_CHARS, MID_MAX_CHARS, SDP_MAX_CHARS } from "./limits.ts";
import { OfferedStandby, StandbyId } from "./standby.ts";
import { SenderReport, StreamParameters } from "./stream.ts";

/**
 * Every message on the signaling WebSocket, declared once: the schema, and the type inferred from it.
 * Unknown fields are dropped, so that an older end understands a newer one.
 */

const Sdp = v.pipe(v.string(), v.minLength(1), v.maxLength(SDP_MAX_CHARS));

/** Numbers a viewer's peer connections from 0, so that a fresh one may stand beside the one it replaces. */
const Connection = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));

/** An ICE candidate line (RFC 8839) as browsers write it; `null` says that there are no more (RFC 8838). */
const CandidateFields = {
  connection: Connection,
  candidate: v.nullable(v.pipe(v.string(), v.maxLength(CANDIDATE_MAX_CHARS))),
  sdpMid: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(MID_MAX_CHARS)))),
  sdpMLineIndex: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64)))),
};

/** Text from one end for people at the other; short, so that nobody is flooded. */
const Message = v.pipe(v.string(), v.maxLength(500));

const ErrorMessage = v.object({
  type: v.literal("error"),
  code: ErrorCode,
  message: Message,
  /** On the sender's socket: which viewer it is about. */
  viewer: v.optional(ViewerId),
});

// viewer -> edge
export const ViewerOffer = v.object({
  type: v.literal("offer"),
  connection: Connection,
  sdp: Sdp,
  proof: v.optional(Proof),
});
export const ViewerCandidate = v.object({ type: v.literal("candidate"), ...CandidateFields });
/** After the viewer's socket broke while its media flowed: keep this connection, or say that it is gone. */
const ViewerResume = v.object({ type: v.literal("resume"), connection: Connection });
/** Without `connection` the viewer leaves; with it, only that connection is given up. */
const ViewerBye = v.object({ type: v.literal("bye"), connection: v.optional(Connection) });
export const ViewerMessage = v.variant("type", [ViewerOffer, ViewerCandidate, ViewerResume, ViewerBye]);
export type ViewerMessage = v.InferOutput<typeof ViewerMessage>;

// edge -> viewer
export const ViewerWelcome = v.object({
  type: v.literal("welcome"),
  role: Role,
  iceServers: IceServers,
  iceTtlMs: v.optional(IceTtl),
  iceIncomplete: v.optional(IceIncomplete),
  /** The sender that is here now, or `null` while none is. */
  sender: v.nullable(SenderInstance),
  /** See {@link Paused}; absent means false. */
  paused: v.optional(v.boolean()),
});
const SenderOnline = v.object({ type: v.literal("sender-online"), sender: SenderInstance });
const SenderOffline = v.object({ type: v.literal("sender-offline") });
/** The owner paused the stream, or resumed it. While paused no frames come, and the connection stays. */
const Paused = v.object({ type: v.literal("paused"), paused: v.boolean() });
export const ViewerAnswer = v.object({
  type: v.literal("answer"),
  connection: Connection,
  sdp: Sdp,
  proof: v.optional(Proof),
  /** How long the sender's end of a relay lives; the viewer renews the connection before either end's is over. */
  senderIceTtlMs: v.optional(IceTtl),
});
/** The sender gave up a connection (or, without `connection`, this viewer); `code` says why. */
export const SenderByeToViewer = v.object({
  type: v.literal("bye"),
  connection: v.optional(Connection),
  code: v.optional(ErrorCode),
  message: v.optional(Message),
});
/** The sender doubts that this connection still carries anything: make a fresh one beside it. */
const Renew = v.object({ type: v.literal("renew"), connection: Connection });
export const ToViewerMessage = v.variant("type", [
  ViewerWelcome,
  SenderOnline,
  SenderOffline,
  Paused,
  ViewerAnswer,
  ViewerCandidate,
  Renew,
  SenderByeToViewer,
  ErrorMessage,
]);
export type ToViewerMessage = v.InferOutput<typeof ToViewerMessage>;

// edge -> sender
const ViewerPresence = v.object({ viewer: ViewerId, role: Role });
const SenderWelcome = v.object({
  type: v.literal("welcome"),
  iceServers: IceServers,
  iceTtlMs: v.optional(IceTtl),
  iceIncomplete: v.optional(IceIncomplete),
  viewers: v.array(ViewerPresence),
  /** What the session's owner asked for over HTTP, to be obeyed from now on. */
  parameters: StreamParameters,
  /** The edge takes a {@link StandbyFromSender}; an older one does not know the message. */
  standby: v.optional(v.boolean()),
});
const ViewerJoined = v.object({ type: v.literal("viewer-joined"), ...ViewerPresence.entries });
/** The viewer's socket closed. Its media is not torn down for that: see `bye`. */
const ViewerLeft = v.object({ type: v.literal("viewer-left"), viewer: ViewerId });
export const OfferToSender = v.object({
  ...ViewerOffer.entries,
  viewer: ViewerId,
  /** Set when a WHEP player without proof sent it; the answer then carries every candidate. */
  whep: v.optional(v.boolean()),
  /** Credentials of this viewer's connection alone, in place of the welcome's, when the edge issues some for it. */
  iceServers: v.optional(IceServers),
  iceTtlMs: v.optional(IceTtl),
  /** This viewer was told of that one. */
  standby: v.optional(StandbyId),
});
export const CandidateToSender = v.object({ ...ViewerCandidate.entries, viewer: ViewerId });
const ResumeToSender = v.object({ ...ViewerResume.entries, viewer: ViewerId });
/** `code` is set when the edge ends the viewer (kicked, rotated), absent when the viewer itself left. */
const ByeToSender = v.object({
  ...ViewerBye.entries,
  viewer: ViewerId,
  code: v.optional(ErrorCode),
});
const ParametersToSender = v.object({ type: v.literal("parameters"), parameters: StreamParameters });
export const ToSenderMessage = v.variant("type", [
  SenderWelcome,
  ViewerJoined,
  ViewerLeft,
  OfferToSender,
  CandidateToSender,
  ResumeToSender,
  ByeToSender,
  ParametersToSender,
  ErrorMessage,
]);
export type ToSenderMessage = v.InferOutput<typeof ToSenderMessage>;

// sender -> edge
export const AnswerFromSender = v.object({ ...ViewerAnswer.entries, viewer: ViewerId });
export const CandidateFromSender = v.object({ ...ViewerCandidate.entries, viewer: ViewerId });
const RenewFromSender = v.object({ ...Renew.entries, viewer: ViewerId });
const ByeFromSender = v.object({
  ...SenderByeToViewer.entries,
  viewer: ViewerId,
  /** The viewer has other connections, which stand; absent where it has none, and from an older sender. */
  others: v.optional(v.boolean()),
});
const ReportFromSender = v.object({ type: v.literal("report"), report: SenderReport });
/** For the next viewer who offers by HTTP, in place of the one before; `null` takes that back. */
const StandbyFromSender = v.object({ type: v.literal("standby"), standby: v.nullable(OfferedStandby) });
export const SenderMessage = v.variant("type", [
  AnswerFromSender,
  CandidateFromSender,
  RenewFromSender,
  ByeFromSender,
  ReportFromSender,
  StandbyFromSender,
]);
export type SenderMessage = v.InferOutput<typeof SenderMessage>;
