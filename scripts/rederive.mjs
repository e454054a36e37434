// Derives intervals and verdicts of results anew from their values, where how they are derived has changed since:
// `npm run rederive -- FILE…`. The file then names the code that did, beside the code that ran.
import { readFileSync } from "node:fs";
import { provenance } from "../dist/cli/provenance.js";
import { rederived } from "../dist/cli/rederive.js";
import { writeWhole } from "../dist/node/write.js";

function rederive(result, metric) {
  const { rows, verdict } = rederived(result.spec.key, result.seed, metric);
  metric.summary.rows.forEach((row, i) => {
    row.ci95 = rows[i].ci95;
    if (row.reference) row.reference.ci95 = rows[i].reference.ci95;
  });
  metric.verdict = verdict;
}

for (const path of process.argv.slice(2)) {
  const result = JSON.parse(readFileSync(path, "utf8"));
  if (!result.metrics || !result.spec) continue;
  const outcomes = () => result.metrics.map((m) => m.verdict?.outcome);
  const before = outcomes();
  for (const m of result.metrics) rederive(result, m);
  const { commit, date } = provenance("", 0);
  const { metrics, ...about } = result;
  const derived = { commit, date };
  writeWhole(path, `${JSON.stringify({ ...about, derived, metrics })}\n`);
  const now = outcomes();
  now.forEach((outcome, i) => {
    if (outcome !== before[i]) console.log(`${path}, ${metrics[i].name}: ${before[i]} → ${outcome}`);
  });
}
