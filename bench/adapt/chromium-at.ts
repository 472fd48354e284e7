import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program that is Chromium in another network namespace; it becomes it, so that the browser's own pipes stay. */
export async function chromiumAt(before: string[]): Promise<AsyncDisposable & { path: string }> {
  const dir = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  const path = join(dir, "chromium");
  await writeFile(path, `#!/bin/sh\nexec ${before.join(" ")} /usr/bin/chromium "$@"\n`);
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
