import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../src/sender/command/parse.ts";
import { BAD_PORTS } from "../../src/sender/edge/bad-ports.ts";

const ENV = { XDG_STATE_HOME: "/state" };
const EDGE = { host: "127.0.0.1", port: 8787, lan: false, trustProxy: false, stateDir: "/state/sightline" };
const SEND = {
  ...EDGE,
  cameras: ["pattern"],
  bitrateBps: 2_500_000,
  encoder: "x264",
  whep: false,
  relayOnly: false,
  json: false,
};

const parse = (line: string, env: Record<string, string> = ENV) => parseCommand(line.split(" ").filter(Boolean), env);

describe("sightline send", () => {
  it.each([
    ["", {}],
    ["--camera /dev/video2", { cameras: ["/dev/video2"] }],
    ["--size 1280x720 --fps 29.97 --bitrate 800k", { width: 1280, height: 720, fps: 29.97, bitrateBps: 800_000 }],
    ["--session front-door --state /var/lib/s", { session: "front-door", stateDir: "/var/lib/s" }],
    ["--host 0.0.0.0 --port 0", { host: "0.0.0.0", port: 0 }],
    ["--lan", { lan: true, host: "0.0.0.0" }],
    ["--json", { json: true }],
    ["--edge https://example.com", { edge: "https://example.com" }],
    ["--edge HTTP://Example.com:8080/a/path?q#f", { edge: "http://example.com:8080" }],
    ["--port=9000", { port: 9_000 }],
    ["--expires 2h --max-viewers 3", { expiresMs: 7_200_000, maxViewers: 3 }],
    ["--playout auto", {}],
    ["--playout 0", { playoutMs: 0 }],
    ["--playout 500", { playoutMs: 500 }],
    ["--json --stats 2.5", { json: true, statsEveryMs: 2_500 }],
    ["--metrics 9464", { metrics: { host: "127.0.0.1", port: 9_464 } }],
    ["--metrics 0", { metrics: { host: "127.0.0.1", port: 0 } }],
    ["--metrics 0.0.0.0:9464", { metrics: { host: "0.0.0.0", port: 9_464 } }],
    ["--metrics [::1]:9464", { metrics: { host: "::1", port: 9_464 } }],
    ["--metrics robot.local:1", { metrics: { host: "robot.local", port: 1 } }],
    ["--encoder auto", { encoder: "auto" }],
    ["--whep --relay-only --trust-proxy", { whep: true, relayOnly: true, trustProxy: true }],
  ])("%s", (flags, wanted) => {
    expect(parse(`send ${flags}`)).toEqual({ kind: "send", config: { ...SEND, ...wanted } });
  });

  it("takes edge and publish key from the environment, and the flag before it", () => {
    const env = { ...ENV, SIGHTLINE_EDGE: "https://env.example", SIGHTLINE_PUBLISH_KEY: "key" };
    expect(parse("send", env)).toMatchObject({ config: { edge: "https://env.example", publishKey: "key" } });
    expect(parse("send --edge https://flag.example", env)).toMatchObject({ config: { edge: "https://flag.example" } });
  });

  it("takes the publish key without the blanks around it, and refuses one that no header carries", () => {
    const withKey = (key: string) => parse("send", { ...ENV, SIGHTLINE_PUBLISH_KEY: key });
    expect(withKey(" key\n")).toMatchObject({ config: { publishKey: "key" } });
    for (const key of ["two words", "schlüssel", "k".repeat(513)]) {
      const refused = expect.objectContaining({ reason: "usage", message: expect.not.stringContaining(key) });
      expect(() => withKey(key)).toThrow(refused);
      expect(() => withKey(key)).toThrow(/^SIGHTLINE_PUBLISH_KEY (holds a character that no header carries|is longer)/);
    }
  });

  it("takes an empty variable of the environment for an unset one", () => {
    const config = { edge: undefined, stateDir: expect.stringMatching(/^\/.+\/\.local\/state\/sightline$/) };
    const { config: read } = parse("send", { XDG_STATE_HOME: "", SIGHTLINE_EDGE: "" }) as { config: object };
    expect({ edge: undefined, ...read }).toMatchObject(config);
  });

  it.each(["--lan", "--port 9000", "--host 127.0.0.2", "--trust-proxy"])(
    "%s wants the edge here, whatever the environment says",
    (flag) => {
      const command = parse(`send ${flag}`, { ...ENV, SIGHTLINE_EDGE: "https://env.example" });
      expect(command).toMatchObject({ kind: "send" });
      expect(command).not.toHaveProperty("config.edge");
    },
  );

  it("keeps its state in the home folder when nothing else is said", () => {
    expect(parse("send", {})).toMatchObject({
      config: { stateDir: expect.stringMatching(/\.local\/state\/sightline$/) },
    });
  });
});

