import { check, checkInteger } from "../core/check.ts";
import { exp, log } from "../core/math.ts";
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
}

/** Student's t at 97.5% for 1, 2 and 3 degrees of freedom, where the series is off by more than three thousandths. */
const T: Readonly<Record<number, number>> = { 1: 12.7062, 2: 4.3027, 3: 3.1824 };
const Z = 1.959964;

/**
 * How much wider an interval of n values must be than the percentile bootstrap's: √(n / (n − 1)) · t_{n−1} / z. At n = 5 that one
 * leaves out the truth in one case of six. t is Fisher's and Cornish's series in 1/(n − 1).
 */
function widening(n: number): number {
  const v = n - 1;
  const z = Z;
  const zz = z * z;
  const series =
    1 +
    (zz + 1) / (4 * v) +
    ((5 * zz + 16) * zz + 3) / (96 * v * v) +
    (((3 * zz + 19) * zz + 17) * zz - 15) / (384 * v * v * v);
  return Math.sqrt(n / v) * (v in T ? T[v]! / z : series);
}

/** The 95% interval of an estimate from n values, of its resamples; none, NaN, of one value. Sorts the resamples. */
function intervalOf(resampled: Float64Array, estimate: number, n: number): Interval {
  if (n < 2 || !Number.isFinite(estimate)) return [Number.NaN, Number.NaN];
  resampled.sort();
  const wider = widening(n);
  const end = (p: number): number => estimate + wider * (sortedQuantile(resampled, p) - estimate);
  return [end(0.025), end(0.975)];
}

/**
 * Bootstrap 95% intervals of the means of several columns measured on the same trajectories, resampled together: percentiles,
 * widened around the mean by √(n / (n − 1)) · t_{n−1} / z, as at few values they are too narrow. Entries must be independent
 * draws: one a trajectory. A column with a value that is not finite, or with one value, has no interval: NaN.
 * Reference: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, §13.3; Hesterberg, What Teachers Should Know about
 * the Bootstrap, 2015.
 */
export function bootstrapMeans(columns: readonly Values[], options: BootstrapOptions): Interval[] {
  const { rng, resamples = 10_000 } = options;
  checkInteger("resamples", resamples);
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
  return means.map((sample, c) => intervalOf(sample, mean(data[c]!), n));
}

/** An interval of a mean of losses: of values none of which is negative, no mean is. Differences have no such end. */
export function notNegative([low, high]: Interval, values: Values): Interval {
  return [low < 0 && Array.from(values).every((v) => v >= 0) ? 0 : low, high];
}

/** `bootstrapMeans` of one column, by `notNegative`. */
export function bootstrapMean(values: Values, options: BootstrapOptions): Interval {
  return notNegative(bootstrapMeans([values], options)[0]!, values);
}

/**
 * mean(a) / mean(b) of two lists measured on the same problems, with its bootstrap interval as of `bootstrapMeans`,
 * widened in the logarithm, so that b over a has the inverse one: problems are drawn again in pairs. NaN where a mean is not
 * finite, or the ratio not positive.
 */
export function ratioOfMeans(a: Values, b: Values, options: BootstrapOptions): { ratio: number; ci95: Interval } {
  check(a.length === b.length && a.length > 0, "pairs", "two lists of the same length", `${a.length} and ${b.length}`);
  const { rng, resamples = 10_000 } = options;
  const n = a.length;
  const ratio = mean(a) / mean(b);
  if (!(ratio > 0 && ratio < Number.POSITIVE_INFINITY)) return { ratio: Number.NaN, ci95: [Number.NaN, Number.NaN] };
  const sample = Float64Array.from({ length: resamples }, () => {
    let [above, below] = [0, 0];
    for (let i = 0; i < n; i++) {
      const k = Math.floor(rng.uniform() * n);
      above += a[k]!;
      below += b[k]!;
    }
    return log(above / below);
  });
  const [low, high] = intervalOf(sample, log(ratio), n);
  return { ratio, ci95: [exp(low), exp(high)] };
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
