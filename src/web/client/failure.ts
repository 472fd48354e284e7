import { type Connection, type Model, TIMING } from "./model.ts";

/** How far a connection got whose time is up, or `broken` where it failed before that. */
export type Failure = "broken" | "unanswered" | "unconnected" | "pictureless" | "undecoded";

/** Of several that were tried for one picture, the one that got furthest tells most. */
export function failureOf(tried: Connection[], nowMs: number): Failure {
  const failures = tried.map((connection) => reached(connection, nowMs));
  return FURTHEST_FIRST.find((failure) => failures.includes(failure)) ?? "broken";
}

const FURTHEST_FIRST: readonly Failure[] = ["undecoded", "pictureless", "broken", "unconnected", "unanswered"];

function reached(connection: Connection, nowMs: number): Failure {
  const { offeredAtMs, answeredAtMs, connected, disconnectedAtMs, framesReceived } = connection;
  if (answeredAtMs === undefined) return nowMs - offeredAtMs < TIMING.answerMs ? "broken" : "unanswered";
  // ICE may know before its time is up that there is no path.
  if (!connected) return "unconnected";
  if (disconnectedAtMs !== undefined || nowMs - answeredAtMs < TIMING.firstFrameMs) return "broken";
  return framesReceived > 0 ? "undecoded" : "pictureless";
}

/** What a person is told after several tries, where nobody said why they failed. */
export function failureMessage({ lastFailure = "broken" }: Model): string {
  return SENTENCES[lastFailure];
}

const SENTENCES: Record<Failure, string> = {
  broken: "The camera is here, but connecting to it fails. This keeps trying.",
  unanswered: "The camera does not answer. This keeps trying; if it goes on, tell the camera's owner.",
  unconnected: "The camera is here, but no path to it works yet. This keeps trying.",
  pictureless:
    "The camera's machine is connected, but sends no picture: the camera itself may be off. Tell its owner. This keeps trying.",
  undecoded:
    "The camera's video arrives, but this browser makes no picture of it. Try another browser. This keeps trying.",
};
