import type { Vec } from "../core/layout.ts";
import type { Problem } from "./problem.ts";

/**
 * H·v by differences of two gradients, on the same minibatch: H v ≈ ‖v‖ (∇f(θ + h u) − ∇f(θ − h u)) / 2h, u = v/‖v‖. For problems
 * without an exact product; single precision leaves about three digits.
 *
 * @param step h: the length of the move in θ. Default 0.05.
 * @example
 * const withProducts = { ...problem, hvp: differenceHvp(problem), hvpEvaluations: 2 };
 */
export function differenceHvp<Batch>(problem: Problem<Batch>, step = 0.05): NonNullable<Problem<Batch>["hvp"]> {
  const n = problem.layout.size;
  const [at, up, down] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  return async (theta: Vec, batch: Batch, v: Vec, out: Vec) => {
    let squares = 0;
    for (let i = 0; i < n; i++) squares += v[i]! * v[i]!;
    const length = Math.sqrt(squares);
    if (!(length > 0)) {
      out.fill(0);
      return;
    }
    for (const [sign, grad] of [
      [1, up],
      [-1, down],
    ] as const) {
      for (let i = 0; i < n; i++) at[i] = theta[i]! + ((sign * step) / length) * v[i]!;
      await problem.lossAndGrad(at, batch, grad);
    }
    for (let i = 0; i < n; i++) out[i] = (length * (up[i]! - down[i]!)) / (2 * step);
  };
}
