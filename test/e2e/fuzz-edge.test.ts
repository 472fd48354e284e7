import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { deriveLinkKeys, parseLink } from "../../src/protocol/link.ts";
import { hostileText } from "../support/hostile.ts";
import { Sightline } from "../support/processes.ts";
import { Random } from "../support/random.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps, stamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);
const INPUTS = 10_000;
const AT_ONCE = 16;
/** The runtime collects no garbage before its heap is some hundred megabytes large; it is given time to get there. */
const WAVES_MAX = 8;
/** Of the whole: about 1.5 kB an input, so that a leak of whatever holds a message or a socket would show. */
const GROWTH_MAX = 0.03;
/** What the edge says on purpose; any other 5xx is a fault. */
const MEANT = [502, 503, 504];

it("stands ten thousand hostile inputs while a stream runs", { timeout: 300_000 }, async ({ browser, stateDir }) => {
  await using edge = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  await using sender = new Sightline([
    "send",
    "--edge",
    await edge.edge(),
    "--state",
    stateDir,
    "--whep",
    ...SMALL_PICTURE,
  ]);
  const link = parseLink(await sender.link());
  const { token: whepToken } = await sender.event(({ event }) => event === "whep");
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);

  const tokens = [
    "",
    "x",
    "A".repeat(43),
    String(whepToken),
    deriveLinkKeys(link.sessionId, "viewer", link.secret).joinToken,
  ];
  const runtime = Number(readFileSync(`/proc/${edge.process.pid}/task/${edge.process.pid}/children`, "utf8").trim());
  const faults: string[] = [];
  const attack = async (lane: number) => {
    const random = new Random(SEED + lane);
    for (let i = 0; i < INPUTS / AT_ONCE; i++) {
      const from = `127.9.${lane}.${1 + random.below(250)}`;
      const shot = { origin: link.origin, sessionId: link.sessionId, token: random.pick(tokens), from, random };
      if (random.below(4) > 0) {
        const fault = await overHttp(shot);
        if (fault) faults.push(fault);
      } else i += await overSocket(shot);
    }
  };
  const lanes = () => Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => attack(lane)));
  const framesBefore = (await stamps(page)).length;
  const sizesKiB = [];
  do {
    await lanes();
    expect(faults, `seed ${SEED}`).toEqual([]);
    sizesKiB.push(residentKiB(runtime));
  } while (!isFlat(sizesKiB) && sizesKiB.length < WAVES_MAX);
  expect(isFlat(sizesKiB), `memory after each wave, KiB: ${sizesKiB.join(", ")}`).toBe(true);
  expect((await stamps(page)).length, "the stream stood still").toBeGreaterThan(framesBefore);
  await movingStamps(page);
  await movingStamps(await openLink(browser, await sender.link()));
  expect(edge.process.exitCode).toBeNull();
  expect([...edge.stderr, ...sender.stderr].join("\n")).not.toContain(String(whepToken));
});

interface Shot {
  origin: string;
  sessionId: string;
  token: string;
  from: string;
  random: Random;
}

/** @returns what was wrong with the answer */
async function overHttp({ origin, sessionId, token, from, random }: Shot): Promise<string | undefined> {
  const id = random.pick([sessionId, sessionId, "nobody", "a", "x".repeat(200), "%00", "..%2f..", "__proto__"]);
  const tail = [
    "",
    "/ice",
    "/links",
    "/signal",
    "/offer",
    "/whep",
    `/whep/${"V".repeat(22)}`,
    `/viewers/${"V".repeat(22)}`,
  ];
  const path = random.pick([
    `/api/sessions/${id}${random.pick(tail)}`,
    "/api/sessions",
    `/s/${id}`,
    "/api/openapi.json",
    "/%ff",
  ]);
  const method = random.pick(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]);
  const type = random.pick(["application/json", "application/sdp", "application/trickle-ice-sdpfrag", "text/html", ""]);
  const body = Buffer.from(["GET", "HEAD"].includes(method) ? "" : hostileText(random));
  const outgoing = request(`${origin}${path}`, {
    method,
    localAddress: from,
    // A connection of its own for each, so that an answer is to this request and to nothing before it.
    agent: false,
    headers: {
      // Node frames no body of a DELETE by itself; what then follows would be read as a request of its own.
      "content-length": body.length,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(type ? { "content-type": type } : {}),
      ...(random.below(4) === 0 ? { "if-match": random.pick(["*", '"x"', "x"]) } : {}),
    },
  });
  outgoing.on("error", () => {});
  outgoing.end(body);
  const [response] = await Promise.race([once(outgoing, "response"), sleep(15_000, [undefined])]).catch(() => [
    undefined,
  ]);
  if (!response) return undefined;
  response.resume();
  const status: number = response.statusCode ?? 0;
  return status >= 500 && !MEANT.includes(status) ? `${status} from ${method} ${path}` : undefined;
}

/** @returns how many inputs it was, beyond the first */
async function overSocket({ origin, sessionId, token, from, random }: Shot): Promise<number> {
  const names = [
    random.pick(["sightline.1", "sightline.9", "nonsense"]),
    `token.${token || "x"}`,
    random.pick([
      `viewer.${"V".repeat(22)}`,
      `viewer.${random.bytes(16).toString("base64url")}`,
      "sender.x",
      "viewer.x",
    ]),
  ];
  const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/api/sessions/${sessionId}/signal`, names, {
    localAddress: from,
  });
  socket.on("error", () => {});
  const closed = once(socket, "close").catch(() => {});
  await Promise.race([once(socket, "open").catch(() => {}), closed, sleep(5_000)]);
  // Some never say a word and go without closing.
  const count = random.below(3) === 0 ? 0 : random.below(6);
  for (let i = 0; i < count && socket.readyState === WebSocket.OPEN; i++) {
    socket.send(random.below(8) === 0 ? random.bytes(random.below(100)) : hostileText(random));
  }
  if (socket.readyState === WebSocket.OPEN) await Promise.race([closed, sleep(20)]);
  socket.terminate();
  return count;
}

/** Ten thousand inputs more changed next to nothing. */
function isFlat(sizesKiB: number[]): boolean {
  const [before, after] = sizesKiB.slice(-2);
  return before !== undefined && after !== undefined && after < before * (1 + GROWTH_MAX);
}

function residentKiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
