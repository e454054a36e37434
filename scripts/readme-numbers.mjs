// Writes the numbers of README and the guides anew: each stands after its key, <!-- key -->. Keys are those of
// results/summary.json, and bench/raw/… of the benchmark's plain measurements. With --check it only says what is out of date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const values = new Map(Object.entries(read("results/summary.json")).map(([key, v]) => [key, v.value]));
for (const [what, row] of Object.entries(read("results/bench.json").raw))
  for (const [where, value] of Object.entries(row))
    values.set(`bench/raw/${what}/${where.replaceAll(" ", "-")}`, value);

function words(value) {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
  return value.toFixed(value < 1 ? 4 : value < 10 ? 2 : value < 1000 ? 1 : 0);
}

const outdated = [];
for (const file of ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)].filter((f) =>
  f.endsWith(".md"),
)) {
  const text = readFileSync(file, "utf8");
  const updated = text.replace(/<!-- ([\w/-]+) -->(\s*)(?:\?|\d+(?:\.\d+)?(?:e[+-]\d+)?)/g, (_, key, space) => {
    const value = values.get(key);
    if (typeof value !== "number") throw new Error(`${file} names ${key}, which results/ does not hold`);
    return `<!-- ${key} -->${space}${words(value)}`;
  });
  if (updated === text) continue;
  outdated.push(file);
  if (!process.argv.includes("--check")) writeFileSync(file, updated);
}
if (outdated.length > 0) console.log(outdated.join("\n"));
if (process.argv.includes("--check")) process.exitCode = outdated.length > 0 ? 1 : 0;
