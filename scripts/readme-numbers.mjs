// Writes the numbers of README's results table anew from results/summary.json: each stands after its key, <!-- key -->.
import { readFileSync, writeFileSync } from "node:fs";

const summary = JSON.parse(readFileSync("results/summary.json", "utf8"));
const text = readFileSync("README.md", "utf8");
const updated = text.replace(/<!-- ([\w/-]+) -->\s*[\d.?]+/g, (_, key) => {
  const value = summary[key]?.value;
  if (typeof value !== "number") throw new Error(`README.md names ${key}, which results/summary.json does not hold`);
  const digits = value < 1 ? 4 : value < 10 ? 2 : value < 1000 ? 1 : 0;
  return `<!-- ${key} --> ${value.toFixed(digits)}`;
});
if (updated !== text) writeFileSync("README.md", updated);
