import { check, checkInteger } from "../core/check.ts";
import type { Rng } from "../core/rng.ts";
import type { LineSearchOptimizer, Optimizer } from "../optimizers/optimizer.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { runTrajectory, type Trajectory } from "./run.ts";
import { sortedQuantile } from "./statistics.ts";

/** What an optimizer is in a comparison; "apart" is shown but never the best baseline (L-BFGS: more evaluations a step). */
export type Role = "learned" | "baseline" | "apart";

/** One that takes part in a comparison, already tuned. */
export interface Contestant {
  readonly name: string;
  /** Label for people. */
  readonly label: string;
  readonly optimizer: Optimizer | LineSearchOptimizer;
  /** Default "baseline". */
  readonly role?: Role;
}

/** One contestant's runs, kept compactly: `trajectories[i]` is on the same function for every contestant. */
export interface Entry {
  readonly name: string;
  readonly label: string;
  readonly role: Role;
  readonly trajectories: readonly Trajectory[];
  /** Wall-clock seconds of all runs, where a clock was given. */
  readonly seconds?: number;
  /** Steps taken in that time: problems × steps. Functions side by side share a step. */
  readonly timedSteps: number;
}

/** Every contestant's losses on the same problems. */
export interface Comparison {
  readonly family: string;
  readonly steps: number;
  readonly entries: readonly Entry[];
}

/** How `compare` runs. */
export interface CompareOptions {
  readonly family: ProblemFamily;
  readonly contestants: readonly Contestant[];
  /** Problems, θ₀ and minibatches follow from it: keep it apart from training's, validation's and tuning's streams. */
  readonly rng: Rng;
  /** Problems drawn. Each gives as many trajectories as it has functions side by side. */
  readonly trajectories: number;
  readonly steps: number;
  /** A clock in milliseconds, for seconds a step. */
  readonly now?: () => number;
  /** Called after each problem with how many are done, for progress. */
  readonly onProblem?: (done: number, of: number) => void;
}

/** Runs every contestant on the same fresh problems, from the same θ₀, on the same minibatches. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { family, contestants, rng, trajectories, steps, now } = options;
  checkInteger("trajectories", trajectories);
  checkInteger("steps", steps);
  check(contestants.length > 0, "contestants", "at least one", 0);
  const names = contestants.map((c) => c.name);
  check(new Set(names).size === names.length, "contestants", "different names", names.join(", "));
  const problems: Trajectory[][][] = [];
  for (let k = 0; k < trajectories; k++) {
    problems.push(
      await runProblem(
        family,
        contestants.map((c) => c.optimizer),
        rng,
        k,
        steps,
        now,
      ),
    );
    options.onProblem?.(k + 1, trajectories);
  }
  return gather(family.name, contestants, problems, steps);
}

/** Every optimizer on problem k, drawn from `rng.split(k)`: [optimizer][function]. */
export async function runProblem(
  family: ProblemFamily,
  optimizers: readonly (Optimizer | LineSearchOptimizer)[],
  rng: Rng,
  k: number,
  steps: number,
  now?: () => number,
): Promise<Trajectory[][]> {
  const stream = rng.split(k);
  const problem = family.sample(stream.split("problem"), k);
  const runs: Trajectory[][] = [];
  try {
    for (const optimizer of optimizers)
      runs.push(await runTrajectory(problem, optimizer, { steps, rng: stream, ...(now ? { now } : {}) }));
  } finally {
    problem.dispose?.();
  }
  return runs;
}

/** Puts the runs of problems 0, 1, … ([problem][contestant][function]) together. */
export function gather(
  family: string,
  contestants: readonly Omit<Contestant, "optimizer">[],
  problems: readonly (readonly (readonly Trajectory[])[])[],
  steps: number,
): Comparison {
  const entries = contestants.map(({ name, label, role = "baseline" }, i) => {
    const runs = problems.map((p) => p[i]!);
    const timed = runs.every((r) => r[0]?.seconds !== undefined);
    return {
      name,
      label,
      role,
      trajectories: runs.flat(),
      ...(timed ? { seconds: runs.reduce((a, r) => a + r[0]!.seconds!, 0) } : {}),
      timedSteps: problems.length * steps,
    };
  });
  return { family, steps, entries };
}

/** One tidy row: what CSV and JSON hold. */
export interface Row {
  readonly optimizer: string;
  readonly trajectory: number;
  readonly step: number;
  readonly loss: number;
}

