import { check } from "../core/check.ts";
import { createRng, type Rng } from "../core/rng.ts";
import {
  type Comparison,
  DEFAULT_REFINEMENTS,
  final,
  gather,
  type Metric,
  mean,
  meanOver,
  type Role,
  type Summary,
  sum,
  summarize,
  type Trajectory,
  type Tuned,
  type TuningRuns,
  tuneLearningRate,
} from "../evaluation/index.ts";
import { apartMethods, methodByName, methods, scheduledMethods } from "../optimizers/registry.ts";
import { lossScale } from "./art.ts";
import type { TestMetric, TestSpec } from "./experiment.ts";
import type { OptimizerSpec, TaskRunner } from "./run-task.ts";

/** One learned optimizer under test. Those of one `group` differ only by the seed of their meta-training. */
export interface Learned {
  readonly group: string;
  readonly label: string;
  readonly seed: number;
  readonly optimizer: OptimizerSpec;
}

/** How each baseline's learning rate for a metric was chosen. */
export type Tuning = readonly { readonly name: string; readonly label: string; readonly tuned: Tuned }[];

/** One metric's part of a test: every baseline tuned for this metric or its smoothed form, then fresh problems. */
export interface MetricResult {
  readonly name: string;
  readonly metric: string;
  /** The metric on the tuning problems that chose the rates. */
  readonly tunedFor: string;
  readonly tuned: Tuning;
  readonly comparison: Comparison;
  readonly summary: Summary;
}

export interface TestResult {
  readonly spec: TestSpec;
  /** Seed of the learned optimizer that stands for each group: the median one by the first metric. */
  readonly headline: Readonly<Record<string, number>>;
  readonly metrics: readonly MetricResult[];
}

export interface RunTestOptions {
  readonly runner: TaskRunner;
  readonly seed: number;
  /** The first one's group is the reference; without any, the first method is. */
  readonly learned: readonly Learned[];
  /** Hand-designed methods by name; all of them, and L-BFGS apart, by default. */
  readonly methods?: readonly string[];
  /** What an earlier test on the same tuning problems tried, by metric: no rate that stands there is run again. */
  readonly tuned?: ReadonlyMap<string, Tuning>;
  readonly onProgress?: (done: number, of: number, words: string) => void;
}

/** Rates that a search tries at least: a grid of seven, and two around the best for each time that its step is halved. */
const leastTried = (refinements: number): number => 7 + 2 * refinements;

function metricOf(m: TestMetric): Metric {
  if (m.kind === "final") return final(m.step);
  return m.kind === "sum" ? sum(m.from, m.step) : meanOver(m.from, m.step);
}

/** What learning rates are chosen by: the metric itself, its step's loss smoothed where the test says so. */
function tuningMetricOf(m: TestMetric, window = 1): Metric {
  return m.kind === "final" && window > 1 ? meanOver(m.step - window + 1, m.step) : metricOf(m);
}

/** The contestant of a group whose seed is the median one by the metric; of two middle ones the worse. */
function medianSeed(runs: ReadonlyMap<Learned, readonly Trajectory[]>, group: string, metric: Metric): Learned {
  const scored = [...runs]
    .filter(([l]) => l.group === group)
    .map(([l, r]) => ({ l, score: mean(r.map((t) => metric.of(t.losses))) }))
    .sort((a, b) => a.score - b.score || a.l.seed - b.l.seed);
  return scored[Math.floor(scored.length / 2)]!.l;
}

const testStream = (key: string, seed: number): string => `test/${key}/${seed}`;

/** Draws the resamples of a test's intervals, by key, seed and metric. */
export const bootstrapRng = (key: string, seed: number, metric: string): Rng =>
  createRng(testStream(key, seed)).split(`bootstrap ${metric}`);

/**
 * Tunes every first-order baseline for each metric by the same rule and budget, on tuning problems only; then runs all on
 * the same fresh problems. Streams "tune" and "test" are disjoint from each other and from meta-training's.
 */
