import { defaultLstm } from "../learned/lstm.ts";
import type { SeveralShape } from "../learned/several.ts";
import { type MetaTrainOptions, metaTrainDefaults } from "../meta/train.ts";
import type { Experiment, TestSpec } from "./experiment.ts";
import { cifarConvnet, type ImageSource } from "./families.ts";

/** The paper's two optimizers: one for the kernels of convolutions, one for everything else. */
const two: SeveralShape = {
  kind: "several",
  groups: [
    { name: "conv", tensors: "conv\\d+/w", net: defaultLstm },
    { name: "fc", net: defaultLstm },
  ],
};

/** Steps are 90 ms of convolution each, so rounds are few. */
const options: MetaTrainOptions = {
  ...metaTrainDefaults,
  shape: two,
  iterations: 100,
  metaBatch: 1,
  learningRate: 0.01,
  warmup: 50,
  fraction: 0.25,
  average: 0.9,
  validateEvery: 20,
  validationTrajectories: 2,
};

const words =
  "Here the loss measures how badly a small convolutional classifier names what a colour picture shows: a blind guess among ten costs 2.3, zero is certain and right. Each step sees 128 random pictures, and every run starts from other random weights.";

/** The mean of the last twenty minibatch losses, as one is noise. */
const test = (key: string, images: ImageSource, steps: number, labels?: readonly number[]): TestSpec => ({
  key,
  family: cifarConvnet(images, labels),
  steps,
  trajectories: 5,
  tuningTrajectories: 1,
  tuningWindow: 20,
  metrics: [{ name: "final", kind: "mean", from: steps - 19, step: steps }],
  methods: ["adam", "rmsprop", "nag", "sgd"],
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

function subset(name: string, title: string, labels: readonly number[]): Experiment[] {
  const others = range(0, 10).filter((l) => !labels.includes(l));
  const own = { title, words, options };
  return [
    {
      ...own,
      name,
      train: cifarConvnet("cifar-train", labels),
      validation: cifarConvnet("cifar-validate", labels),
      tests: [test(name, "cifar-test", 1000, labels)],
    },
    {
      ...own,
      name: `${name}-sub`,
      row: { name: "lstm-sub", label: "LSTM-sub, of the other labels" },
      train: cifarConvnet("cifar-train", others),
      validation: cifarConvnet("cifar-validate", others),
      tests: [],
    },
  ];
}

/** Figure 7: CIFAR-10 and its subsets of five and two labels; and the same net on shapes made by rule. */
export const cifarExperiments: readonly Experiment[] = [
  {
    name: "cifar10",
    title: "CIFAR-10: three convolutions and 32 units, batch norm; two optimizers at once",
    words,
    options,
    train: cifarConvnet("cifar-train"),
    validation: cifarConvnet("cifar-validate"),
    tests: [test("cifar10", "cifar-test", 1000)],
  },
  ...subset("cifar5", "CIFAR-5: the first five labels", range(0, 5)),
  ...subset("cifar2", "CIFAR-2: airplanes and automobiles", range(0, 2)),
  {
    name: "shapes",
    title: "The CIFAR net on coloured shapes made by rule: no download",
    words,
    options,
    train: cifarConvnet("shapes-train"),
    validation: cifarConvnet("shapes-train"),
    tests: [test("shapes", "shapes-test", 100)],
  },
];
