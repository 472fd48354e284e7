/** What tests and benches need from Debian, and how it comes. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

export interface Need {
  package: string;
  /** A file that is there once the package is. */
  file: string;
}

export const TEST_NEEDS: Need[] = [
  { package: "chromium", file: "/usr/bin/chromium" },
  {
    package: "gir1.2-gst-rtsp-server-1.0",
    file: "/usr/lib/x86_64-linux-gnu/girepository-1.0/GstRtspServer-1.0.typelib",
  },
  { package: "python3-gi", file: "/usr/lib/python3/dist-packages/gi" },
  { package: "gstreamer1.0-plugins-base", file: "/usr/share/doc/gstreamer1.0-plugins-base" },
  { package: "gstreamer1.0-plugins-good", file: "/usr/share/doc/gstreamer1.0-plugins-good" },
  { package: "gstreamer1.0-plugins-bad", file: "/usr/share/doc/gstreamer1.0-plugins-bad" },
  { package: "coturn", file: "/usr/bin/turnserver" },
  { package: "firefox-esr", file: "/usr/bin/firefox-esr" },
  // What Firefox decodes H.264 with when it cannot fetch its own decoder.
  { package: "libavcodec59", file: "/usr/lib/x86_64-linux-gnu/libavcodec.so.59" },
  { package: "python3-aiortc", file: "/usr/lib/python3/dist-packages/aiortc" },
  { package: "iproute2", file: "/sbin/ip" },
  { package: "nftables", file: "/usr/sbin/nft" },
  { package: "conntrack", file: "/usr/sbin/conntrack" },
  { package: "procps", file: "/sbin/sysctl" },
  { package: "openssl", file: "/usr/bin/openssl" },
  // Compiles the clock that the tests set.
  { package: "tcc", file: "/usr/bin/tcc" },
];

/**
 * Installs what is missing when this user may, or says in one line what to run.
 * @returns false when something is still missing
 */
export function ensure(needs: Need[]): boolean {
  const missing = [...new Set(needs.filter(({ file }) => !existsSync(file)).map((need) => need.package))];
  if (missing.length === 0) return true;
  const root = process.getuid?.() === 0;
  const sudo = !root && spawnSync("sudo", ["-n", "true"]).status === 0;
  const byHand = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if ((!root && !sudo) || !existsSync("/usr/bin/apt-get")) {
    console.error(`Missing from this machine: ${missing.join(", ")}. Install with:\n  ${byHand}`);
    return false;
  }
  console.log(`Installing what is missing here: ${missing.join(", ")}`);
  const run = (args: string[]) =>
    spawnSync(root ? "apt-get" : "sudo", root ? args : ["apt-get", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  const installed = run(["update", "-q"]) && run(["install", "-qy", "--no-install-recommends", ...missing]);
  if (!installed) console.error(`That failed. By hand:\n  ${byHand}`);
  return installed;
}
