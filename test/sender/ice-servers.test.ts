import { describe, expect, it } from "vitest";
import { addressesOf } from "../../src/sender/peer/host-addresses.ts";
import { readIceServers, type TurnServer } from "../../src/sender/peer/ice-urls.ts";
import { planRelays } from "../../src/sender/peer/relay-plan.ts";
import { firstToSucceed } from "../../src/sender/peer/staggered.ts";

const USER = { username: "user", credential: "secret" };

describe("an ICE server's URL", () => {
  it.each<[string, object | undefined]>([
    ["stun:stun.example", { host: "stun.example", port: 3_478 }],
    ["stun:192.0.2.1:1234", { host: "192.0.2.1", port: 1_234 }],
    ["stun:[2001:db8::1]:1234", { host: "2001:db8::1", port: 1_234 }],
    ["stun:[not-an-address]", undefined],
    ["stun:example:99999", undefined],
    ["stun:2001:db8::1", undefined],
    ["stuns:stun.example", undefined],
  ])("%s", (url, server) => {
    expect(readIceServers([{ urls: [url] }]).stun).toEqual(server ? [server] : []);
  });

  it.each<[string, object | undefined]>([
    ["turn:turn.example", { host: "turn.example", port: 3_478, transport: "udp" }],
    ["turn:turn.example:443?transport=tcp", { host: "turn.example", port: 443, transport: "tcp" }],
    ["TURN:turn.example?transport=UDP", { host: "turn.example", port: 3_478, transport: "udp" }],
    ["turns:turn.example", { host: "turn.example", port: 5_349, transport: "tls" }],
    ["turns:[2001:db8::1]:443?transport=tcp", { host: "2001:db8::1", port: 443, transport: "tls" }],
    ["turns:turn.example?transport=udp", undefined],
    ["turn:turn.example?transport=sctp", undefined],
  ])("%s", (url, server) => {
    expect(readIceServers([{ urls: [url], ...USER }]).turn).toEqual(server ? [{ ...server, ...USER }] : []);
  });

  it("of a TURN server without credentials is of no use", () => {
    expect(readIceServers([{ urls: ["turn:turn.example"] }]).turn).toEqual([]);
  });
});

describe("the order in which TURN servers are tried", () => {
  const server = (transport: TurnServer["transport"], host = "turn.example") => ({ host, port: 1, transport, ...USER });
  const plan = (servers: TurnServer[], worked?: TurnServer["transport"]) =>
    planRelays(servers, worked).map(({ server: { transport, host }, afterMs }) => `${transport} ${host} ${afterMs}`);

  it("is UDP, TCP, TLS, whatever the list's", () => {
    expect(plan([server("tls"), server("tcp"), server("udp")])).toEqual([
      "udp turn.example 0",
      "tcp turn.example 250",
      "tls turn.example 450",
    ]);
  });

  it("begins with what worked before as well", () => {
    expect(plan([server("udp"), server("tls")], "tls")).toEqual(["udp turn.example 0", "tls turn.example 0"]);
  });

  it("comes to a second server soon, and not to endlessly many", () => {
    expect(plan([server("udp", "one"), server("udp", "two")])).toEqual(["udp one 0", "udp two 100"]);
    expect(plan(Array.from({ length: 20 }, () => server("udp")))).toHaveLength(6);
  });
});

describe("several ways to one end", () => {
  const never = () => Promise.withResolvers<string>().promise;
  const fails = () => Promise.reject(new Error("no"));
  const at = (afterMs: number, run: () => Promise<string>) => ({ afterMs, run });
  const open = new AbortController().signal;

  it("the first that works wins, though another began before it", async () => {
    const won = await firstToSucceed([at(0, never), at(5, async () => "second")], () => {}, open);
    expect(won).toBe("second");
  });

  it("the next is tried at once when the one before fails", async () => {
    expect(await firstToSucceed([at(0, fails), at(1e9, async () => "second")], () => {}, open)).toBe("second");
  });

  it("nothing comes of it when all fail, or there are none, or it is over", async () => {
    expect(await firstToSucceed([at(0, fails), at(1, fails)], () => {}, open)).toBeUndefined();
    expect(await firstToSucceed([], () => {}, open)).toBeUndefined();
    expect(await firstToSucceed([at(0, never)], () => {}, AbortSignal.abort())).toBeUndefined();
  });

  it("what succeeds too late is given to whoever discards it", async () => {
    const late = Promise.withResolvers<string>();
    const discarded: string[] = [];
    const won = await firstToSucceed(
      [at(0, () => late.promise), at(0, async () => "quick")],
      (outcome) => discarded.push(outcome),
      open,
    );
    late.resolve("late");
    await Promise.resolve();
    expect([won, discarded]).toEqual(["quick", ["late"]]);
  });
});

describe("the addresses behind a name", () => {
  it("of an address are itself", async () => {
    expect(await addressesOf("192.0.2.1")).toEqual([{ address: "192.0.2.1", family: 4 }]);
    expect(await addressesOf("2001:db8::1")).toEqual([{ address: "2001:db8::1", family: 6 }]);
  });

  it("are asked for once, and IPv4 comes first", async () => {
    const asked = addressesOf("localhost");
    expect(addressesOf("localhost")).toBe(asked);
    expect((await asked)[0]).toEqual({ address: "127.0.0.1", family: 4 });
  });

  it("of a name that means nothing are an error", async () => {
    await expect(addressesOf("nobody.invalid")).rejects.toThrow();
  });
});
