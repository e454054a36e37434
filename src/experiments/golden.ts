import { layout } from "../core/layout.ts";
import type { LstmShape } from "../kernels/lstm-shape.ts";
import { localRunner } from "../meta/runner.ts";
import { initialCheckpoint, type MetaTrainOptions, metaTrain, metaTrainDefaults } from "../meta/train.ts";
import type { ProblemFamily } from "../problems/problem.ts";

/** f(x) = x², x₀ = 1: the problem of the released code's own convergence tests. */
const square: ProblemFamily = {
  name: "square",
  sample: () => ({
    layout: layout({ x: [] }),
    init: (_, theta) => void theta.fill(1),
    batch: () => undefined,
    lossAndGrad(theta, _, grad) {
      grad[0] = 2 * theta[0]!;
      return theta[0]! ** 2;
    },
  }),
};

/** A linear net: g = w∇ + b, the same for every coordinate. */
const linear: LstmShape = { layers: 0, hidden: 1, preprocessing: { kind: "scale" }, inputScale: 1, outputScale: 1 };

/**
 * Meta-trains the linear net from zero on x² with Adam at 0.01, as `meta_test.py` and `convergence_test.py` of the
 * released code do. Two unrolls of 5 must give cost 0.7325326 and x 0.8559 (there called Torch's results).
 *
 * @returns the loss and x after the last step of the last trajectory.
 */
export async function releasedGolden(
  options: Pick<MetaTrainOptions, "iterations" | "steps" | "unroll"> = { iterations: 1, steps: 10, unroll: 5 },
): Promise<{ cost: number; x: number }> {
  const o: MetaTrainOptions = {
    ...metaTrainDefaults,
    ...options,
    shape: linear,
    schedule: "constant",
    clip: 0,
    warmup: 0,
    metaBatch: 1,
    learningRate: 0.01,
    validateEvery: 1000,
    validationTrajectories: 1,
  };
  const start = initialCheckpoint(o);
  start.phi.fill(0);
  const runner = localRunner(square);
  let cost = Number.NaN;
  let x = Number.NaN;
  const watched: typeof runner = {
    ...runner,
    unroll: async (tasks) => {
      const results = await runner.unroll(tasks);
      cost = results[0]!.losses.at(-1)!;
      x = results[0]!.carry.theta[0]!;
      return results;
    },
  };
  for await (const _ of metaTrain(o, watched, start));
  return { cost, x };
}
