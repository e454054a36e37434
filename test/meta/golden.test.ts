import { expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import type { LstmShape } from "../../src/kernels/lstm-shape.ts";
import { localRunner } from "../../src/meta/runner.ts";
import { initialCheckpoint, metaTrain, metaTrainDefaults } from "../../src/meta/train.ts";
import type { ProblemFamily } from "../../src/problems/problem.ts";

/** f(x) = x², x₀ = 1, and a linear net that starts at zero: the released code's own convergence tests. */
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
const linear: LstmShape = { layers: 0, hidden: 1, preprocessing: { kind: "scale" }, inputScale: 1, outputScale: 1 };

async function run(iterations: number, steps: number, unroll: number) {
  const options = { ...metaTrainDefaults, shape: linear, schedule: "constant" as const, clip: 0 };
  const o = {
    ...options,
    iterations,
    steps,
    unroll,
    metaBatch: 1,
    learningRate: 0.01,
    validateEvery: 1000,
    validationTrajectories: 1,
  };
  const start = initialCheckpoint(o);
  start.phi.fill(0);
  const runner = localRunner(square);
  let cost = 0;
  let x = 0;
  const spy = {
    ...runner,
    unroll: async (tasks: Parameters<typeof runner.unroll>[0]) => {
      const results = await runner.unroll(tasks);
      cost = results[0]!.losses.at(-1)!;
      x = results[0]!.carry.theta[0]!;
      return results;
    },
  };
  for await (const _ of metaTrain(o, spy, start));
  return { cost, x };
}

it("reproduces the released code's golden numbers: cost 0.7325326, x 0.8559", async () => {
  const { cost, x } = await run(1, 10, 5);
  expect({ cost, x }).toEqual({ cost: expect.closeTo(0.7325326, 4), x: expect.closeTo(0.8559, 4) });
});

it("converges on x² as the released convergence test asks: cost < 1e-5", async () => {
  const { cost } = await run(500, 100, 20);
  expect(cost).toBeLessThan(1e-5);
});
