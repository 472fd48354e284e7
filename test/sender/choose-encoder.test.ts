import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../src/sender/command/parse.ts";
import { chooseEncoder, faultOf, firstThatWorks, works } from "../../src/sender/encode/choose.ts";
import { HARDWARE, RECIPES, X264 } from "../../src/sender/encode/recipe.ts";

Log.setLevel(AV_LOG_QUIET);

describe("the encoder", () => {
  it("is x264 unless another is named, and has to give out what it is given", async () => {
    expect(await chooseEncoder("x264")).toBe(X264);
    expect(await works(X264)).toBe(true);
    expect(await works({ ...X264, options: { preset: "medium", "x264-params": "bframes=2:rc-lookahead=20" } })).toBe(
      false,
    );
  });

  it.each([
    ["keyframes without parameter sets", "repeat-headers=0"],
    ["keyframes that nobody asked for", "keyint=1"],
  ])("works not with %s", async (_, params) => {
    expect(await works({ ...X264, options: { ...X264.options, "x264-params": params } })).toBe(false);
  });

  it("named auto is one that works here", async () => {
    const chosen = await chooseEncoder("auto");
    expect(RECIPES).toContain(chosen);
    expect(await works(chosen)).toBe(true);
  });

  it("is one that works with the camera's pictures", async () => {
    const evenOnly = { ...X264 };
    const trial = { width: 321, height: 180, fps: 30, bitrateBps: 500_000 };
    expect(await works(evenOnly)).toBe(true);
    expect(await firstThatWorks([evenOnly], trial)).toBeUndefined();
    expect(await firstThatWorks([evenOnly], { ...trial, width: 320 })).toBe(evenOnly);
  });

  it("that does not work says why", async () => {
    expect(await faultOf(X264)).toBeUndefined();
    expect(await faultOf({ ...X264, options: { preset: "no-such-preset" } })).toMatch(
      /^libx264 refuses 640x360 at 30 fps \(FFmpeg: .+\)\.$/,
    );
    expect(await faultOf({ ...X264, options: { preset: "medium" } })).toMatch(
      /^libx264 does not give out each picture/,
    );
  });

  it("that does not work here is refused with the names of those that do", async () => {
    const broken = [];
    for (const recipe of HARDWARE) if (!(await works(recipe))) broken.push(recipe.name);
    for (const name of broken) {
      await expect(chooseEncoder(name)).rejects.toThrow(
        /^The encoder \w+ does not work on this machine: .*(h264_\w+ .+|This FFmpeg has no h264_\w+ encoder)\. These do: x264/,
      );
    }
  });

  it("is named on the command line as here", () => {
    for (const { name } of RECIPES) {
      expect(parseCommand(["send", "--encoder", name], {})).toMatchObject({ config: { encoder: name } });
    }
    expect(() => parseCommand(["send", "--encoder", "h265"], {})).toThrow(
      '--encoder takes auto, x264, nvenc, qsv, amf or v4l2m2m, not "h265".',
    );
  });
});