/** Every loss as a tidy row, one at a time. */
export function* rows(comparison: Comparison): Generator<Row> {
  for (const entry of comparison.entries)
    for (const [trajectory, { losses }] of entry.trajectories.entries())
      for (let step = 0; step < losses.length; step++)
        yield { optimizer: entry.name, trajectory, step, loss: losses[step]! };
}

/** The tidy rows as CSV with a header line (RFC 4180); a diverged loss reads `Infinity`. */
export function toCsv(comparison: Comparison): string {
  const quote = (s: string) => (/[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
  const lines = ["optimizer,trajectory,step,loss"];
  for (const r of rows(comparison)) lines.push(`${quote(r.optimizer)},${r.trajectory},${r.step},${r.loss}`);
  return `${lines.join("\n")}\n`;
}

/** The comparison as plain JSON data: losses are rows of numbers, `null` from where a run diverged. */
export interface ComparisonJson {
  readonly family: string;
  readonly steps: number;
  readonly entries: readonly {
    readonly name: string;
    readonly label: string;
    readonly role: Role;
    readonly seconds?: number;
    readonly timedSteps: number;
    readonly losses: readonly (readonly (number | null)[])[];
    /** Of each run, where a line search makes more than one a step. */
    readonly evaluations?: readonly number[];
  }[];
}

/** Plain data for `JSON.stringify`; `comparisonFromJson` is its inverse (but for seconds of single runs). */
export function comparisonToJson(comparison: Comparison): ComparisonJson {
  const entries = comparison.entries.map(({ trajectories, ...rest }) => ({
    ...rest,
    losses: trajectories.map((t) => Array.from(t.losses, (x) => (Number.isFinite(x) ? x : null))),
    ...(trajectories.every((t) => t.evaluations !== undefined)
      ? { evaluations: trajectories.map((t) => t.evaluations!) }
      : {}),
  }));
  return { family: comparison.family, steps: comparison.steps, entries };
}

/** Reads what `comparisonToJson` made. Throws ArgumentError for a run of another length. */
export function comparisonFromJson(json: ComparisonJson): Comparison {
  const entries = json.entries.map(({ losses, evaluations, ...rest }) => ({
    ...rest,
    trajectories: losses.map((row, k) => {
      check(row.length === json.steps + 1, `${rest.name} losses`, `${json.steps + 1} of each run`, row);
      return {
        losses: Float64Array.from(row, (x) => x ?? Infinity),
        diverged: row.includes(null),
        ...(evaluations ? { evaluations: evaluations[k]! } : {}),
      };
    }),
  }));
  return { family: json.family, steps: json.steps, entries };
}

/** Mean, median and quantiles over trajectories at each step: what a figure draws. */
export interface Band {
  readonly mean: Float64Array;
  readonly median: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The curves of one contestant; the band is the 10–90% quantiles by default. */
export function band(entry: Entry, low = 0.1, high = 0.9): Band {
  const length = entry.trajectories[0]!.losses.length;
  const n = entry.trajectories.length;
  const out = {
    mean: new Float64Array(length),
    median: new Float64Array(length),
    low: new Float64Array(length),
    high: new Float64Array(length),
  };
  const column = new Float64Array(n);
  const at = (p: number) => sortedQuantile(column, p);
  for (let t = 0; t < length; t++) {
    let total = 0;
    for (let i = 0; i < n; i++) total += column[i] = entry.trajectories[i]!.losses[t]!;
    column.sort();
    out.mean[t] = total / n;
    out.median[t] = at(0.5);
    out.low[t] = at(low);
    out.high[t] = at(high);
  }
  return out;
}

/** One labelled curve of a figure. */
export interface Curve {
  readonly name: string;
  readonly label: string;
  readonly role: Role;
  /** The line, step 0 first. */
  readonly line: Float64Array;
  /** The band's lower and upper edge, where it has one. */
  readonly low?: Float64Array;
  readonly high?: Float64Array;
}

/** The median curves of a comparison; `banded` gets its 10–90% band: two that overlap can no longer be told apart. */
export function curves(comparison: Comparison, banded: string): Curve[] {
  return comparison.entries.map((entry) => {
    const { low, high, median } = band(entry);
    const { name, label, role } = entry;
    return { name, label, role, line: median, ...(name === banded ? { low, high } : {}) };
  });
}
