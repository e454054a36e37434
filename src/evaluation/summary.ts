import { check } from "../core/check.ts";
import type { Rng } from "../core/rng.ts";
import { band, type Comparison, type Role } from "./compare.ts";
import { type Metric, metricWords } from "./metrics.ts";
import {
  type BootstrapOptions,
  bootstrapMeans,
  differences,
  type Interval,
  mean,
  median,
  notNegative,
  type Paired,
  stepsToTarget,
  winRate,
} from "./statistics.ts";

/** One contestant's line of the table. */
export interface SummaryRow {
  readonly name: string;
  readonly label: string;
  readonly role: Role;
  /** Mean of the metric over the trajectories; Infinity if any diverged by the steps that it reads. */
  readonly mean: number;
  readonly median: number;
  /** Bootstrap 95% interval of the mean. */
  readonly ci95: Interval;
  readonly n: number;
  /** Runs whose metric is not finite. */
  readonly diverged: number;
  /** The reference minus this one, on the same functions: negative means that the reference is lower. Absent for itself. */
  readonly reference?: Paired;
  /** The first step at which the median curve is at most `target`; Infinity if none. */
  readonly stepsToTarget: number;
  /** Wall-clock seconds of one step, loss and gradient included; one step serves all functions side by side. */
  readonly secondsPerStep?: number;
  /** Losses with gradients computed a step, where a line search makes more than one. */
  readonly evaluationsPerStep?: number;
}

/** The table of one metric. */
export interface Summary {
  readonly metric: string;
  /** The contestant that the others are compared with: by default the first learned one. */
  readonly reference: string;
  /** The baseline with the lowest mean; undefined if there is none. */
  readonly bestBaseline?: string;
  /** The loss that `stepsToTarget` waits for: by default the best baseline's median at the last step. */
  readonly target: number;
  /** In the order of the contestants. */
  readonly rows: readonly SummaryRow[];
}

/** How `summarize` makes a table. */
export interface SummaryOptions {
  readonly metric: Metric;
  /** Draws the bootstrap's resamples. */
  readonly rng: Rng;
  readonly reference?: string;
  readonly target?: number;
  /** Default 10,000. */
  readonly resamples?: number;
}

/** Bootstrap intervals of each column's mean, and of the reference column minus each, all resampled together. */
export function summaryIntervals(
  values: readonly Float64Array[],
  reference: number,
  resampling: BootstrapOptions,
): { readonly means: readonly Interval[]; readonly gaps: readonly Interval[] } {
  const gaps = values.map((v) => differences(values[reference]!, v));
  const all = bootstrapMeans([...values, ...gaps], resampling);
  return { means: values.map((v, i) => notNegative(all[i]!, v)), gaps: all.slice(values.length) };
}

/** The table of a comparison for one metric: means with intervals, and the reference paired with each of the others. */
export function summarize(comparison: Comparison, options: SummaryOptions): Summary {
  const { entries } = comparison;
  const reference = options.reference ?? (entries.find((e) => e.role === "learned") ?? entries[0]!).name;
  const at = entries.findIndex((e) => e.name === reference);
  check(at >= 0, "reference", `one of ${entries.map((e) => e.name).join(", ")}`, reference);
  const values = entries.map((e) => Float64Array.from(e.trajectories, (t) => options.metric.of(t.losses)));
  const means = values.map(mean);
  const gaps = values.map((v) => differences(values[at]!, v));
  const resampling = { rng: options.rng, ...(options.resamples ? { resamples: options.resamples } : {}) };
  const intervals = summaryIntervals(values, at, resampling);
  const medians = entries.map((e) => band(e).median);

  const diverged = values.map((v) => v.filter((x) => !Number.isFinite(x)).length);
  // Means of infinity are told apart by how many runs diverged.
  const lower = (i: number, j: number): boolean =>
    means[i]! < means[j]! || (!Number.isFinite(means[j]!) && diverged[i]! < diverged[j]!);
  let best = -1;
  for (const [i, e] of entries.entries())
    if (e.role === "baseline" && i !== at && (best < 0 || lower(i, best))) best = i;
  const target = options.target ?? medians[best < 0 ? at : best]![comparison.steps]!;

  const rows = entries.map((e, i): SummaryRow => {
    const pair: Paired = {
      difference: mean(gaps[i]!),
      ci95: intervals.gaps[i]!,
      winRate: winRate(values[at]!, values[i]!),
      n: values[i]!.length,
    };
    return {
      name: e.name,
      label: e.label,
      role: e.role,
      mean: means[i]!,
      median: median(values[i]!),
      ci95: intervals.means[i]!,
      n: values[i]!.length,
      diverged: diverged[i]!,
      ...(i === at ? {} : { reference: pair }),
      stepsToTarget: stepsToTarget(medians[i]!, target),
      ...(e.trajectories.every((t) => t.evaluations !== undefined)
        ? { evaluationsPerStep: mean(e.trajectories.map((t) => t.evaluations!)) / comparison.steps }
        : {}),
      ...(e.seconds === undefined ? {} : { secondsPerStep: e.seconds / e.timedSteps }),
    };
  });
  return {
    metric: options.metric.name,
    reference,
    ...(best < 0 ? {} : { bestBaseline: entries[best]!.name }),
    target,
    rows,
  };
}

