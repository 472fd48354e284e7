/** Builds what runs outside Node, into dist/: the Worker (one module), what surrounds it here, the page's assets. */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = new URL("..", import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, root));

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: at("."),
} as const;

/** What the two hand to one another is of one shape as long as the script inside the page is the same. */
const inlineVersion = hashOf(await buildInline(""));

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
    entryPoints: ["src/worker/local/front.ts", "src/worker/local/assets.ts", "src/worker/local/rate-limit.ts"],
    outdir: "dist/local",
  }),
  build({
    ...common,
    entryPoints: [
      "src/web/page/page.ts",
      "src/web/page/page.css",
      "src/web/page/fallback.ts",
      "src/web/page/stats-overlay.ts",
      "src/web/page/stats-overlay.css",
    ],
    outdir: "dist/assets",
    define: defineVersion(inlineVersion),
    minify: true,
    sourcemap: "linked",
  }),
  build({ ...common, entryPoints: ["src/web/client/index.ts"], outfile: "dist/client/index.js" }),
  cp(at("src/web/page/icon.svg"), at("dist/assets/icon.svg")),
  cp(at("src/web/page/fallback.html"), at("dist/assets/fallback.html")),
  cp(at("src/worker/local/edge.capnp"), at("dist/local/edge.capnp")),
]);

await buildPage();

/**
 * The page with its first script and its style sheet inside; the Worker allows exactly those texts by their hashes. What
 * it asks for later it names by content, so that a browser that has it need not ask whether it still is the same.
 */
async function buildPage(): Promise<void> {
  const script = await buildInline(inlineVersion);
  if (/<\/?script|<!--/i.test(script)) throw new Error("The script inside the page holds text that would end it.");
  const sheet = (await readFile(at("dist/assets/page.css"), "utf8"))
    .replace(/\/\*# sourceMappingURL=.*?\*\//, "")
    .trim();
  if (/<\/?style|<!--/i.test(sheet)) throw new Error("The style sheet inside the page holds text that would end it.");
  let html = await readFile(at("src/web/page/page.html"), "utf8");
  html = put(html, '<script src="inline.js"></script>', `<script>${script}</script>`);
  html = put(html, "<style></style>", `<style>${sheet}</style>`);
  html = put(html, 'content="/page.js"', `content="/page.js?v=${await version("dist/assets/page.js")}"`);
  await writeFile(at("dist/assets/page.html"), html.replaceAll(/ *<!--[^>]*-->\n/g, ""));
}

async function buildInline(version: string): Promise<string> {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ["src/web/page/inline.ts"],
    format: "iife",
    define: defineVersion(version),
    minify: true,
    write: false,
  });
  return (outputFiles[0]?.text ?? "").trim();
}

function defineVersion(version: string): Record<string, string> {
  return { SIGHTLINE_INLINE_VERSION: JSON.stringify(version) };
}

function put(html: string, place: string, text: string): string {
  if (!html.includes(place)) throw new Error(`page.html has no ${place}`);
  return html.replace(place, () => text);
}

async function version(file: string): Promise<string> {
  return hashOf(await readFile(at(file)));
}

function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 16);
}
