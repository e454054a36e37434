import { check } from "../core/check.ts";
import { defaultLstm } from "../learned/lstm.ts";
import { metaTrainDefaults } from "../meta/train.ts";
import { quadraticDefaults } from "../problems/quadratic.ts";
import type { Experiment, TestSpec } from "./experiment.ts";
import { type FamilySpec, mnistMlp } from "./families.ts";

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
    { name: "sum", kind: "sum", step: 99 },
  ],
});
const imageTest = (key: string, family: FamilySpec): TestSpec => ({
  key,
  family,
  steps: 200,
  trajectories: 100,
  tuningTrajectories: 12,
  tuningWindow: 10,
  metrics: [
    { name: "final", kind: "final", step: 100 },
    { name: "final200", kind: "final", step: 200 },
    { name: "sum", kind: "sum", step: 100 },
  ],
});

const plain = { ...defaultLstm, preprocessing: { kind: "scale" as const }, outputScale: 1 };

const quadraticWords =
  "Here the loss is the squared distance between Wθ and y, for ten numbers θ. W and y are drawn at random, so every run is a different function of the same family. The loss starts near 3.3 and cannot fall below zero.";
const imageWords =
  "Here the loss measures how badly a small classifier names the digit in an image: 2.3 is a blind guess among ten, zero is certain and right. Each step sees 128 random images. Every run starts from other random weights and sees other images.";

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
  tests: [{ ...quadraticTest("demo", uniform(100), 1000), tuningTrajectories: 10 }],
};

const quadraticUniform: Experiment = {
  ...demo,
  name: "quadratic-uniform",
  title: "The quadratics of the paper's Figure 4: W, y uniform on [0, 1), θ₀ ~ N(0, 0.01²), 100 steps",
  train: uniform(32),
  options: { ...demo.options, learningRate: 0.004, iterations: 1500, validateEvery: 50, validationTrajectories: 4 },
  tests: [quadraticTest("quadratic-uniform", uniform(100), 2000)],
};

/** As the paper: no preprocessing, no clipping, constant rate (found by random search), 128 functions an update. */
const quadraticUniformPaper: Experiment = {
  ...quadraticUniform,
  name: "quadratic-uniform-paper",
  title: "The same quadratics, meta-trained by the paper's recipe",
  recipe: "paper-recipe",
  train: uniform(128),
  options: {
    ...quadraticUniform.options,
    metaBatch: 1,
    learningRate: 0.001,
    schedule: "constant",
    warmup: 0,
    average: 0,
    clip: 0,
    iterations: 1000,
  },
};

const quadraticGaussian: Experiment = {
  ...quadraticUniform,
  name: "quadratic-gaussian",
  title: "The quadratics of the paper's text: W, y ~ N(0, 1), θ₀ = 0, 100 steps",
  words: quadraticWords.replace("3.3", "10"),
  train: gaussian(32),
  validation: gaussian(256),
  options: { ...quadraticUniform.options, iterations: 1000, select: "sum" },
  tests: [quadraticTest("quadratic-gaussian", gaussian(100), 2000)],
};

const mnist: Experiment = {
  name: "mnist",
  title: "The paper's MNIST classifier: 784-20-10, sigmoid, minibatches of 128",
  words: imageWords,
  train: mnistMlp("mnist-train"),
  validation: mnistMlp("mnist-train"),
  options: {
    ...metaTrainDefaults,
    shape: defaultLstm,
    iterations: 1000,
    metaBatch: 1,
    fraction: 0.05,
    validateEvery: 150,
    validationTrajectories: 20,
    select: "final",
  },
  tests: [imageTest("mnist", mnistMlp("mnist-train")), imageTest("mnist-test", mnistMlp("mnist-test"))],
};

const digits: Experiment = {
  ...mnist,
  name: "digits",
  title: "The same classifier on digits made by rule: no download",
  train: mnistMlp("digits-train"),
  validation: mnistMlp("digits-train"),
  options: { ...mnist.options, iterations: 200, validateEvery: 50, validationTrajectories: 10 },
  tests: [imageTest("digits", mnistMlp("digits-test"))],
};

export const experiments: readonly Experiment[] = [
  demo,
  quadraticUniform,
  quadraticUniformPaper,
  quadraticGaussian,
  mnist,
  digits,
];

/** Throws ArgumentError with the names that exist. */
export function experimentByName(name: string): Experiment {
  const found = experiments.find((e) => e.name === name);
  check(found !== undefined, "experiment", `one of ${experiments.map((e) => e.name).join(", ")}`, name);
  return found;
}
