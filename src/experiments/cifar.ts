import { defaultLstm } from "../learned/lstm.ts";
import type { SeveralShape } from "../learned/several.ts";
import { type MetaTrainOptions, metaTrainDefaults } from "../meta/train.ts";
import type { Experiment, TestSpec } from "./experiment.ts";
import { cifarConvnet, type FamilySpec, type ImageSource } from "./families.ts";

/**
 * The paper gives no scales for CIFAR. Outputs × 0.01 are the released code's; with MNIST's 0.1 no loss ever left ln 10. Gradients
 * here are of the order of 1e-3, so × 100.
 */
const net: typeof defaultLstm = { ...defaultLstm, inputScale: 100, outputScale: 0.01 };

/** The paper's two optimizers: one for the kernels of convolutions, known by their four dimensions, one for everything else. */
const two = (own: typeof net): SeveralShape => ({
  kind: "several",
  groups: [
    { name: "conv", rank: 4, net: own },
    { name: "fc", net: own },
  ],
});

const options: MetaTrainOptions = {
  ...metaTrainDefaults,
  shape: two(net),
  metaBatch: 1,
  warmup: 50,
  fraction: 0.25,
  average: 0.9,
  validationTrajectories: 2,
};

type Convnet = FamilySpec & { readonly kind: "convnet" };

const family = (images: ImageSource, labels?: readonly number[]): Convnet => ({
  ...cifarConvnet(images, labels),
  simd: "relaxed",
});

/** Images of half the side, in batches of half: a sixth of the time. */
const half = (full: Convnet): Convnet => ({ ...full, pool: 2, batchSize: full.batchSize / 2 });

const words =
  "Here the loss measures how badly a small convolutional classifier names what a colour picture shows: a blind guess among ten costs 2.3, zero is certain and right. Each step sees 128 random pictures, and every run starts from other random weights.";

/** The mean of the last twenty minibatch losses, as one is noise. */
const test = (key: string, images: ImageSource, steps: number, labels?: readonly number[]): TestSpec => ({
  key,
  family: family(images, labels),
  steps,
  trajectories: 5,
  tuningTrajectories: 1,
  tuningRefinements: 2, // a rate takes half a minute
  tuningWindow: 20,
  metrics: [{ name: "final", kind: "mean", from: steps - 19, step: steps }],
  methods: ["adam", "rmsprop", "nag", "sgd"],
});

/**
 * Rates are tuned on the images that chose φ: pictures of the test would tell the baselines what ours never saw. The teacher is
 * beside them, apart from the best of them: what ours has before constant rates may be its schedule.
 */
const cifarTest = (key: string, labels?: readonly number[], images: ImageSource = "cifar-test"): TestSpec => ({
  ...test(key, images, 1000, labels),
  tuning: family("cifar-validate", labels),
  methods: ["adam", "rmsprop", "nag", "sgd", "adam-linear"],
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The teacher's first rate, and the scale of the network's outputs: in units of it, every teacher's steps are the same. */
const RATE = 0.025;

/**
 * Two LSTMs learn the steps of Adam with linear decay, along its runs of the tests' length, at half the size: a step of the full
 * images takes three times as long. From random weights meta-training finds steps that shrink within a hundred, and a thousand
 * later the loss has stopped far above Adam's. From an imitation it lowers the mean loss of a run and raises the last: on the images
 * of meta-training, 0.525 and after four rounds 0.538. The clock of a thousand steps is what is hard to learn: there, of a teacher
 * of 0.01 and over 60 rounds, one LSTM ends at 0.525 without `chrono` and at 0.452 with it. The teacher itself ends at 0.444 from
 * 0.01, 0.407 from 0.02, 0.375 from 0.0316 and 0.415 from 0.05.
 *
 * Its runs on ten labels hold no gradients as small as those of two, which vanish, and where they do, an LSTM taught on the ten
 * alone takes steps that the teacher does not: hence `fade`. As what fades tells the time too, in a second stage only half does.
 */
function cifar(name: string, title: string, labels?: readonly number[]): Experiment {
  const teacher = { name: "adam-linear", learningRate: RATE, fade: 1000 };
  const fading: Experiment = {
    name: `${name}-fading`,
    title: `${title}: gradients that fade`,
    words,
    train: half(family("cifar-train", labels)),
    validation: half(family("cifar-validate", labels)),
    options: {
      ...options,
      shape: two({ ...net, outputScale: RATE }),
      chrono: 1000,
      teacher,
      steps: 1000,
      unroll: 100,
      fraction: 0.03,
      iterations: 240,
      learningRate: 0.01,
      warmup: 20,
      validateEvery: 240, // the last φ: what the loss of a few runs says is noise
      validationSteps: 1000,
    },
    tests: [],
  };
  return {
    ...fading,
    name,
    title,
    startFrom: fading,
    options: {
      ...fading.options,
      teacher: { ...teacher, fadeShare: 0.5 },
      iterations: 60,
      learningRate: 0.005,
      validateEvery: 60,
    },
  };
}

/** The CIFAR-10 optimizer on a subset of the labels, beside one that was trained on all the others. */
function subset(name: string, title: string, labels: readonly number[]): Experiment[] {
  const others = range(0, 10).filter((l) => !labels.includes(l));
  return [
    {
      ...cifar(name, title),
      optimizerOf: "cifar10",
      tests: [cifarTest(name, labels)],
    },
    {
      ...cifar(`${name}-sub`, `CIFAR-10 without the labels of ${title.split(":")[0]}`, others),
      row: { name: "lstm-sub", label: "LSTM-sub" },
    },
  ];
}

/** Figure 7: CIFAR-10 and its subsets of five and two labels; and the same net on shapes made by rule. */
export const cifarExperiments: readonly Experiment[] = [
  {
    ...cifar("cifar10", "CIFAR-10: three convolutions and 32 units, batch norm"),
    tests: [cifarTest("cifar10")],
  },
  {
    ...cifar("cifar10-records", "CIFAR-10: the first thousand official test records"),
    optimizerOf: "cifar10",
    tests: [cifarTest("cifar10-records", undefined, "cifar-records")],
  },
  ...subset("cifar5", "CIFAR-5: the first five labels", range(0, 5)),
  ...subset("cifar2", "CIFAR-2: airplanes and automobiles", range(0, 2)),
  {
    name: "shapes",
    title: "The CIFAR net on coloured shapes made by rule: no download",
    words,
    options: { ...options, iterations: 100, learningRate: 0.01, validateEvery: 20 },
    train: cifarConvnet("shapes-train"),
    validation: cifarConvnet("shapes-train"),
    tests: [test("shapes", "shapes-test", 100)],
  },
];
