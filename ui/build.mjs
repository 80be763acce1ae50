// Builds the front-end bundle into src/goodterms/web/static/build:
// app.css, app.js (with lazily loaded chunks), portal.css, portal.js,
// icons.svg (only the icons named in icons.json), a compressed twin of each (.gz),
// and manifest.json (name -> content hash).
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../src/goodterms/web/static/build");
const targets = ["chrome109", "firefox120", "safari17.5"];

async function styles(name, layers) {
  const kit = sass.compile(join(here, `src/styles/${name}.scss`), {
    loadPaths: [join(here, "node_modules/@tabler/core/scss")],
    quietDeps: true,
    silenceDeprecations: ["import", "if-function"],
  }).css;
  const own = await Promise.all(
    layers.map((layer) => readFile(join(here, layer), "utf8")),
  );
  const bare = [kit, ...own].join("\n").replaceAll('@charset "UTF-8";', "");
  const { code } = await esbuild.transform(bare, { loader: "css", minify: true });
  await writeFile(join(out, `${name}.css`), code);
}

async function icons() {
  const named = JSON.parse(await readFile(join(here, "icons.json"), "utf8"));
  const symbols = await Promise.all(
    Object.entries(named).map(async ([name, tabler]) => {
      const file = join(here, "node_modules/@tabler/icons/icons", `${tabler}.svg`);
      const svg = await readFile(file, "utf8");
      const drawing = svg
        .slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
        .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
        .replace(/\s*\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24">${drawing}</symbol>`;
    }),
  );
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
  await writeFile(join(out, "icons.svg"), sprite);
}

async function scripts() {
  await esbuild.build({
    entryPoints: { app: join(here, "src/app.ts"), portal: join(here, "src/portal.ts") },
    outdir: out,
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    target: targets,
    legalComments: "linked",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
  });
  // A worker is a program of its own: no module sharing, so it works in every browser.
  await esbuild.build({
    entryPoints: { tick: join(here, "src/phone/tick.ts") },
    outdir: out,
    bundle: true,
    minify: true,
    format: "iife",
    target: targets,
    logLevel: "warning",
  });
}

async function manifest() {
  const names = (await readdir(out)).filter((n) => /\.(css|js|svg)$/.test(n)).sort();
  const hashes = {};
  const sizes = [];
  for (const name of names) {
    const bytes = await readFile(join(out, name));
    hashes[name] = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
    const small = gzipSync(bytes, { level: 9 });
    await writeFile(join(out, `${name}.gz`), small);
    sizes.push([name, bytes.length, small.length]);
  }
  await writeFile(join(out, "manifest.json"), `${JSON.stringify(hashes, null, 1)}\n`);
  const kb = (n) => `${(n / 1000).toFixed(1)} kB`.padStart(10);
  for (const [name, raw, gz] of sizes) {
    console.log(`${name.padEnd(34)}${kb(raw)}${kb(gz)} compressed`);
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all([
  styles("app", ["src/tokens.css", "src/styles/layer.css", "src/styles/shell.css", "src/styles/floor.css", "src/styles/phone.css", "src/styles/desk.css", "node_modules/uplot/dist/uPlot.min.css"]),
  styles("portal", ["src/tokens.css", "src/styles/layer.css", "src/styles/portal.css"]),
  icons(),
  scripts(),
]);
await manifest();
