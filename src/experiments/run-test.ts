import { createRng } from "../core/rng.ts";
import {
  type Comparison,
  type Contestant,
  compare,
  final,
  type Metric,
  type Summary,
  sum,
  summarize,
  type Tuned,
  tuneLearningRate,
} from "../evaluation/index.ts";
import { methods } from "../optimizers/registry.ts";
import type { TestSpec } from "./experiment.ts";
import { createFamily, type ImageLoader } from "./families.ts";

/** One metric's part of a test: every baseline tuned for this metric, then fresh problems. */
export interface MetricResult {
  readonly name: string;
  readonly metric: string;
  /** How each baseline's learning rate was chosen. */
  readonly tuned: readonly { readonly name: string; readonly label: string; readonly tuned: Tuned }[];
  readonly comparison: Comparison;
  readonly summary: Summary;
}

export interface TestResult {
  readonly spec: TestSpec;
  readonly metrics: readonly MetricResult[];
}

export interface RunTestOptions {
  readonly images: ImageLoader;
  readonly seed: number;
  /** Learned optimizers to test, the first one the reference. */
  readonly learned: readonly Contestant[];
  readonly now?: () => number;
  readonly onProgress?: (done: number, of: number, words: string) => void;
}

function metricOf(m: TestSpec["metrics"][number]): Metric {
  if (m.kind === "final") return final(m.step);
  return sum(m.step % 2 === 1 ? 0 : 1, m.step); // steps 0…99 (quadratics) or 1…100 (MNIST), as the paper's curves add up
}

/**
 * Tunes every first-order baseline for each metric by the same rule and budget, on tuning problems only; then runs all on
 * the same fresh problems. Streams "tune" and "test" are disjoint from each other and from meta-training's.
 */
export async function runTest(spec: TestSpec, options: RunTestOptions): Promise<TestResult> {
  const family = await createFamily(spec.family, options.images);
  const rng = createRng(`test/${spec.key}/${options.seed}`);
  const results: MetricResult[] = [];
  const work = spec.metrics.length * (methods.length + 1);
  let done = 0;
  for (const m of spec.metrics) {
    const metric = metricOf(m);
    const tuned = [];
    for (const method of methods) {
      options.onProgress?.(done++, work, `${spec.key}: tuning ${method.label} for ${metric.name}`);
      const steps = m.step;
      const found = await tuneLearningRate(method, family, {
        metric,
        steps,
        rng: rng.split("tune"),
        trials: spec.tuningTrajectories,
      });
      tuned.push({ name: method.name, label: method.label, tuned: found, method });
    }
    options.onProgress?.(done++, work, `${spec.key}: fresh problems for ${metric.name}`);
    const contestants: Contestant[] = [
      ...options.learned,
      ...tuned.map((t) => ({ name: t.name, label: t.label, optimizer: t.method.create(t.tuned.learningRate) })),
    ];
    const comparison = await compare({
      family,
      contestants,
      rng: rng.split("test"),
      trajectories: spec.trajectories,
      steps: spec.steps,
      ...(options.now ? { now: options.now } : {}),
    });
    const summary = summarize(comparison, { metric, rng: rng.split("bootstrap") });
    results.push({
      name: m.name,
      metric: metric.name,
      tuned: tuned.map(({ method: _, ...rest }) => rest),
      comparison,
      summary,
    });
  }
  return { spec, metrics: results };
}
