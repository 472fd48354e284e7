import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { CAMERA_METRICS, metricsText, RUNG_METRICS, VIEWER_METRICS } from "../../../src/sender/stats/metrics.ts";
import { MetricsServer } from "../../../src/sender/stats/metrics-server.ts";
import { CAMERA, RUNG, VIEWER } from "./examples.ts";

const STATS = {
  cameras: [CAMERA],
  viewers: [VIEWER, { ...VIEWER, index: 3, limitedBy: "loss" as const, rung: undefined }],
};

const linesOf = (text: string) => text.split("\n").filter((line) => line && !line.startsWith("#"));

describe("the metrics", () => {
  it("have every number, labelled by numbers alone", async () => {
    const lines = linesOf(await metricsText(STATS));
    expect(lines).toEqual(
      expect.arrayContaining([
        "sightline_viewers 2",
        'sightline_camera_frames_captured_total{camera="0"} 900',
        'sightline_rung_encode_seconds{camera="0",rung="4"} 0.0024',
        'sightline_viewer_rtt_seconds{viewer="1"} 0.0124',
        'sightline_viewer_loss_ratio{viewer="3"} 0.001',
        'sightline_viewer_rung{viewer="1"} 4',
        'sightline_viewer_frames_dropped_behind_total{viewer="1"} 8',
        'sightline_viewer_packets_refused_total{viewer="1"} 9',
        'sightline_viewer_retransmissions_dropped_over_budget_total{viewer="3"} 6',
        'sightline_viewer_limited_by{viewer="1",by="delay"} 1',
        'sightline_viewer_limited_by{viewer="3",by="loss"} 1',
      ]),
    );
    // Of each its own; the second viewer has no rung yet.
    expect(lines).toHaveLength(1 + CAMERA_METRICS.length + RUNG_METRICS.length + 2 * VIEWER_METRICS.length - 1 + 2);
  });

  it("hold no id, name or address", async () => {
    expect(await metricsText(STATS)).not.toMatch(/secret|rtsp/);
  });

  it("say which of them only grow", async () => {
    const types = Array.from((await metricsText(STATS)).matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => [
      name,
      type,
    ]);
    expect(types.length).toBeGreaterThan(20);
    expect(types.filter(([name, type]) => name?.endsWith("_total") !== (type === "counter"))).toEqual([]);
  });

  it("nothing is said of viewers and cameras that are not there", async () => {
    expect(linesOf(await metricsText({ cameras: [], viewers: [] }))).toEqual(["sightline_viewers 0"]);
    const { lossFraction: _lossFraction, queueMs: _queueMs, ...unmeasured } = VIEWER;
    const viewers = linesOf(await metricsText({ cameras: [], viewers: [unmeasured] }));
    expect(viewers.filter((line) => /loss_ratio|queue_seconds/.test(line))).toEqual([]);
    const rungs = linesOf(
      await metricsText({ cameras: [{ ...CAMERA, rungs: [{ ...RUNG, encodeMs: undefined }] }], viewers: [] }),
    );
    expect(rungs.filter((line) => line.includes("encode_seconds"))).toEqual([]);
  });
});

describe("the metrics' server", () => {
  it("answers GET and HEAD of /metrics as Prometheus wants it, and nothing else", async () => {
    await using server = await MetricsServer.open({ host: "127.0.0.1", port: 0 }, () => STATS);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const response = await fetch(server.url);
    expect([response.status, response.headers.get("Content-Type")]).toEqual([
      200,
      expect.stringMatching(/^text\/plain.*version=0\.0\.4/),
    ]);
    expect(await response.text()).toBe(await metricsText(STATS));
    expect((await fetch(server.url, { method: "HEAD" })).status).toBe(200);
    expect((await fetch(server.url, { method: "POST" })).status).toBe(405);
    expect((await fetch(new URL("/", server.url))).status).toBe(404);
  });

  it("is gone when it is closed, also for those who keep their connection", async () => {
    const server = await MetricsServer.open({ host: "127.0.0.1", port: 0 }, () => STATS);
    await (await fetch(server.url)).text();
    await server[Symbol.asyncDispose]();
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it("names a taken port, and how to choose another", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await expect(MetricsServer.open({ host: "127.0.0.1", port }, () => STATS)).rejects.toMatchObject({
      reason: "usage",
      message: `Port ${port} for metrics is taken. Choose another with --metrics, or 0 for any free one.`,
    });
    taken.close();
    await expect(MetricsServer.open({ host: "192.0.2.1", port }, () => STATS)).rejects.toThrow(
      /no address of this machine/,
    );
  });
});
