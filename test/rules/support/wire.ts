import type * as v from "valibot";
import { ErrorCode } from "../../../src/protocol/errors.ts";
import * as http from "../../../src/protocol/http.ts";
import { IceServer, IceServers, IceTtl } from "../../../src/protocol/ice.ts";
import { Role, SenderInstance, SessionId, Token, TokenHash, ViewerId } from "../../../src/protocol/ids.ts";
import * as messages from "../../../src/protocol/messages.ts";
import * as offers from "../../../src/protocol/offer.ts";
import { HandedStandby, OfferedStandby, StandbyId } from "../../../src/protocol/standby.ts";
import { CameraReport, PatchParameters, SenderReport, StreamParameters } from "../../../src/protocol/stream.ts";
import { BitrateBps, FramesPerSecond, PixelCount } from "../../../src/protocol/units.ts";

const { connection, sdp, proof } = messages.ViewerOffer.entries;
const text = messages.SenderByeToViewer.entries.message.wrapped;

/** Values that the wire document names, in its order. */
export const VALUES = {
  SessionId,
  ViewerId,
  SenderInstance,
  Token,
  TokenHash,
  Role,
  Connection: connection,
  Sdp: sdp,
  Proof: proof.wrapped,
  StandbyId,
  Text: text,
  IceServers,
  IceUrl: IceServer.entries.urls.pipe[0].options[0].item,
  IceTtl,
  EpochMs: http.CreatedSession.entries.createdAtMs,
  BitrateBps,
  FramesPerSecond,
  PixelCount,
} satisfies Record<string, v.GenericSchema<unknown, unknown>>;

/** Objects that stand inside messages and bodies, or are bodies. */
export const OBJECTS = {
  IceServer,
  StreamParameters,
  PatchParameters,
  SenderReport,
  CameraReport,
  OfferedStandby,
  CreateSession: http.CreateSession,
  CreatedSession: http.CreatedSession,
  SessionStatus: http.SessionStatus,
  ListSessions: http.ListSessions,
  SessionList: http.SessionList,
  SessionSummary: http.SessionSummary,
  RotateLinks: http.RotateLinks,
  IceReply: http.IceReply,
  PostOffer: offers.PostOffer,
  PostedAnswer: offers.PostedAnswer,
  PostedStandby: offers.PostedStandby,
  HandedStandby,
  WhepJsonOffer: offers.WhepJsonOffer,
  WhepJsonAnswer: offers.WhepJsonAnswer,
} satisfies Record<string, v.GenericSchema<unknown, unknown>>;

/** What may be said on a signaling WebSocket, by the heading that it stands under. */
export const DIRECTIONS = {
  "Viewer to edge": messages.ViewerMessage,
  "Edge to viewer": messages.ToViewerMessage,
  "Edge to sender": messages.ToSenderMessage,
  "Sender to edge": messages.SenderMessage,
};

/** Every schema that has a name in the document, by identity. */
export const NAMES = new Map<unknown, string>([
  [ErrorCode, "ErrorCode"],
  ...Object.entries({ ...VALUES, ...OBJECTS }).map(([name, schema]): [unknown, string] => [schema, name]),
]);
