import type { Problem } from "../problems/problem.ts";

/** The problem, with every loss and θ that it is asked about told. */
export function watched(problem: Problem, onLoss: (loss: number, theta: Float32Array) => void): Problem {
  return {
    ...problem,
    async lossAndGrad(theta, batch, grad) {
      const loss = await problem.lossAndGrad(theta, batch, grad);
      onLoss(loss, theta);
      return loss;
    },
  };
}
