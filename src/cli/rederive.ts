import { type Summary, summaryIntervals, type Verdict, verdict } from "../evaluation/index.ts";
import { bootstrapRng } from "../experiments/run-test.ts";

/** What a written metric holds of its values and of what was derived from them. JSON has no Infinity: a diverged run is null. */
export interface DerivedFile {
  readonly name: string;
  readonly summary: unknown;
  readonly verdict?: Verdict;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Intervals and verdict of a written metric, derived anew by today's code from the values beside them. */
export function rederived(
  key: string,
  seed: number,
  metric: DerivedFile,
): { readonly rows: Summary["rows"]; readonly verdict: Verdict } {
  const summary = metric.summary as Summary;
  const values = summary.rows.map((r) => Float64Array.from(metric.values[r.name]!, (v) => v ?? Infinity));
  const at = summary.rows.findIndex((r) => r.name === summary.reference);
  const { means, gaps } = summaryIntervals(values, at, { rng: bootstrapRng(key, seed, metric.name) });
  const rows = summary.rows.map((row, i) => ({
    ...row,
    mean: row.mean ?? Infinity,
    ci95: means[i]!,
    ...(row.reference
      ? { reference: { ...row.reference, difference: row.reference.difference ?? Number.NaN, ci95: gaps[i]! } }
      : {}),
  }));
  return { rows, verdict: verdict({ ...summary, rows }) };
}