it.each([
  ["", {}],
  ["--port 80 --lan --json", { port: 80, lan: true, host: "0.0.0.0", json: true }],
])("sightline serve %s", (flags, wanted) => {
  expect(parse(`serve ${flags}`)).toEqual({ kind: "serve", config: { ...EDGE, json: false, ...wanted } });
});

describe("the owner's commands", () => {
  const both = { stateDir: "/state/sightline", roles: ["viewer", "operator"], json: false };
  it.each([
    ["status", { ...both, action: "status" }],
    ["end --session front-door --json", { ...both, action: "end", session: "front-door", json: true }],
    ["rotate", { ...both, action: "rotate" }],
    ["rotate --role both", { ...both, action: "rotate" }],
    ["rotate --role viewer", { ...both, action: "rotate", roles: ["viewer"] }],
    ["rotate --role operator --state /s", { ...both, action: "rotate", roles: ["operator"], stateDir: "/s" }],
    [
      "kick --session robot-robot-robot-ro -AAAAAAAAAAAAAAAAAAAA-",
      {
        ...both,
        action: "kick",
        viewer: "-AAAAAAAAAAAAAAAAAAAA-",
        session: "robot-robot-robot-ro",
      },
    ],
    ["kick abc --edge https://example.com", { ...both, action: "kick", viewer: "abc", edge: "https://example.com" }],
  ])("sightline %s", (line, config) => {
    expect(parse(line)).toEqual({ kind: "owner", config });
  });
});

it("says its version, as the package has it", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const argv of [["--version"], ["send", "--version"]])
    expect(parseCommand(argv, {})).toEqual({ kind: "text", text: `${version}\n` });
});

it.each(["", "help", "--help", "-h", "send --help", "send -h", "serve --help"])("%j shows the help", (line) => {
  expect(parse(line)).toEqual({ kind: "text", text: expect.stringMatching(/sightline send[\s\S]*Exit codes/) });
});

