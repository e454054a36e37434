import type { OptimizerFile } from "../learned/file.ts";
import { defaultLstm } from "../learned/lstm.ts";
import { type MetaTrainOptions, metaTrainDefaults } from "../meta/train.ts";
import { neuralArtDefaults } from "../problems/neural-art.ts";
import { randomDefaults } from "../problems/random-features.ts";
import type { Experiment, TestSpec } from "./experiment.ts";
import type { FamilySpec } from "./families.ts";

/** Rates for pictures whose optimizer is not tuned: pixels move by a few of their 255 levels a step. */
export const artRates: Readonly<Record<string, number>> = { adam: 8, rmsprop: 3 };

/**
 * What a picture's loss is multiplied by for methods that search along a line: L-BFGS takes gradients below 1e-7 for the end and
 * curvatures below 1e-10 for noise, and a pixel's are as small.
 */
export const lossScale = (side: number): number => side ** 2;

/** A network for a picture of this side: what a pixel does to the loss is brought to what it was in training. */
export function shapeForSide({ shape, provenance }: OptimizerFile, side: number): OptimizerFile["shape"] {
  const own = (provenance.family as { readonly side?: unknown }).side;
  const trained = typeof own === "number" && own > 0 ? own : side;
  return "kind" in shape ? shape : { ...shape, inputScale: shape.inputScale * (side / trained) ** 2 };
}

type Art = FamilySpec & { readonly kind: "art" };

/**
 * The layers of `style`, and more of the style than a person would choose: weights were chosen by how much is left to gain. With
 * β = 10, γ = 1 tuned Adam falls by 6% from step 128 to 300, and a grain stays in the picture; with these by 15% to step 400.
 * The paper gives neither layers nor weights.
 */
const vgg: Omit<Art, "contents" | "style" | "side"> = {
  kind: "art",
  features: "vgg19",
  contentLayers: neuralArtDefaults.contentLayers,
  styleLayers: neuralArtDefaults.styleLayers,
  alpha: 1,
  beta: 30,
  gamma: 10,
  simd: "relaxed",
};

/** What a picture of 32 × 32 is large enough for. */
const smallVgg: typeof vgg = {
  ...vgg,
  contentLayers: ["block3_conv2"],
  styleLayers: ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"],
};

/** The same on fixed random filters and pictures made by rule: no download. */
const made: typeof vgg = {
  ...vgg,
  features: "random",
  simd: "strict",
  ...randomDefaults,
};

type Part = "train" | "validation" | "test";

/** A picture of n times as many pixels with n times the loss: what one pixel does to it stays as it was in training. */
const perPixel = (large: Art, trained = 64): Art => {
  const n = (large.side / trained) ** 2;
  return { ...large, alpha: n * large.alpha, beta: n * large.beta, gamma: n * large.gamma };
};

/** Each photograph of the test in turn. Rates are tuned on the photographs that chose φ: those of the test neither saw. */
const test = (
  key: string,
  title: string,
  family: (part: Part) => Art,
  trajectories: number,
  tuningTrajectories: number,
): TestSpec => ({
  key,
  title,
  family: { ...family("test"), inTurn: true },
  tuning: { ...family("validation"), inTurn: true },
  steps: 128,
  trajectories,
  tuningTrajectories,
  metrics: [{ name: "final", kind: "final", step: 128 }],
  methods: ["adam", "rmsprop", "nag", "sgd", "lbfgs"],
  ratioOf: "adam",
});

const words =
  "Here the loss measures how far a picture is from the content of a photograph and the style of a painting. The numbers θ are the picture's own pixels, and every run is another photograph, starting from noise.";

function art(
  name: string,
  title: string,
  base: typeof vgg,
  smallBase: typeof vgg,
  source: "photographs" | "scenes",
  styles: readonly [string, string],
  { beta, gamma }: Pick<Art, "beta" | "gamma">,
): Experiment[] {
  const family = (part: Part, side: number, style = styles[0]): Art => ({
    ...base,
    contents: `${source}-${part}`,
    style,
    side,
  });
  const large = (part: Part): Art => perPixel(family(part, 128, styles[1]));
  const options: MetaTrainOptions = {
    ...metaTrainDefaults,
    // Pixels move by several of their 255 levels a step; their gradients are of the order of 1e-5 to 1e-4.
    shape: { ...defaultLstm, inputScale: 300, outputScale: 20 },
    steps: 128,
    unroll: 32,
    iterations: 150,
    metaBatch: 1,
    learningRate: 0.01,
    warmup: 20,
    average: 0.9,
    validateEvery: 25,
    validationTrajectories: 6,
    validationSteps: 128,
  };
  /** A quarter of the pixels, so a quarter of the work. First-order throughout: through ReLU, second derivatives only did harm. */
  const small: Experiment = {
    name: `${name}-small`,
    title: `${title}, 32 × 32`,
    words,
    train: { ...family("train", 32), ...smallBase },
    validation: { ...family("validation", 32), ...smallBase },
    options,
    tests: [],
  };
  const whole: Experiment = {
    name,
    title,
    words,
    startFrom: small,
    train: family("train", 64),
    validation: family("validation", 64),
    // Over whole trajectories an undiscounted first-order meta-gradient has a norm of a hundred and little of a direction: forty
    // rounds of it raised the loss of three validation runs from 1.264 to 1.335, where a discount of 0.9 or 0.8 led to 1.16.
    options: {
      ...options,
      discount: 0.9,
      iterations: 120,
      learningRate: 0.005,
      validateEvery: 20,
      validationTrajectories: 4,
    },
    tests: [
      test(`${name}-64`, `${title}: training style, 64 × 64`, (part) => family(part, 64), 10, 3),
      // A run of 128 × 128 takes a minute a method: its learning rates are chosen on one picture.
      test(`${name}-128`, `${title}: new style, 128 × 128`, large, 5, 1),
    ],
  };
  /** The same optimizer at the weights that people want pictures of, and `gradgrad style` takes: a size it did not see, too. */
  const picture: Experiment = {
    ...whole,
    name: `${name}-picture`,
    title: `${title} at the weights of gradgrad style`,
    optimizerOf: name,
    tests: [
      {
        ...test(
          `${name}-picture`,
          `${title} at the weights of gradgrad style: new style, 128 × 128`,
          (part) => perPixel({ ...family(part, 128, styles[1]), beta, gamma }),
          5,
          1,
        ),
        methods: ["adam", "nag", "lbfgs"], // the two that came nearest at the other weights, and what `style` takes by default
      },
    ],
  };
  return beta === base.beta ? [whole] : [whole, picture];
}

/** Figures 8 and 9 of the paper, on photographs and paintings; and on pictures made by rule. */
export const artExperiments: readonly Experiment[] = [
  ...art("neural-art", "Neural art", vgg, smallVgg, "photographs", ["starry", "wave"], neuralArtDefaults),
  ...art(
    "neural-art-made",
    "Neural art on pictures made by rule",
    made,
    made,
    "scenes",
    ["painting-1", "painting-2"],
    made,
  ),
];
