import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PEERS } from "../../bench/peers/catalogue.ts";
import { aptCommand, missingOf, TEST_NEEDS } from "../../scripts/debian.ts";

it("what tests and benches need is looked for on any machine and release of Debian", () => {
  const needs = [...TEST_NEEDS, ...PEERS.flatMap((peer) => peer.needs)];
  const bound = needs.filter(({ package: name, file }) => /linux-gnu|\.so\.\d/.test(file) || /^lib.*\d$/.test(name));
  expect(bound).toEqual([]);
});

it("a need is missing until its file is there, wherever this machine keeps it", () => {
  const root = mkdtempSync(join(tmpdir(), "sightline-debian-"));
  const needs = [
    { package: "libavcodec-extra", file: join(root, "*", "libavcodec.so.*") },
    { package: "libavcodec-extra", file: join(root, "*", "libavutil.so.*") },
    { package: "openssl", file: join(root, "openssl") },
  ];
  expect(missingOf(needs)).toEqual(["libavcodec-extra", "openssl"]);
  mkdirSync(join(root, "aarch64-linux-gnu"));
  for (const name of ["libavcodec.so.61", "libavutil.so.59"]) writeFileSync(join(root, "aarch64-linux-gnu", name), "");
  writeFileSync(join(root, "openssl"), "");
  expect(missingOf(needs)).toEqual([]);
  rmSync(root, { recursive: true });
});

it("apt asks nothing, by sudo either, which lets no variable through that is not on its command line", () => {
  expect(aptCommand(false, ["update"])).toEqual(["sudo", "DEBIAN_FRONTEND=noninteractive", "apt-get", "update"]);
  expect(aptCommand(true, ["update"])).toEqual(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "update"]);
});
