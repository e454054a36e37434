import { check, checkInteger, checkPositive } from "../core/check.ts";
import { exp, log } from "../core/math.ts";
import type { Rng } from "../core/rng.ts";
import type { Method } from "../optimizers/optimizer.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import type { Metric } from "./metrics.ts";
import { runTrajectory, type Trajectory } from "./run.ts";

/** How many times a search for a rate halves its step, where nothing else is asked for. */
export const DEFAULT_REFINEMENTS = 4;

/** One rule and one budget, the same for every method. */
export interface TuneOptions {
  /** What is minimised: the metric that is reported, or a less noisy form of it. */
  readonly metric: Metric;
  /** Learning rates in the first grid, evenly spaced in the logarithm over the method's interval. Default 7. */
  readonly points?: number;
  /** How many times the grid may grow by one point while its best lies on an edge. Default 8. */
  readonly extensions?: number;
  /**
   * How many times the step is halved around the best. Default 4: the finest step is 13% over an interval of five decades. Where
   * the best rate is the last before runs diverge, a step of 60% gave losses a sixth higher.
   */
  readonly refinements?: number;
  /** Rates that an earlier search tried on the same runs: they are not run again. */
  readonly known?: readonly Tried[];
  /** Called after each rate, for progress. */
  readonly onTried?: (tried: Tried) => void;
}

/** One learning rate and its mean metric over the tuning problems; Infinity if any run diverged. */
export interface Tried {
  readonly learningRate: number;
  readonly score: number;
}

/** What a search for a learning rate found. */
export interface Tuned {
  /** The best rate. */
  readonly learningRate: number;
  /** Its score. */
  readonly score: number;
  /** Every rate tried, in increasing order. */
  readonly tried: readonly Tried[];
  /** The best rate lies on an edge of all that was tried, so a better one may lie beyond. */
  readonly onEdge: boolean;
}

/** The runs of a method at one learning rate on the tuning problems, every function once. */
export type TuningRuns = (method: Method, learningRate: number) => Promise<readonly Trajectory[]>;

/** Runs on this thread: problem k, θ₀ and minibatches from `rng.split(k)`, the same for every method and rate. */
export function tuningRuns(family: ProblemFamily, steps: number, rng: Rng, trials = 8): TuningRuns {
  checkInteger("trials", trials);
  return async (method, learningRate) => {
    const runs: Trajectory[] = [];
    for (let k = 0; k < trials; k++) {
      const stream = rng.split(k);
      const problem = family.sample(stream.split("problem"), k);
      try {
        runs.push(...(await runTrajectory(problem, method.create(learningRate, steps), { steps, rng: stream })));
      } finally {
        problem.dispose?.();
      }
    }
    return runs;
  };
}

/**
 * Finds a method's learning rate: a log grid over `method.learningRates`, grown outward by its own step while the best
 * lies on an edge, then refined around the best by halving the log step.
 *
 * @throws ArgumentError for an interval that is not 0 < low < high, or counts that are not whole numbers.
 * @example
 * const runs = tuningRuns(family, 100, createRng("tune"));
 * const { learningRate } = await tuneLearningRate(methodByName("adam"), runs, { metric: final(100) });
 */
export async function tuneLearningRate(method: Method, runs: TuningRuns, options: TuneOptions): Promise<Tuned> {
  const { points = 7, extensions = 8, refinements = DEFAULT_REFINEMENTS, known = [], metric } = options;
  const [low, high] = method.learningRates;
  checkPositive(`${method.name}: lowest learning rate`, low);
  check(high > low && Number.isFinite(high), `${method.name}: highest learning rate`, `a finite number > ${low}`, high);
  checkInteger("points", points, 2);
  checkInteger("extensions", extensions, 0);
  checkInteger("refinements", refinements, 0);

  const width = log(high / low) / (points - 1);
  // A rate is named by its place on the grid, in units of the finest step, so that no rate is tried twice.
  const unit = 2 ** refinements;
  const scores = new Map<number, number>();
  const earlier = new Map(known.map((k) => [k.learningRate, k.score]));
  const rate = (place: number) => Number((low * exp((place / unit) * width)).toPrecision(6));
  const attempt = async (place: number): Promise<void> => {
    if (scores.has(place)) return;
    const found = earlier.get(rate(place));
    if (found !== undefined) {
      scores.set(place, found);
      return;
    }
    const mean = (await runs(method, rate(place))).reduce(
      (a, run, _, all) => a + metric.of(run.losses) / all.length,
      0,
    );
    const score = Number.isFinite(mean) ? mean : Infinity;
    scores.set(place, score);
    options.onTried?.({ learningRate: rate(place), score });
  };
  const places = () => [...scores.keys()].sort((a, b) => a - b);
  // Of equal scores the smallest rate wins; if nothing is finite the search goes down, where the safe rates are.
  const best = () => places().reduce((a, b) => (scores.get(b)! < scores.get(a)! ? b : a));

  for (let i = 0; i < points; i++) await attempt(i * unit);
  for (let i = 0; i < extensions; i++) {
    const at = places();
    if (best() === at[0]) await attempt(at[0]! - unit);
    else if (best() === at.at(-1)) await attempt(at.at(-1)! + unit);
    else break;
  }
  for (let step = unit / 2; step >= 1; step /= 2) {
    const center = best();
    await attempt(center - step);
    await attempt(center + step);
  }
  const at = places();
  const winner = best();
  const tried = at.map((place) => ({ learningRate: rate(place), score: scores.get(place)! }));
  const onEdge = winner === at[0] || winner === at.at(-1);
  return { learningRate: rate(winner), score: scores.get(winner)!, tried, onEdge };
}