export async function runTest(spec: TestSpec, options: RunTestOptions): Promise<TestResult> {
  const { runner, learned } = options;
  const names = options.methods ?? spec.methods ?? [...methods.map((m) => m.name), "lbfgs"];
  const apart = apartMethods.filter((m) => names.includes(m.name));
  const chosenMethods = names.filter((n) => !apart.some((m) => m.name === n)).map(methodByName);
  check(learned.length + names.length > 1, "contestants", "at least two", learned.length + names.length);
  const { family, tuning: tuningFamily = family, steps, tuningRefinements: refinements = DEFAULT_REFINEMENTS } = spec;
  const root = testStream(spec.key, options.seed);

  // A rate that two metrics ask for is run once: all runs have the test's full length.
  const tuning = new Map<string, Promise<Trajectory[]>>();
  const tuningRuns = (optimizer: OptimizerSpec): Promise<Trajectory[]> => {
    const key = JSON.stringify(optimizer);
    let runs = tuning.get(key);
    if (!runs) {
      const tasks = Array.from({ length: spec.tuningTrajectories }, (_, k) => ({
        family: tuningFamily,
        stream: `${root}/tune`,
        k,
        steps,
        optimizers: [optimizer],
      }));
      runs = runner.run(tasks).then((problems) => problems.flatMap((p) => p[0]!));
      tuning.set(key, runs);
    }
    return runs;
  };
  const metrics = spec.metrics.map((m) => ({
    name: m.name,
    metric: metricOf(m),
    tunedFor: tuningMetricOf(m, spec.tuningWindow),
  }));
  // How many rates a search tries is known when it ends: its grid may grow, and what one metric ran another has for nothing.
  const searches: { tried: number; expected: number }[] = [];
  const all = (of: "tried" | "expected"): number => searches.reduce((a, s) => a + s[of], 0);
  const tuned = await Promise.all(
    chosenMethods.map(async (method) => {
      const known = metrics.map(
        ({ name }) => options.tuned?.get(name)?.find((t) => t.name === method.name)?.tuned.tried ?? [],
      );
      const fewest = Math.min(...known.map((k) => k.length));
      const count = { tried: 0, expected: Math.max(0, leastTried(refinements) - fewest) };
      searches.push(count);
      const runs: TuningRuns = async ({ name }, learningRate) => {
        const before = tuning.size;
        const started = tuningRuns({ kind: "method", name, learningRate });
        if (tuning.size === before) return started;
        const done = await started;
        count.tried++;
        count.expected = Math.max(count.expected, count.tried + 1);
        options.onProgress?.(all("tried"), all("expected"), `${method.label} at ${learningRate}`);
        return done;
      };
      const rates: Tuned[] = [];
      for (const [i, { tunedFor }] of metrics.entries())
        rates.push(await tuneLearningRate(method, runs, { metric: tunedFor, refinements, known: known[i]! }));
      count.expected = count.tried;
      return { method, rates };
    }),
  );

  const specs = new Map<string, OptimizerSpec>();
  const put = (s: OptimizerSpec): string => {
    const key = s.kind === "learned" ? `learned ${specs.size}` : JSON.stringify(s);
    if (!specs.has(key)) specs.set(key, s);
    return key;
  };
  const learnedKeys = learned.map((l) => put(l.optimizer));
  const methodKeys = tuned.map(({ method: { name }, rates }) =>
    rates.map(({ learningRate }) => put({ kind: "method", name, learningRate })),
  );
  const forLineSearch = family.kind === "art" ? { lossScale: lossScale(family.side) } : {};
  const apartKeys = apart.map(({ name }) => put({ kind: "apart", name, ...forLineSearch }));
  // A task a run: a test of ten long ones is spread over the threads evenly, and one that is stopped loses no whole problem.
  const tasks = Array.from({ length: spec.trajectories }, (_, k) =>
    [...specs.values()].map((optimizer) => ({ family, stream: `${root}/test`, k, steps, optimizers: [optimizer] })),
  ).flat();
  let fresh = 0;
  const told = (): void => options.onProgress?.(fresh, tasks.length, "runs of fresh problems");
  told();
  const runs = await runner.run(tasks, () => {
    fresh++;
    told();
  });
  const at = [...specs.keys()];
  const runsOf = (key: string): Trajectory[][] =>
    Array.from({ length: spec.trajectories }, (_, k) => runs[k * at.length + at.indexOf(key)]![0]!);

  const byLearned = new Map(learned.map((l, i) => [l, runsOf(learnedKeys[i]!).flat()]));
  const seen = learned.map((l) => `${l.group}, seed ${l.seed}`);
  check(new Set(seen).size === seen.length, "optimizers", "one of each group and seed", seen.join("; "));
  const groups = [...new Set(learned.map((l) => l.group))];
  const chosen = new Map(groups.map((g) => [g, medianSeed(byLearned, g, metrics[0]!.metric)]));

  const results = metrics.map(({ name, metric, tunedFor }, m): MetricResult => {
    const contestants: { name: string; label: string; role: Role; key: string }[] = [
      ...learned.map((l, i) => ({
        name: chosen.get(l.group) === l ? l.group : `${l.group}-seed${l.seed}`,
        label: learned.length > groups.length ? `${l.label}, seed ${l.seed}` : l.label,
        role: "learned" as const,
        key: learnedKeys[i]!,
      })),
      ...tuned.map(({ method }, i) => ({
        name: method.name,
        label: method.label,
        role: scheduledMethods.includes(method) ? ("apart" as const) : ("baseline" as const),
        key: methodKeys[i]![m]!,
      })),
      ...apart.map(({ name, label }, i) => ({ name, label, role: "apart" as const, key: apartKeys[i]! })),
    ];
    const rows = spec.trajectories;
    const columns = contestants.map((c) => runsOf(c.key));
    const comparison = gather(
      tasksFamilyName(spec),
      contestants,
      Array.from({ length: rows }, (_, k) => columns.map((c) => c[k]!)),
      steps,
    );
    const summary = summarize(comparison, {
      metric,
      rng: bootstrapRng(spec.key, options.seed, name),
      reference: learned[0]?.group ?? names[0]!,
    });
    return {
      name,
      metric: metric.name,
      tunedFor: tunedFor.name,
      tuned: tuned.map(({ method, rates }) => ({ name: method.name, label: method.label, tuned: rates[m]! })),
      comparison,
      summary,
    };
  });
  return { spec, headline: Object.fromEntries([...chosen].map(([g, l]) => [g, l.seed])), metrics: results };
}

function tasksFamilyName({ family }: TestSpec): string {
  if (family.kind === "quadratic") return `quadratic-${family.data}`;
  if (family.kind === "module") return family.path;
  return family.kind === "art" ? `art-${family.contents}` : `${family.kind}-${family.images}`;
}
