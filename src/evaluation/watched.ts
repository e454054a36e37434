import type { Problem } from "../problems/problem.ts";

/** The problem, with every loss and θ that it is asked about told; it waits for what the listener does. */
export function watched(problem: Problem, onLoss: (loss: number, theta: Float32Array) => unknown): Problem {
  return {
    ...problem,
    async lossAndGrad(theta, batch, grad) {
      const loss = await problem.lossAndGrad(theta, batch, grad);
      await onLoss(loss, theta);
      return loss;
    },
  };
}
