import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { devToolsOver } from "../../../bench/first-frame/devtools.ts";

function open() {
  const [to, from] = [new PassThrough(), new PassThrough()];
  return { to, from, devTools: devToolsOver(to, from, () => "no display") };
}

it("tells each answer to who asked, however the messages are cut", async () => {
  const { to, from, devTools } = open();
  const [first, second] = [devTools.send("A"), devTools.send("B", { of: 1 }, "tab")];
  expect(String(to.read())).toBe(
    '{"id":1,"method":"A","params":{}}\0{"id":2,"method":"B","params":{"of":1},"sessionId":"tab"}\0',
  );
  const told = Buffer.from('{"method":"an event"}\0{"id":2,"result":"küche"}\0{"id":1,"result":1}\0');
  for (const byte of told) from.write(Buffer.of(byte));
  expect(await Promise.all([first, second])).toEqual([1, "küche"]);
});

it("throws what the browser refuses", async () => {
  const { from, devTools } = open();
  const asked = devTools.send("A");
  from.write('{"id":1,"error":{"message":"no such tab"}}\0');
  await expect(asked).rejects.toThrow("no such tab");
});

it("says what the browser said before it ended, to who waits and who comes later", async () => {
  const { from, devTools } = open();
  const waits = devTools.send("A");
  from.destroy();
  await expect(waits).rejects.toThrow("no display");
  await expect(devTools.send("B")).rejects.toThrow("no display");
});
