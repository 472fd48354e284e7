import { parentPort } from "node:worker_threads";
import { startTurnApi } from "./turn-api.ts";

const { url } = await startTurnApi();
parentPort?.postMessage(url);
