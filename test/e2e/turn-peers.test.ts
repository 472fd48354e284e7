import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Coturn } from "../support/coturn.ts";
import { ROOT } from "../support/processes.ts";
import { TurnClient } from "../support/turn-client.ts";

const FORBIDDEN = 403;

/** The lines that docs/deploy.md gives an operator, as options. */
function documented(): string[] {
  const page = readFileSync(join(ROOT, "docs/deploy.md"), "utf8");
  return (page.match(/^(?:denied-peer-ip=\S+|no-[\w-]+|\w+-quota=\d+|max-[\w-]+=\d+)/gm) ?? []).map(
    (line) => `--${line}`,
  );
}

it("coturn as documented relays to the internet, and into no private network", async () => {
  const options = documented();
  expect(options.length).toBeGreaterThan(20);
  expect(options).toContainEqual(expect.stringMatching(/^--max-allocate-lifetime=\d+$/));
  // The tests' own console goes by what `no-cli` turns off.
  await using turn = await Coturn.open(options.filter((option) => option !== "--no-cli"));
  using client = await TurnClient.allocate(turn.url, Coturn.secret);
  const asked = [
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
  ];
  for (const address of asked) expect([address, await client.permit(address)]).toEqual([address, FORBIDDEN]);
  for (const address of ["0.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"]) {
    expect([address, await client.permit(address)]).toEqual([address, FORBIDDEN]);
  }
  for (const address of ["1.1.1.1", "172.32.0.1", "172.15.255.254"]) {
    expect([address, await client.permit(address)]).toEqual([address, undefined]);
  }
});

it("coturn without them relays to a private network: the lines are what refuses", async () => {
  await using turn = await Coturn.open();
  using client = await TurnClient.allocate(turn.url, Coturn.secret);
  expect(await client.permit("10.0.0.1")).toBeUndefined();
});
