import { check } from "../core/check.ts";
import { didYouMean } from "../core/did-you-mean.ts";
import { defaultLstm } from "../learned/lstm.ts";
import { metaTrainDefaults } from "../meta/train.ts";
import { quadraticDefaults } from "../problems/quadratic.ts";
import { ablationExperiments } from "./ablations.ts";
import { architectureExperiments } from "./architectures.ts";
import { artExperiments } from "./art.ts";
import { cifarExperiments } from "./cifar.ts";
import type { Experiment, TestSpec } from "./experiment.ts";
import type { FamilySpec } from "./families.ts";
import { mnistExperiments } from "./mnist.ts";

const uniform = (functions: number): FamilySpec => ({ kind: "quadratic", ...quadraticDefaults, functions });
const gaussian = (functions: number): FamilySpec => ({
  kind: "quadratic",
  ...quadraticDefaults,
  functions,
  data: "gaussian",
  initScale: 0,
});

const quadraticTest = (key: string, family: FamilySpec, functions: number): TestSpec => ({
  key,
  family,
  steps: 100,
  trajectories: functions / 100,
  tuningTrajectories: 20, // 2,000 functions: with few, a rate that diverges on one function in a thousand looks best
  metrics: [
    { name: "final", kind: "final", step: 100 },
    { name: "sum", kind: "sum", from: 0, step: 99 },
  ],
});
const plain = { ...defaultLstm, preprocessing: { kind: "scale" as const }, outputScale: 1 };

const quadraticWords =
  "Here the loss is the squared distance between Wθ and y, for ten numbers θ. W and y are drawn at random, so every run is a different function of the same family. The loss starts near 3.3 and cannot fall below zero.";
const demo: Experiment = {
  name: "demo",
  title: "10-d quadratics with uniform W and y, small enough to meta-train while you watch",
  words: quadraticWords,
  train: uniform(8),
  validation: uniform(256),
  options: {
    ...metaTrainDefaults,
    shape: plain,
    iterations: 600,
    metaBatch: 2,
    learningRate: 0.005,
    validateEvery: 25,
    validationTrajectories: 2,
  },
  tests: [quadraticTest("demo", uniform(100), 1000)],
};

const quadraticUniform: Experiment = {
  ...demo,
  name: "quadratic-uniform",
  title: "The quadratics of the paper's Figure 4: W and y uniform on [0, 1)",
  train: uniform(8),
  // Second derivatives kept: the first-order meta-gradient's bias is what held the loss at 0.040, and here a Hessian-vector
  // product is a formula. Losses are heavy-tailed: means over 1,000 functions differ by a fifth from set to set, so 4,096
  // choose φ.
  options: {
    ...demo.options,
    unroll: 50,
    secondDerivatives: true,
    iterations: 1200,
    validateEvery: 50,
    validationTrajectories: 16,
  },
  tests: [quadraticTest("quadratic-uniform", uniform(100), 2000)],
};

const shortUnrolls = {
  ...demo.options,
  unroll: 20,
  learningRate: 0.004,
  iterations: 1500,
  validateEvery: 50,
  validationTrajectories: 4,
};

/** As the paper: no preprocessing, no clipping, 128 functions an update. Rate, constant, and length are the released code's. */
const quadraticUniformPaper: Experiment = {
  ...quadraticUniform,
  name: "quadratic-uniform-paper",
  title: "The same quadratics, meta-trained by the paper's recipe",
  row: { name: "lstm-paper-recipe", label: "LSTM, paper recipe" },
  train: uniform(128),
  options: {
    ...shortUnrolls,
    metaBatch: 1,
    learningRate: 0.001,
    schedule: "constant",
    warmup: 0,
    average: 0,
    clip: 0,
    iterations: 10_000,
    validateEvery: 100,
  },
};

const quadraticGaussian: Experiment = {
  ...quadraticUniform,
  name: "quadratic-gaussian",
  title: "The quadratics of the paper's text: W and y ~ N(0, 1)",
  words: quadraticWords.replace("3.3", "10"),
  train: gaussian(32),
  validation: gaussian(256),
  options: { ...shortUnrolls, iterations: 1000, select: "sum" },
  tests: [quadraticTest("quadratic-gaussian", gaussian(100), 2000)],
};

export const experiments: readonly Experiment[] = [
  demo,
  quadraticUniform,
  quadraticUniformPaper,
  quadraticGaussian,
  ...mnistExperiments,
  ...architectureExperiments,
  ...ablationExperiments,
  ...cifarExperiments,
  ...artExperiments,
];

const withStages = (e: Experiment): Experiment[] => [...(e.startFrom ? withStages(e.startFrom) : []), e];

/** An experiment, or one that another starts from. Throws ArgumentError with the names that exist. */
export function experimentByName(name: string): Experiment {
  const found = experiments.flatMap(withStages).find((e) => e.name === name);
  const known = experiments.map((e) => e.name);
  check(
    found !== undefined,
    "experiment",
    `one of ${known.join(", ")}`,
    name,
    didYouMean(name, known) || "Your own problem is a module, as ./my-problem.ts",
  );
  return found;
}