/** What a table says about the reference. */
export interface Verdict {
  readonly outcome: "wins" | "loses" | "not distinguishable";
  /** One plain sentence that says it with its numbers. */
  readonly sentence: string;
}

/**
 * The reference against the best baseline, by the interval of the paired difference: wins only if all of it is below 0. Where only
 * one of them diverges it loses; where both do, so does the one that diverges more, by two standard errors of their counts.
 */
export function verdict(summary: Summary): Verdict {
  const us = summary.rows.find((r) => r.name === summary.reference)!;
  const them = summary.rows.find((r) => r.name === summary.bestBaseline);
  if (!them?.reference)
    return {
      outcome: "not distinguishable",
      sentence: "There was no first-order method among the others to compare with.",
    };
  const { difference, ci95, winRate: share, n } = them.reference;
  const f = (x: number) =>
    (Number.isFinite(x) ? String(Number(x.toPrecision(3))) : x > 0 ? "∞" : x < 0 ? "−∞" : "undefined").replace(
      "-",
      "−",
    );
  // A sum or mean is nowhere at the end.
  const [below, above] = summary.metric.startsWith("final") ? ["ends below", "ends above"] : ["is below", "is above"];
  const best = us.role === "baseline" ? "the best of the others" : "the best tuned baseline";
  const one = n === 1 ? "on the one run" : `on ${(100 * share).toFixed(1)}% of ${n.toLocaleString("en")} runs`;
  const words = metricWords(summary.metric);
  const interval = n > 1 ? `, 95% interval ${f(ci95[0])} to ${f(ci95[1])}` : ", of which there is no interval";
  const tail = `(${words.charAt(0).toLowerCase()}${words.slice(1)}: ${f(us.mean)} against ${f(them.mean)}; paired difference ${f(difference)}${interval}; lower ${one})`;
  if (us.diverged + them.diverged > 0) {
    const [more, fewer] = us.diverged > them.diverged ? [us, them] : [them, us];
    const sure = fewer.diverged === 0 || more.diverged - fewer.diverged > 2 * Math.sqrt(more.diverged + fewer.diverged);
    const counts = `${us.diverged} of ${n} runs diverged, of ${them.label}'s ${them.diverged}`;
    if (!sure)
      return {
        outcome: "not distinguishable",
        sentence: `${us.label} is not distinguishable from ${them.label}, ${best}: ${counts}.`,
      };
    return more === us
      ? { outcome: "loses", sentence: `${us.label} loses to ${them.label}, ${best}: ${counts}.` }
      : { outcome: "wins", sentence: `${us.label} wins over ${them.label}, ${best}: ${counts}.` };
  }
  if (n > 1 && ci95[1] < 0)
    return {
      outcome: "wins",
      sentence: `${us.label} wins: it ${below} ${them.label}, ${best} ${tail}.`,
    };
  if (n > 1 && ci95[0] > 0)
    return {
      outcome: "loses",
      sentence: `${us.label} loses: it ${above} ${them.label}, ${best} ${tail}.`,
    };
  return {
    outcome: "not distinguishable",
    sentence: `${us.label} is not distinguishable from ${them.label}, ${best} ${tail}.`,
  };
}
