// Derives intervals and verdicts of results anew from their values, where how they are derived has changed since:
// `npm run rederive -- FILE…`. The file then names the code that did, beside the code that ran.
import { readFileSync } from "node:fs";
import { provenance } from "../dist/cli/provenance.js";
import { summaryIntervals, verdict } from "../dist/evaluation/index.js";
import { bootstrapRng } from "../dist/experiments/run-test.js";
import { writeWhole } from "../dist/node/write.js";

/** JSON has no Infinity: a diverged run is null. */
const number = (v) => v ?? Number.POSITIVE_INFINITY;

function rederive(result, metric) {
  const { rows, reference } = metric.summary;
  const values = rows.map((r) => Float64Array.from(metric.values[r.name], number));
  const at = rows.findIndex((r) => r.name === reference);
  const { means, gaps } = summaryIntervals(values, at, {
    rng: bootstrapRng(result.spec.key, result.seed, metric.name),
  });
  rows.forEach((row, i) => {
    row.ci95 = means[i];
    if (row.reference) row.reference.ci95 = gaps[i];
  });
  const whole = (r) => ({ ...r, mean: number(r.mean), ...(r.reference ? { reference: paired(r.reference) } : {}) });
  const paired = (p) => ({ ...p, difference: p.difference ?? Number.NaN });
  metric.verdict = verdict({ ...metric.summary, rows: rows.map(whole) });
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
