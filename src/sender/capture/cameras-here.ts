import { readdirSync } from "node:fs";

/** The cameras that are plugged in, in a sentence for whoever named one that is not. */
export function camerasHere(platform = process.platform): string {
  if (platform !== "linux") return "USB cameras work on Linux only so far; rtsp://, http:// and files work here.";
  const devices = readdirSync("/dev").filter((name) => /^video\d+$/.test(name));
  if (devices.length === 0) return "This machine has no camera: is it plugged in?";
  return `Cameras here: ${devices.map((name) => `/dev/${name}`).join(", ")}.`;
}
