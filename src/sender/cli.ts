#!/usr/bin/env node
import { keepCompiled } from "./compiled.ts";

// Before anything else is loaded, so that all of it is kept.
keepCompiled();
await import("./main.ts");
