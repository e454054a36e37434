import type { OptimizerFile, Provenance } from "../learned/file.ts";
import type { Checkpoint } from "../meta/train.ts";
import type { Experiment } from "./experiment.ts";

/** What an optimizer file says of its training: options, rounds done, and what it started from. */
export function describeTraining(
  { name, options }: Experiment,
  iterationsDone: number,
  start: unknown,
): Record<string, unknown> {
  return { ...options, experiment: name, iterationsDone, ...(start === undefined ? {} : { start }) };
}

/**
 * The best φ so far, with where it comes from; the latest where no validation was finite yet.
 *
 * @param code version of gradgrad, and where known its commit and what ran it.
 */
export function optimizerFile(
  experiment: Experiment,
  c: Checkpoint,
  code: Pick<Provenance, "version" | "runtime" | "commit">,
  start?: unknown,
): OptimizerFile {
  const { options, train } = experiment;
  const phi = Number.isFinite(c.bestScore) ? c.bestPhi : c.meanPhi;
  return {
    shape: options.shape,
    phi,
    provenance: {
      family: { ...train },
      horizon: options.steps,
      seed: options.seed,
      ...code,
      training: describeTraining(experiment, c.iteration, start),
      score: c.bestScore,
      select: options.select,
      largestParameter: phi.reduce((a, v) => Math.max(a, Math.abs(v)), 0),
      largestGradient: c.largestGradient,
    },
  };
}
