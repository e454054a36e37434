import { averagingDefaults, memoryDefaults } from "../learned/coupled-shape.ts";
import type { NetworkShape } from "../learned/network.ts";
import { metaTrainDefaults } from "../meta/train.ts";
import { apartMethods, methods } from "../optimizers/registry.ts";
import { quadraticDefaults } from "../problems/quadratic.ts";
import type { Experiment } from "./experiment.ts";
import type { FamilySpec } from "./families.ts";

const lstm = {
  layers: 2,
  hidden: 20,
  preprocessing: { kind: "scale" as const },
  inputScale: 1,
  outputScale: 1,
};

const networks: readonly { suffix: string; shape: NetworkShape; row?: { name: string; label: string } }[] = [
  { suffix: "", shape: lstm },
  {
    suffix: "-gac",
    shape: { ...lstm, kind: "coupled", averaging: averagingDefaults },
    row: { name: "lstm-gac", label: "LSTM+GAC" },
  },
  {
    suffix: "-ntm",
    shape: { ...lstm, kind: "coupled", averaging: averagingDefaults, memory: memoryDefaults },
    row: { name: "ntm-bfgs", label: "NTM-BFGS" },
  },
];

/**
 * What sharing information between coordinates gains: LSTM, LSTM+GAC and NTM-BFGS, meta-trained alike on Gaussian quadratics
 * of one dimension. Source: paper, appendix D, which reports no experiment.
 */
function architectures(dimension: number, rounds: number, functions: number): Experiment[] {
  const family = (side: number): FamilySpec => ({
    kind: "quadratic",
    ...quadraticDefaults,
    dimension,
    data: "gaussian",
    initScale: 0,
    functions: side,
  });
  const name = `quadratic-${dimension}`;
  return networks.map(({ suffix, shape, row }) => ({
    name: `${name}${suffix}`,
    title: `Gaussian quadratics of ${dimension} dimensions: three networks`,
    words: `Here the loss is the squared distance between Wθ and y, for ${dimension} numbers θ. W and y are drawn at random, so every run is a different function of the same family. The loss starts near ${dimension} and cannot fall below zero.`,
    ...(row ? { row } : {}),
    train: family(functions),
    validation: family(functions),
    options: {
      ...metaTrainDefaults,
      shape,
      iterations: rounds,
      metaBatch: 2,
      learningRate: 0.004,
      validateEvery: 50,
      validationTrajectories: Math.ceil(512 / functions),
    },
    tests:
      suffix === ""
        ? [
            {
              key: name,
              family: family(100),
              steps: 100,
              trajectories: dimension > 20 ? 5 : 20,
              tuningTrajectories: 20, // 2,000 functions, as for Figure 4's quadratics
              methods: [...methods, ...apartMethods].map((m) => m.name), // curvature methods stand apart
              metrics: [
                { name: "final" as const, kind: "final" as const, step: 100 },
                { name: "sum" as const, kind: "sum" as const, from: 0, step: 99 },
              ],
            },
          ]
        : [],
  }));
}

/** 10 and 50 dimensions. */
export const architectureExperiments: readonly Experiment[] = [
  ...architectures(10, 1000, 32),
  ...architectures(50, 500, 16),
];
