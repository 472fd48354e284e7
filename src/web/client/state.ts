import { ERRORS } from "../../protocol/errors.ts";
import { type Notice, severity, type ViewerErrorCode } from "./errors.ts";
import { failureMessage } from "./failure.ts";
import type { Model } from "./model.ts";

/** What a person sees, in words. `message` is a whole sentence; `code` is set when an error is behind it. */
export type ViewerState =
  /** On the way to the first picture. */
  | { name: "connecting"; message: string; code?: ViewerErrorCode }
  /** Nothing to connect to yet; it goes on by itself when there is. */
  | { name: "waiting"; message: string; code?: ViewerErrorCode }
  /** New frames are being shown. */
  | { name: "live"; message: string; code?: undefined }
  /** The owner holds the picture back, or did until just now; the connection stays, and `live` follows. */
  | { name: "paused"; message: string; code?: undefined; resuming?: true }
  /** There was a picture, and another connection is being made. */
  | { name: "reconnecting"; message: string; code?: ViewerErrorCode }
  /** Over, as the owner or this viewer wished. */
  | { name: "ended"; message: string; code?: ViewerErrorCode }
  /** Nothing will help but what the sentence says. */
  | { name: "failed"; message: string; code: ViewerErrorCode };

/** The state that follows from the model; nothing else holds it. */
export function stateOf(model: Model): ViewerState {
  if (model.stopped) return stoppedState(model.stopped);
  if (isWell(model)) return model.paused ? pausedState(model) : { name: "live", message: "The picture is live." };
  const ready = model.socket.phase === "ready";
  const notice = model.notice;
  if (notice?.code === "session-not-found") {
    return {
      name: "waiting",
      code: notice.code,
      message: "This session is not known here. It appears once its camera starts; if it does not, check the link.",
    };
  }
  if (notice && severity(notice.code) === "patient") return { name: "waiting", ...notice };
  // A socket that was lost just now says nothing of the camera.
  const told = ready || (model.welcomed && model.socketFailures <= 1);
  if (told && (model.sender === null || notice?.code === "sender-absent")) {
    const message = model.current
      ? "The camera went away. The picture comes back when it does."
      : "The camera is not here yet. The picture appears when it comes.";
    return { name: "waiting", message };
  }
  if (model.paused === "held" && (ready || model.next?.connected)) return pausedState(model);
  const progress = progressOf(model);
  return model.current ? { name: "reconnecting", ...progress } : { name: "connecting", ...progress };
}

function progressOf(model: Model): Notice | { message: string } {
  const { socket, socketFailures, offerFailures, notice, noPath, current } = model;
  const ready = socket.phase === "ready";
  // One failure is common and soon mended; only a second is worth a person's attention.
  if (!ready && socketFailures > 1) {
    return notice ?? { message: "The server cannot be reached. Check your network; this keeps trying." };
  }
  if (ready && noPath) return noPath;
  if (ready && offerFailures > 1) {
    return notice ?? { message: failureMessage(model) };
  }
  return { message: current ? "The picture stopped. Getting it back." : "On the way to the camera." };
}

function pausedState({ paused }: Model): ViewerState {
  if (paused === "held") {
    return { name: "paused", message: "The camera's owner paused it. The picture goes on when they resume." };
  }
  return { name: "paused", message: "The camera's owner resumed it. The picture is on its way.", resuming: true };
}

/** True while the connection on show brings the frames it should and belongs to the sender that is here. */
function isWell(model: Model): boolean {
  const { current, sender } = model;
  if (!current || (current.fault && current.fault !== "silent") || current.quiet) return false;
  return sender === null || model.socket.phase !== "ready" || current.sender === sender;
}

function stoppedState({ name, notice }: NonNullable<Model["stopped"]>): ViewerState {
  if (name === "ended") return { name, message: notice?.message ?? "You left.", code: notice?.code };
  return { name, message: notice?.message ?? ERRORS.internal.message, code: notice?.code ?? "internal" };
}
