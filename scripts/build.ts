/** Builds what runs outside Node, into dist/: the Worker (one module), what surrounds it here, the page's assets. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
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
    entryPoints: [
      "src/web/page/page.ts",
      "src/web/page/page.css",
      "src/web/page/stats-overlay.ts",
      "src/web/page/stats-overlay.css",
    ],
    outdir: "dist/assets",
    minify: true,
    sourcemap: "linked",
  }),
  build({ ...common, entryPoints: ["src/web/client/index.ts"], outfile: "dist/client/index.js" }),
  buildPage(),
  cp(at("src/web/page/icon.svg"), at("dist/assets/icon.svg")),
  // Beside the modules of the published package, which the compiler puts there.
  cp(at("src/sender/edge/workerd.sh"), at("dist/lib/sender/edge/workerd.sh")),
]);

/** The page with its first script inside; the Worker allows exactly that text by its hash. */
async function buildPage(): Promise<void> {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ["src/web/page/inline.ts"],
    format: "iife",
    minify: true,
    write: false,
  });
  const script = (outputFiles[0]?.text ?? "").trim();
  if (/<\/?script|<!--/i.test(script)) throw new Error("The script inside the page holds text that would end it.");
  const html = await readFile(at("src/web/page/page.html"), "utf8");
  const [before, after] = html.split(/ *<!--[^>]*-->\n *<script src="inline.js"><\/script>/);
  if (after === undefined) throw new Error("page.html has no place for the script inside it.");
  await writeFile(at("dist/assets/page.html"), `${before}    <script>${script}</script>${after}`);
}
