/** What tests and benches need from Debian, and how it comes. */
import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";

export interface Need {
  package: string;
  /** A file that is there once the package is. `*` stands for what machines and releases differ in. */
  file: string;
}

export const TEST_NEEDS: Need[] = [
  { package: "chromium", file: "/usr/bin/chromium" },
  {
    package: "gir1.2-gst-rtsp-server-1.0",
    file: "/usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib",
  },
  { package: "python3-gi", file: "/usr/lib/python3/dist-packages/gi" },
  { package: "gstreamer1.0-plugins-base", file: "/usr/share/doc/gstreamer1.0-plugins-base" },
  { package: "gstreamer1.0-plugins-good", file: "/usr/share/doc/gstreamer1.0-plugins-good" },
  { package: "gstreamer1.0-plugins-bad", file: "/usr/share/doc/gstreamer1.0-plugins-bad" },
  { package: "coturn", file: "/usr/bin/turnserver" },
  { package: "firefox-esr", file: "/usr/bin/firefox-esr" },
  // What Firefox decodes H.264 with when it cannot fetch its own decoder. Its name holds a number that each release has
  // another of; this one depends on whichever it is.
  { package: "libavcodec-extra", file: "/usr/lib/*/libavcodec.so.*" },
  { package: "python3-aiortc", file: "/usr/lib/python3/dist-packages/aiortc" },
  { package: "iproute2", file: "/bin/ip" },
  { package: "nftables", file: "/usr/sbin/nft" },
  { package: "conntrack", file: "/usr/sbin/conntrack" },
  { package: "procps", file: "/sbin/sysctl" },
  { package: "openssl", file: "/usr/bin/openssl" },
  // Compiles the clock that the tests set.
  { package: "tcc", file: "/usr/bin/tcc" },
];

/** The packages of what is not here. */
export function missingOf(needs: Need[]): string[] {
  const missing = needs.filter(({ file }) => globSync(file).length === 0);
  return [...new Set(missing.map((need) => need.package))];
}

/** Asks nobody anything. Told on the command line, for sudo lets no variable of ours through. */
export function aptCommand(root: boolean, args: string[]): [string, ...string[]] {
  return [root ? "env" : "sudo", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
}

const INSTALL = ["install", "-y", "--no-install-recommends"];

/** What to run where nothing may be installed from here. */
export function byHand(packages: string[]): string {
  return `sudo apt-get update && sudo apt-get ${[...INSTALL, ...packages].join(" ")}`;
}

/**
 * Installs what is missing when this user may, or says in one line what to run.
 * @returns false when something is still missing
 */
export function ensure(needs: Need[]): boolean {
  const missing = missingOf(needs);
  if (missing.length === 0) return true;
  const root = process.getuid?.() === 0;
  const sudo = !root && spawnSync("sudo", ["-n", "true"]).status === 0;
  if ((!root && !sudo) || !existsSync("/usr/bin/apt-get")) {
    console.error(`Missing from this machine: ${missing.join(", ")}. Install with:\n  ${byHand(missing)}`);
    return false;
  }
  console.log(`Installing what is missing here: ${missing.join(", ")}`);
  const run = (args: string[]) => {
    const [command, ...rest] = aptCommand(root, args);
    return spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  };
  // One name that apt does not know would keep it from installing any.
  const isKnown = (name: string) => spawnSync("apt-cache", ["show", name]).status === 0;
  run(["update", "-q"]);
  const known = missing.filter(isKnown);
  if (known.length > 0) run([...INSTALL, "-q", ...known]);
  const left = missingOf(needs);
  if (left.length === 0) return true;
  const unknown = left.filter((name) => !known.includes(name));
  const why = unknown.length > 0 ? ` apt does not know ${unknown.join(", ")} on this release of the system.` : "";
  console.error(`Still missing from this machine: ${left.join(", ")}.${why}`);
  return false;
}
