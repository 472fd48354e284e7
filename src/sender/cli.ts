#!/usr/bin/env node
import { keepCompiled } from "./compiled.ts";
import { hushed } from "./hushed.ts";
import { widenThreadPool } from "./thread-pool.ts";

widenThreadPool();
// Before anything else is loaded, so that all of it is kept.
keepCompiled();
const debug = hushed(process.env.DEBUG);
if (debug) process.env.DEBUG = debug;
await import("./main.ts");
