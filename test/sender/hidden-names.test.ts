import { createSocket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import multicastDns, { type MulticastAnswer, type MulticastDns } from "multicast-dns";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HiddenNames, openMulticast } from "../../src/sender/peer/hidden-names.ts";
import { until } from "./support/viewer.ts";

const still = new AbortController().signal;
const NAME = "0b1c2d3e-1111-4222-8333-444455556666.local";
const record = (type: string, data: unknown, name = NAME, ttl = 120): MulticastAnswer => ({ type, name, ttl, data });

describe("what is asked", () => {
  class Asked extends EventEmitter {
    readonly queries: string[] = [];
    destroyed = 0;
    query(name: string, type: string): void {
      this.queries.push(`${type} ${name}`);
    }
    destroy(): void {
      this.destroyed++;
    }
    hear(...answers: MulticastAnswer[]): void {
      this.emit("response", { answers });
    }
  }
  let opened: Asked[];
  let names: HiddenNames;
  beforeEach(() => {
    vi.useFakeTimers();
    opened = [];
    names = new HiddenNames(() => {
      opened.push(new Asked());
      return opened.at(-1) as unknown as MulticastDns;
    });
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
  /** Of each socket, how often it was closed. */
  const closed = () => opened.map(({ destroyed }) => destroyed);

  it("is asked again, and given up", async () => {
    const found = names.lookUp(NAME, still);
    const counts: number[] = [];
    for (const afterMs of [1, 998, 1, 1_999, 1, 1_999]) {
      await vi.advanceTimersByTimeAsync(afterMs);
      counts.push(opened[0]?.queries.length ?? 0);
    }
    expect(counts).toEqual([2, 2, 4, 4, 6, 6]);
    expect(opened[0]?.queries.slice(0, 2)).toEqual([`A ${NAME}`, `AAAA ${NAME}`]);
    expect(closed()).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await found).toBeUndefined();
    expect(closed()).toEqual([1]);
  });

  it("is asked once for all who want it, over one socket, which closes with the last name", async () => {
    const [first, second] = [names.lookUp(NAME, still), names.lookUp(NAME, still)];
    const other = names.lookUp("other.local", still);
    await vi.advanceTimersByTimeAsync(1);
    expect(opened.map(({ queries }) => queries.length)).toEqual([4]);
    opened[0]?.hear(record("TXT", "words"), record("A", "192.0.2.7", NAME.toUpperCase()));
    expect([await first, await second]).toEqual(["192.0.2.7", "192.0.2.7"]);
    expect(closed()).toEqual([0]);
    opened[0]?.hear(record("AAAA", "2001:db8::7", "other.local"));
    expect(await other).toBe("2001:db8::7");
    expect(closed()).toEqual([1]);
  });

  it.each([
    ["about another name", record("A", "192.0.2.7", "another.local")],
    ["that takes back what was said", record("A", "192.0.2.7", NAME, 0)],
    ["without an address", record("A", "camera.example.com")],
    ["of another type", record("TXT", "192.0.2.7")],
  ])("has no answer %s", async (_which, answer) => {
    const found = names.lookUp(NAME, still);
    opened[0]?.hear(answer);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await found).toBeUndefined();
  });

  it("is wanted until the last who asked has gone", async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const found = [names.lookUp(NAME, one.signal), names.lookUp(NAME, two.signal)];
    one.abort();
    expect(closed()).toEqual([0]);
    two.abort();
    expect(closed()).toEqual([1]);
    expect(await Promise.all(found)).toEqual([undefined, undefined]);
    expect(await names.lookUp(NAME, one.signal)).toBeUndefined();
    expect(opened).toHaveLength(1);
  });

  it("is no more than so much at once", async () => {
    const all = new AbortController();
    const found = Array.from({ length: 65 }, (_, index) => names.lookUp(`n${index}.local`, all.signal));
    expect(await found.at(-1)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(opened[0]?.queries).toHaveLength(2 * 64);
    all.abort();
  });

  it("is nothing where no socket can be made, or one breaks; the next has another", async () => {
    const none = new HiddenNames(() => {
      throw new Error("EMFILE");
    });
    expect(await none.lookUp(NAME, still)).toBeUndefined();
    const found = [names.lookUp(NAME, still), names.lookUp("other.local", still)];
    opened[0]?.emit("error", new Error("EMFILE"));
    expect(await Promise.all(found)).toEqual([undefined, undefined]);
    expect(closed()).toEqual([1]);
    const later = names.lookUp(NAME, still);
    opened[1]?.hear(record("A", "192.0.2.7"));
    expect(await later).toBe("192.0.2.7");
  });
});

