import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { onFreePort, reachable, requireFreePort } from "../../src/sender/edge/port.ts";

const HOST = "127.0.0.1";
const servers: Server[] = [];

async function take(port: number): Promise<void> {
  const server = createServer().listen(port, HOST);
  servers.push(server);
  await once(server, "listening");
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
});

it.each([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
  ["::1", "[::1]"],
  ["192.0.2.7", "192.0.2.7"],
])("what listens on %s is reached at %s", (host, address) => expect(reachable(host)).toBe(address));

describe("a port that was free a moment ago", () => {
  it("is another one where a program took it in that moment", async () => {
    const tried: number[] = [];
    const port = await onFreePort(HOST, 0, async (port) => {
      tried.push(port);
      if (tried.length > 1) return port;
      await take(port);
      throw new Error("it did not start");
    });
    expect(tried).toEqual([expect.any(Number), port]);
    expect(new Set(tried).size).toBe(2);
  });

  it("is told to be taken when it was asked for", async () => {
    const asked = await requireFreePort(HOST, 0);
    const start = async (port: number) => {
      await take(port);
      throw new Error("it did not start");
    };
    await expect(onFreePort(HOST, asked, start)).rejects.toThrow(
      `Port ${asked} is taken. Choose another with --port. If it is \`sightline serve\` that has it, send to that: --edge http://${HOST}:${asked}`,
    );
  });

  it("is not looked for again when something else is wrong", async () => {
    let starts = 0;
    const start = async () => {
      starts++;
      throw new Error("it did not start");
    };
    await expect(onFreePort(HOST, 0, start)).rejects.toThrow("it did not start");
    expect(starts).toBe(1);
  });

  it("is given up when each is taken", async () => {
    let starts = 0;
    const start = async (port: number) => {
      starts++;
      await take(port);
      throw new Error("it did not start");
    };
    await expect(onFreePort(HOST, 0, start)).rejects.toThrow("it did not start");
    expect(starts).toBe(3);
  });
});
