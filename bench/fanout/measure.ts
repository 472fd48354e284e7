import { setTimeout as sleep } from "node:timers/promises";
import { childrenOf, cpuMs } from "../cost/cpu.ts";
import type { LineProcess } from "../peers/line-process.ts";
import { Child } from "./child.ts";
import type { FromViewers, Reception, ToViewers } from "./messages.ts";

/** Until congestion control trusts the network with the whole bitrate, and then. */
export interface Durations {
  settleMs: number;
  measureMs: number;
}

export interface Load extends Reception {
  viewers: number;
  /** Share of one core, the encoder's too. */
  cores: number;
  /** Of that the encoder's, where it is a process of its own. */
  encoderCores?: number;
  /** The viewers' process's, beside it: near a whole core, the lag is theirs. */
  viewersCores: number;
  kbpsPerViewer: number;
}

/** So many viewers of one sender, which is opened and ended for it. */
export async function measure(
  open: () => LineProcess,
  count: number,
  { settleMs, measureMs }: Durations,
): Promise<Load> {
  await using sender = open();
  using viewers = new Child<ToViewers, FromViewers>("./viewers.ts");
  const { rtpEpochMs = 0 } = await sender.hears("ready");
  for (let viewer = 0; viewer < count; viewer++) {
    viewers.tell({ type: "open", viewer });
    const { sdp: offer } = await viewers.hears("offer");
    viewers.tell({ type: "answer", viewer, sdp: await sender.answer(offer, viewer) });
    await Promise.all([viewers.hears("connected"), sender.hears("connected", viewer)]);
  }
  await sleep(settleMs);
  viewers.tell({ type: "measure", rtpEpochMs });
  const encoders = childrenOf(sender.pid);
  const cpus = () => [viewers.pid, sender.pid, ...encoders].map(cpuMs);
  const [before, fromMs] = [cpus(), performance.now()];
  await sleep(measureMs);
  const elapsedMs = performance.now() - fromMs;
  const [viewersCores = 0, own = 0, ...others] = cpus().map((used, i) => (used - (before[i] ?? 0)) / elapsedMs);
  const encoderCores = others.reduce((sum, cores) => sum + cores, 0);
  viewers.tell({ type: "report" });
  const { reception } = await viewers.hears("reported");
  return {
    viewers: count,
    cores: own + encoderCores,
    ...(encoders.length > 0 ? { encoderCores } : {}),
    viewersCores,
    kbpsPerViewer: (reception.bytes * 8) / elapsedMs / count,
    ...reception,
  };
}
