import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { expect, it } from "vitest";
import { chooseCamera } from "../../src/sender/capture/camera.ts";

Log.setLevel(AV_LOG_QUIET);

const SDP = [
  "v=0",
  "o=- 0 0 IN IP4 127.0.0.1",
  "s=camera",
  "t=0 0",
  "m=audio 0 RTP/AVP 8",
  "a=control:sound",
  "m=video 0 RTP/AVP 96",
  "a=rtpmap:96 H264/90000",
  "a=control:picture",
  "",
].join("\r\n");

it("an RTSP camera is not asked for its sound", async () => {
  const asked: string[] = [];
  const playing = Promise.withResolvers<void>();
  // RFC 2326, as far as it takes.
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const [, method = "", url = ""] = /^(\w+) (\S+)/.exec(String(data)) ?? [];
      const [, number] = /^CSeq: (\d+)/im.exec(String(data)) ?? [];
      if (method === "SETUP") asked.push(url.split("/").at(-1) ?? "");
      if (method === "PLAY") playing.resolve();
      const headers = {
        DESCRIBE: `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n`,
        SETUP: "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n",
        PLAY: "Session: 1\r\n",
      }[method];
      socket.write(`RTSP/1.0 200 OK\r\nCSeq: ${number}\r\n${headers ?? ""}\r\n${method === "DESCRIBE" ? SDP : ""}`);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const abort = new AbortController();
  const url = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
  const opening = chooseCamera(url, {}).open(abort.signal);
  await Promise.race([playing.promise, opening]);
  abort.abort();
  await expect(opening).rejects.toThrow();
  expect(asked).toEqual(["picture"]);
  server.close();
});