describe("on the wire", () => {
  let port: number;
  const options = () => ({ port, interface: "127.0.0.1", bind: "0.0.0.0" });
  const names = () => new HiddenNames(() => openMulticast(options()));
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "UDPWrap").length;
  /** A socket that has its port for itself. */
  async function alone() {
    const socket = createSocket("udp4").bind(port, "0.0.0.0");
    await once(socket, "listening");
    return socket;
  }
  beforeEach(async () => {
    port = 0;
    const socket = await alone();
    port = socket.address().port;
    socket.close();
    await until(() => sockets() === 0, "the sockets of other tests to be closed");
  });

  it("a browser's answer is heard, and nothing stays open", async () => {
    const browser = multicastDns(options());
    await once(browser, "ready");
    const asked: string[] = [];
    browser.on("query", ({ questions }) => {
      asked.push(...questions.map(({ type, name }) => `${type} ${name}`));
      // What is long is not read.
      const long = Array.from({ length: 10 }, () => record("TXT", "x".repeat(200)));
      if (asked.length === 1) browser.respond([record("A", "192.0.2.8"), ...long]);
      if (asked.length === 2) browser.respond([record("TXT", "x"), record("A", "192.0.2.7")]);
    });
    expect(await names().lookUp(NAME, still)).toBe("192.0.2.7");
    expect(asked).toEqual([`A ${NAME}`, `AAAA ${NAME}`]);
    await until(() => sockets() === 1, "the socket to be closed");
    browser.destroy();
  });

  it("a port that is another's leaves the name unknown, and nothing else", async () => {
    const taken = await alone();
    expect(await names().lookUp(NAME, still)).toBeUndefined();
    await until(() => sockets() === 1, "the socket to be closed");
    taken.close();
  });

  describe("where the system has no descriptor to tell of its networks", () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => void uncaught.push(error);
    beforeEach(() => {
      uncaught.length = 0;
      process.prependListener("uncaughtException", note);
      vi.spyOn(os, "networkInterfaces").mockImplementation(() => {
        throw Object.assign(new Error("A system error occurred: uv_interface_addresses"), { code: "EMFILE" });
      });
      syncBuiltinESMExports();
    });
    afterEach(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
      process.off("uncaughtException", note);
    });

    it("names are asked for all the same", async () => {
      const ready = vi.fn();
      const found = new HiddenNames(() => openMulticast({ port, bind: "0.0.0.0" }).on("ready", ready)).lookUp(
        NAME,
        AbortSignal.timeout(500),
      );
      expect(await found).toBeUndefined();
      expect(uncaught).toEqual([]);
      expect(ready).toHaveBeenCalledOnce();
      await until(() => sockets() === 0, "the socket to be closed");
    });
  });

  // Fails when multicast-dns has mended it: `multicastSocket` may leave its networks to it then.
  it("multicast-dns still throws from its socket's event where the system does not tell of its networks", async () => {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    const emit: (name: string, ...args: unknown[]) => boolean = socket.emit.bind(socket);
    const thrown = new Promise<unknown>((resolve) => {
      socket.emit = (name: string, ...args: unknown[]) => {
        try {
          return emit(name, ...args);
        } catch (error) {
          resolve(error);
          return false;
        }
      };
    });
    const told = new Error("EMFILE");
    vi.spyOn(os, "networkInterfaces").mockImplementation(() => {
      throw told;
    });
    const plain = multicastDns({ port, bind: "0.0.0.0", socket });
    expect(await thrown).toBe(told);
    vi.restoreAllMocks();
    plain.destroy();
  });
});
