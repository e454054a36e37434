import type { Experiment } from "../../../src/experiments/experiment.ts";
import type { FamilySpec } from "../../../src/experiments/families.ts";
import { experimentByName } from "../../../src/experiments/registry.ts";
import { averagingDefaults } from "../../../src/learned/coupled-shape.ts";
import { defaultLstm } from "../../../src/learned/lstm.ts";
import type { NetworkShape } from "../../../src/learned/network.ts";
import type { Settings } from "../settings.ts";

/** A family that the page offers, as the lab works with it. */
export interface LabProblem {
  readonly experiment: Experiment;
  /** Fresh problems for the curves: never those of meta-training or meta-validation. */
  readonly test: FamilySpec;
  readonly trajectories: number;
  readonly tuningTrajectories: number;
  /** One function alone, for its slice. */
  readonly one: FamilySpec;
  /** The tensor whose coordinate shows what was learned. */
  readonly tensor: string;
}

const uniform = experimentByName("demo");
const gaussian = experimentByName("quadratic-gaussian");
/** Validated more often, on fewer runs: a page's run has a tenth of the rounds. */
const small = experimentByName("digits-small");
const digits: Experiment = { ...small, options: { ...small.options, validateEvery: 20, validationTrajectories: 8 } };
const side = (family: FamilySpec, functions: number): FamilySpec => ({ ...family, functions }) as FamilySpec;

const digitsTest: FamilySpec = { ...digits.train, images: "digits-test" } as FamilySpec;

export const labProblems: Readonly<Record<Settings["problem"], LabProblem>> = {
  "quadratic-uniform": {
    experiment: uniform,
    test: side(uniform.train, 64),
    trajectories: 1,
    tuningTrajectories: 2,
    one: side(uniform.train, 1),
    tensor: "theta",
  },
  "quadratic-gaussian": {
    experiment: gaussian,
    test: side(gaussian.train, 64),
    trajectories: 1,
    tuningTrajectories: 2,
    one: side(gaussian.train, 1),
    tensor: "theta",
  },
  digits: {
    experiment: digits,
    test: digitsTest,
    trajectories: 4,
    tuningTrajectories: 1,
    one: digitsTest,
    tensor: "w2",
  },
};

/** The experiment that the settings describe: the command line's own recipe, with the page's sizes. */
export function experimentOf({ problem, network, hidden, layers, rounds, seed, batch }: Settings): Experiment {
  const { experiment } = labProblems[problem];
  const base = "kind" in experiment.options.shape ? defaultLstm : experiment.options.shape;
  const lstm = { ...base, hidden, layers };
  const shape: NetworkShape =
    network === "lstm"
      ? lstm
      : { ...lstm, kind: "coupled", averaging: { ...averagingDefaults, cells: Math.min(5, hidden) } };
  return {
    ...experiment,
    name: `page-${problem}`,
    tests: [],
    options: {
      ...experiment.options,
      shape,
      seed,
      iterations: rounds,
      metaBatch: batch,
      // A network whose coordinates share information cannot be replayed on a sample of them.
      ...(network === "lstm" ? {} : { fraction: 1 }),
    },
  };
}
