import { expect, test } from "vitest";
import { sendTogether } from "../../src/sender/peer/repairs/dtls-datagrams.ts";

function sending() {
  const datagrams: string[] = [];
  const send = sendTogether(async (bytes) => void datagrams.push(bytes.toString("latin1")));
  return { datagrams, send };
}

test("records of one turn share a datagram, in their order", async () => {
  const { datagrams, send } = sending();
  await Promise.all(["hello ", "certificate ", "done"].map((text) => send(Buffer.from(text))));
  await send(Buffer.from("later"));
  expect(datagrams).toEqual(["hello certificate done", "later"]);
});

test("none grows beyond what every path carries, and no record is cut or left out", async () => {
  const { datagrams, send } = sending();
  const records = [900, 300, 1, 1_500, 20].map((bytes, i) => Buffer.alloc(bytes, String(i)));
  await Promise.all(records.map(send));
  expect(datagrams.map(({ length }) => length)).toEqual([1_200, 1, 1_500, 20]);
  expect(datagrams.join("")).toBe(Buffer.concat(records).toString("latin1"));
});

test("who sent hears that sending failed", async () => {
  const send = sendTogether(() => Promise.reject(new Error("the network is down")));
  const both = await Promise.allSettled([send(Buffer.alloc(1)), send(Buffer.alloc(1))]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