describe("what is wrong is named, with what is right:", () => {
  it.each([
    ["watch", '"watch" is no command. There are: send, serve, status, rotate, kick, end. Try --help.'],
    ["--camera pattern", '"--camera" is no command.'],
    ["send --sise 1x1", "Unknown option '--sise'. Try --help."],
    ["send pattern", "Unexpected argument 'pattern'."],
    ["send --camera=", '--camera takes pattern, /dev/video0, a file, or an rtsp:// or http:// address, not "".'],
    ["send --camera", "Option '--camera <value>' argument missing. Try --help."],
    ["send --lan=yes", "Option '--lan' does not take an argument. Try --help."],
    ["send --size big", '--size takes an even width and height such as 1280x720, not "big".'],
    ["send --size 1281x720", '--size takes an even width and height such as 1280x720, not "1281x720".'],
    ["send --fps 0", '--fps takes a number from 1 to 240, not "0".'],
    ["send --fps 241", '--fps takes a number from 1 to 240, not "241".'],
    ["send --fps fast", '--fps takes a number from 1 to 240, not "fast".'],
    ["send --fps=", '--fps takes a number from 1 to 240, not "".'],
    ["send --bitrate 1", '--bitrate takes 50k to 100M, such as 800k or 2.5M, not "1".'],
    ["send --bitrate 2.5Mbps", '--bitrate takes 50k to 100M, such as 800k or 2.5M, not "2.5Mbps".'],
    ["send --session a/b", '--session takes 3 to 64 characters out of A-Z a-z 0-9 _ -, not "a/b".'],
    ["send --session ../../etc", "--session takes 3 to 64 characters"],
    ["send --port 65536", '--port takes a number from 0 to 65535, not "65536".'],
    ["send --port -1", "--port"],
    ["send --port 80.5", '--port takes a number from 0 to 65535, not "80.5".'],
    ["send --port=", '--port takes a number from 0 to 65535, not "".'],
    ["send --port http", '--port takes a number from 0 to 65535, not "http".'],
    [
      "send --port 6000",
      "Browsers open no page on port 6000, which is another protocol's. Choose another with --port.",
    ],
    ["serve --port 10080", "Browsers open no page on port 10080"],
    ["serve --port x", '--port takes a number from 0 to 65535, not "x".'],
    ["serve --camera pattern", "Unknown option '--camera'."],
    ["send --expires soon", '--expires takes 1s to 366d, such as 30m or 2h, not "soon".'],
    ["send --expires 0.5s", '--expires takes 1s to 366d, such as 30m or 2h, not "0.5s".'],
    ["send --expires 367d", '--expires takes 1s to 366d, such as 30m or 2h, not "367d".'],
    ["send --max-viewers 0", '--max-viewers takes a number from 1 to 1000, not "0".'],
    ["send --max-viewers 1001", '--max-viewers takes a number from 1 to 1000, not "1001".'],
    ["send --max-viewers 2.5", '--max-viewers takes a number from 1 to 1000, not "2.5".'],
    ["send --max-viewers=", '--max-viewers takes a number from 1 to 1000, not "".'],
    ["send --playout 501", '--playout takes auto, or 0 to 500 milliseconds, not "501".'],
    ["send --playout -1", "--playout"],
    ["send --playout 0.5", '--playout takes auto, or 0 to 500 milliseconds, not "0.5".'],
    ["send --playout 100ms", '--playout takes auto, or 0 to 500 milliseconds, not "100ms".'],
    ["send --playout=", '--playout takes auto, or 0 to 500 milliseconds, not "".'],
    ["send --json --stats 0", '--stats takes 1 to 3600 seconds, not "0".'],
    ["send --json --stats often", '--stats takes 1 to 3600 seconds, not "often".'],
    ["send --json --stats=", '--stats takes 1 to 3600 seconds, not "".'],
    ["send --stats 5", "give --json with it"],
    ["send --metrics 65536", '--metrics takes a port, or an address and a port such as 0.0.0.0:9464, not "65536".'],
    ["send --metrics :9464", '--metrics takes a port, or an address and a port such as 0.0.0.0:9464, not ":9464".'],
    [
      "send --metrics ::1:9464",
      '--metrics takes a port, or an address and a port such as 0.0.0.0:9464, not "::1:9464".',
    ],
    ["send --metrics http://a:1", "--metrics takes a port"],
    ["send --metrics localhost", "--metrics takes a port"],
    ["send --metrics=", "--metrics takes a port"],
    ["kick", "sightline kick takes one viewer's id"],
    ["kick a b", "sightline kick takes one viewer's id"],
    ["status abc", "Unexpected argument 'abc'."],
    ["rotate --role admin", '--role takes viewer, operator or both, not "admin".'],
    ["end --session ../x", "--session takes 3 to 64 characters"],
    ["status --edge nowhere", "--edge takes an address such as"],
    ["send --edge https://example.com --trust-proxy", "with --edge there is none. Leave one out."],
    ["send --lan --host 10.0.0.1", "--lan listens on every interface, --host on one. Leave one out."],
    [
      "send --edge example.com",
      '--edge takes an address such as https://sightline.example.workers.dev, not "example.com".',
    ],
    ["send --edge=", '--edge takes an address such as https://sightline.example.workers.dev, not "".'],
    ["send --host=", '--host takes an address of this machine, not "".'],
    ["serve --host=", '--host takes an address of this machine, not "".'],
    ["send --state=", '--state takes a folder, not "".'],
    ["status --state=", '--state takes a folder, not "".'],
    ["send --edge ftp://example.com", "--edge takes an address such as"],
    ["send --edge https://u:hunter2@example.com", "--edge takes no user name or password; use SIGHTLINE_PUBLISH_KEY."],
    ["send --edge https://example.com --lan", "with --edge there is none. Leave one out."],
    ["send --edge https://example.com --port 80", "with --edge there is none. Leave one out."],
    [
      "send --camera pattern --camera /dev/video0",
      "Give --camera once. Start one `sightline send --session NAME` for each",
    ],
  ])("%s", (line, sentence) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ reason: "usage", code: "usage", message: expect.stringContaining(sentence) }),
    );
  });

  it("without repeating a password", () => {
    expect(() => parse("send --edge https://u:hunter2@example.com")).not.toThrow(/hunter2/);
  });
});

it("the ports that it refuses are none that Node's own fetch opens", async () => {
  const reasons = [...BAD_PORTS].map(async (port) => {
    const error = await fetch(`http://127.0.0.1:${port}`).catch((error: Error) => error);
    return error instanceof Error && error.cause instanceof Error && error.cause.message;
  });
  expect(new Set(await Promise.all(reasons))).toEqual(new Set(["bad port"]));
});
