import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { cpuMs } from "../../../bench/cost/cpu.ts";

const BUSY_MS = 300;
/** Of its own thread, so that another's work does not pass for it. */
const BUSY = `while (process.threadCpuUsage().user < ${BUSY_MS * 1_000});`;

it("the CPU time of a process has that of its threads that have ended", async () => {
  const beforeMs = cpuMs(process.pid);
  await once(new Worker(BUSY, { eval: true }), "exit");
  expect(cpuMs(process.pid) - beforeMs).toBeGreaterThanOrEqual(BUSY_MS - 20);
});
