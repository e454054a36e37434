import { check, checkInteger } from "../core/check.ts";
import type { Rng } from "../core/rng.ts";

/** [low, high]. */
export type Interval = readonly [number, number];
type Values = ArrayLike<number>;

/** Arithmetic mean; NaN for no values. */
export function mean(values: Values): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total / values.length;
}

/** The p-quantile of values that are sorted, interpolated between neighbours (type 7: R's and NumPy's default). */
export function sortedQuantile(sorted: Values, p: number): number {
  const h = (sorted.length - 1) * p;
  const below = Math.floor(h);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return h === below || low === high ? low : low + (h - below) * (high - low);
}

/** The p-quantile, 0 ≤ p ≤ 1; Infinity is a value like any other. */
export function quantile(values: Values, p: number): number {
  check(values.length > 0, "values", "at least one", 0);
  check(p >= 0 && p <= 1, "p", "a number in [0, 1]", p);
  return sortedQuantile(Float64Array.from(values).sort(), p);
}

/** The middle value. */
export function median(values: Values): number {
  return quantile(values, 0.5);
}

/** How intervals are made. */
export interface BootstrapOptions {
  readonly rng: Rng;
  /** Default 10,000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
}

/**
 * Percentile bootstrap intervals of the means of several columns measured on the same trajectories, resampled together.
 * Entries must be independent draws: one a trajectory. A column with a value that is not finite has no interval: NaN.
 * Reference: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, §13.3.
 */
export function bootstrapMeans(columns: readonly Values[], options: BootstrapOptions): Interval[] {
  const { rng, resamples = 10_000, level = 0.95 } = options;
  checkInteger("resamples", resamples);
  check(level > 0 && level < 1, "level", "a number in (0, 1)", level);
  const n = columns[0]?.length ?? 0;
  check(n > 0, "values", "at least one", n);
  for (const column of columns) check(column.length === n, "column", `${n} values`, column.length);
  const data = columns.map((column) => Float64Array.from(column));
  const means = data.map(() => new Float64Array(resamples));
  const indices = new Uint32Array(n);
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < n; i++) indices[i] = Math.floor(rng.uniform() * n);
    for (let c = 0; c < data.length; c++) {
      const column = data[c]!;
      let total = 0;
      for (let i = 0; i < n; i++) total += column[indices[i]!]!;
      means[c]![b] = total / n;
    }
  }
  return means.map((sample, c) => {
    if (!Number.isFinite(mean(data[c]!))) return [Number.NaN, Number.NaN];
    sample.sort();
    return [sortedQuantile(sample, (1 - level) / 2), sortedQuantile(sample, (1 + level) / 2)];
  });
}

/** `bootstrapMeans` of one column. */
export function bootstrapMean(values: Values, options: BootstrapOptions): Interval {
  return bootstrapMeans([values], options)[0]!;
}

/**
 * mean(a) / mean(b) of two lists measured on the same problems, with its percentile bootstrap interval: problems are drawn
 * again in pairs. NaN where a mean is not finite.
 */
export function ratioOfMeans(a: Values, b: Values, options: BootstrapOptions): { ratio: number; ci95: Interval } {
  check(a.length === b.length && a.length > 0, "pairs", "two lists of the same length", `${a.length} and ${b.length}`);
  const { rng, resamples = 10_000, level = 0.95 } = options;
  const n = a.length;
  const ratio = mean(a) / mean(b);
  if (!Number.isFinite(ratio)) return { ratio: Number.NaN, ci95: [Number.NaN, Number.NaN] };
  const sample = Float64Array.from({ length: resamples }, () => {
    let [above, below] = [0, 0];
    for (let i = 0; i < n; i++) {
      const k = Math.floor(rng.uniform() * n);
      above += a[k]!;
      below += b[k]!;
    }
    return above / below;
  }).sort();
  return { ratio, ci95: [sortedQuantile(sample, (1 - level) / 2), sortedQuantile(sample, (1 + level) / 2)] };
}

/** a − b on each trajectory; 0 where both are the same, also where both are Infinity. */
export function differences(a: Values, b: Values): Float64Array {
  check(a.length === b.length, "pairs", "two lists of the same length", `${a.length} and ${b.length}`);
  return Float64Array.from(a, (x, i) => (x === b[i] ? 0 : x - b[i]!));
}

/** `ours` against `theirs` on the same problems; negative differences are better for `ours` (losses). */
export interface Paired {
  /** Mean of ours − theirs. −Infinity where only theirs ever diverged, +Infinity where only ours did, NaN where both did. */
  readonly difference: number;
  readonly ci95: Interval;
  /** Share of the problems on which ours is lower; a tie counts half. */
  readonly winRate: number;
  readonly n: number;
}

/** Share of the pairs in which a is below b; ties count half. */
export function winRate(a: Values, b: Values): number {
  check(a.length === b.length && a.length > 0, "pairs", "two lists of the same length", `${a.length} and ${b.length}`);
  let wins = 0;
  for (let i = 0; i < a.length; i++) wins += a[i]! < b[i]! ? 1 : a[i] === b[i] ? 0.5 : 0;
  return wins / a.length;
}

/** The paired difference of two lists measured on the same problems, with its bootstrap interval and the win rate. */
export function paired(ours: Values, theirs: Values, options: BootstrapOptions): Paired {
  const rate = winRate(ours, theirs);
  const d = differences(ours, theirs);
  return { difference: mean(d), ci95: bootstrapMean(d, options), winRate: rate, n: d.length };
}

/** The first step whose loss is at most `target`; Infinity if none is. */
export function stepsToTarget(losses: Values, target: number): number {
  for (let t = 0; t < losses.length; t++) if (losses[t]! <= target) return t;
  return Infinity;
}
