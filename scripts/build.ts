/** Builds what runs outside Node, into dist/: the Worker (one module), what surrounds it here, the page's assets. */
import { cp, mkdir } from "node:fs/promises";
import { build } from "esbuild";

const root = new URL("..", import.meta.url);
const at = (path: string) => new URL(path, root).pathname;

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: at("."),
} as const;

await mkdir(at("dist/assets"), { recursive: true });
await Promise.all([
  build({
    ...common,
    entryPoints: ["src/worker/index.ts"],
    outfile: "dist/worker/index.js",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
  }),
  build({
    ...common,
    entryPoints: ["src/worker/local/front.ts", "src/worker/local/rate-limit.ts"],
    outdir: "dist/local",
  }),
  build({
    ...common,
    entryPoints: ["src/web/page/page.ts", "src/web/page/page.css"],
    outdir: "dist/assets",
    minify: true,
    sourcemap: "linked",
  }),
  build({ ...common, entryPoints: ["src/web/client/index.ts"], outfile: "dist/client/index.js" }),
  cp(at("src/web/page/page.html"), at("dist/assets/page.html")),
  cp(at("src/web/page/icon.svg"), at("dist/assets/icon.svg")),
  // Beside the modules of the published package, which the compiler puts there.
  cp(at("src/sender/edge/workerd.sh"), at("dist/lib/sender/edge/workerd.sh")),
]);
