// Derives intervals and verdicts of results anew from their values, where how they are derived has changed since:
// `npm run rederive -- FILE…`. The file then names the code that did, beside the code that ran.
import { readFileSync } from "node:fs";
import { provenance } from "../dist/cli/provenance.js";
import { createRng } from "../dist/core/rng.js";
import { bootstrapMeans, differences, verdict } from "../dist/evaluation/index.js";
import { writeWhole } from "../dist/node/write.js";

/** JSON has no Infinity: a diverged run is null. */
const number = (v) => v ?? Number.POSITIVE_INFINITY;

function rederive(result, metric) {
  const { rows, reference } = metric.summary;
  const values = rows.map((r) => Float64Array.from(metric.values[r.name], number));
  const gaps = values.map((v) => differences(values[rows.findIndex((r) => r.name === reference)], v));
  const rng = createRng(`test/${result.spec.key}/${result.seed}`).split(`bootstrap ${metric.name}`);
  const intervals = bootstrapMeans([...values, ...gaps], { rng });
  rows.forEach((row, i) => {
    row.ci95 = intervals[i];
    if (row.reference) row.reference.ci95 = intervals[rows.length + i];
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
