/** The thread of a hall: viewers beyond what the main thread serves. */
import { parentPort } from "node:worker_threads";
import { refusalOf } from "../peer/offer-refusal.ts";
import { warmUp } from "../peer/warm-up.ts";
import { Behind } from "./behind.ts";
import type { Connection } from "./connection.ts";
import { LocalHall } from "./hall.ts";
import { byClock, type FromHall, fromShared, stagesByClock, type ToHall, toShared } from "./hall-messages.ts";

const REPORT_MS = 100;

const hall = new LocalHall();
const behind = new Behind();
const connections = new Map<number, Connection>();
/** What is under way: last of all a relay is given back, which takes a round trip or two. */
const closing = new Set<Promise<void>>();
const say = (message: FromHall) => parentPort?.postMessage(message);
let ending = false;

parentPort?.on("message", (message: ToHall) => {
  if (message.type === "picture") return show(message);
  if (message.type === "rungs") return setRungs(message.rungs);
  if (message.type === "open") return open(message);
  if (message.type === "end") return end();
  const connection = connections.get(message.id);
  if (!connection) return;
  switch (message.type) {
    case "answer":
      return void answer(connection, message);
    case "candidate":
      return void connection.addCandidate(message.candidate).catch(() => {});
    case "take":
      return connection.take(message.rung, message.replay);
    case "max-bps":
      return connection.setMaxBps(message.maxBps);
    case "close":
      return close(connection);
  }
});
setInterval(() => {
  for (const [id, connection] of connections) {
    // From then on, not once DTLS has ended, which may never be: who has a path is not to be taken for one who has none.
    if (connection.stages.iceConnectedAtMs !== undefined) tellOf(id, connection);
  }
}, REPORT_MS);
const warmed = warmUp(() => ending)
  .catch(() => {})
  .then(() => say({ type: "warm" }));

/** Ended while a key is being made, a thread takes the process with it (Node 24). */
function end(): void {
  ending = true;
  void Promise.allSettled([warmed, ...closing]).then(() => process.exit());
}

function close(connection: Connection): void {
  const closed = connection.close().catch(() => {});
  closing.add(closed);
  void closed.then(() => closing.delete(closed));
}

function open({ id, options }: Extract<ToHall, { type: "open" }>): void {
  try {
    const connection = hall.open(options, {
      onCandidate: (candidate) => say({ type: "candidate", id, candidate }),
      onState: (state) => {
        tellOf(id, connection);
        say({ type: "state", id, state });
        if (state !== "closed") return;
        connections.delete(id);
        // One that ended by itself has its sockets, timers and relays still.
        close(connection);
      },
      onPath: () => say({ type: "path", id }),
      onRelay: (failures) => say({ type: "relay", id, failures }),
      onKeyframeRequest: (need) => say({ type: "keyframe", id, need }),
      onFirstPicture: () => say({ type: "first-picture", id }),
    });
    connections.set(id, connection);
  } catch {
    say({ type: "state", id, state: "closed" });
  }
}

function tellOf(id: number, { report, stages }: Connection): void {
  say({ type: "report", id, report: byClock(report, toShared), stages: stagesByClock(stages, toShared) });
}

async function answer(connection: Connection, { id, sdp, gatherMs }: Extract<ToHall, { type: "answer" }>) {
  try {
    say({ type: "answered", id, sdp: await connection.answer(sdp, gatherMs) });
  } catch (error) {
    say({ type: "unanswerable", id, refusal: refusalOf(error) });
  }
}

function setRungs(rungs: readonly number[]): void {
  behind.setRungs(rungs);
  hall.setRungs(rungs);
}

function show(picture: Extract<ToHall, { type: "picture" }>): void {
  const { rung, keyframe, capturedAtMs, saidAtMs, memory, lengths } = picture;
  const verdict = behind.admits(picture, performance.now() - fromShared(saidAtMs));
  if (verdict !== "yes") {
    // Who has nobody for it here costs its viewers elsewhere nothing.
    if (hall.leaveOut(rung) && verdict === "ask") say({ type: "behind", rung });
    return;
  }
  let end = 0;
  const payloads = lengths.map((length) => {
    end += length;
    return Buffer.from(memory, end - length, length);
  });
  hall.send({ rung, payloads, bytes: memory.byteLength, keyframe, capturedAtMs: fromShared(capturedAtMs) });
}
