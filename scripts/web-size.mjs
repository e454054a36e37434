// What the page's first load weighs, gzipped: everything that it asks for before anyone touches it, the workers' script
// included; what is loaded later on demand (jax-js, trained optimizers, images made by rule) is not. Prints JSON;
// `--record results` keeps it for the summary. Needs `npm run build` and `npm run web:build`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../web/dist", import.meta.url));
const files = new Map();

/** Follows what a file loads at once: links and scripts of HTML, static imports and workers of scripts. */
function follow(path) {
  if (files.has(path)) return;
  const bytes = readFileSync(path);
  files.set(path, gzipSync(bytes, { level: 9 }).length);
  const text = bytes.toString("utf8");
  const found = path.endsWith(".html")
    ? text.matchAll(/(?:src|href)="(\.[^"]+)"/g)
    : path.endsWith(".js")
      ? text.matchAll(/(?:\bfrom|\bimport)\s*["'`](\.[^"'`]+)["'`]|new URL\(["'`]([^"'`]+\.js)["'`]/g)
      : [];
  for (const [, one, other] of found) follow(join(dirname(path), one ?? other.replace(/^.*assets\//, "")));
}

follow(join(dist, "index.html"));
const bytes = [...files.values()].reduce((a, b) => a + b, 0);
const list = Object.fromEntries([...files].map(([path, size]) => [relative(dist, path), size]));
console.log(JSON.stringify({ bytes, files: list }));

const record = process.argv.indexOf("--record");
if (record > 0) {
  const { provenance } = await import("../dist/cli/provenance.js");
  const from = provenance("node scripts/web-size.mjs --record results", 0);
  const values = { "web/first-load-gzip-bytes": { value: bytes, n: 1 } };
  writeFileSync(join(process.argv[record + 1], "web.json"), `${JSON.stringify({ ...from, values }, null, 1)}\n`);
}
