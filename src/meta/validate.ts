import type { Vec } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import type { LstmShape } from "../kernels/lstm-shape.ts";
import { type Simd, wasmKernel } from "../kernels/lstm-wasm.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { problemOf, startTrajectory } from "./unroll.ts";

/** One validation trajectory: φ frozen, `steps` steps. */
export interface ValidationTask {
  readonly shape: LstmShape;
  readonly phi: Vec;
  readonly seed: string;
  readonly steps: number;
  readonly simd: Simd;
}

/** f(θ₀) … f(θ_steps) of one trajectory with φ frozen; stops at the first non-finite loss. */
export async function runValidation(family: ProblemFamily, task: ValidationTask): Promise<number[]> {
  const problem = problemOf(family, task.seed);
  const { theta, batches } = startTrajectory(problem, task.shape, task.seed);
  const kernel = wasmKernel(task.shape, theta.length, 1, task.simd);
  kernel.load(task.phi);
  const rng = createRng(task.seed);
  rng.restore(batches);
  const grad = new Float32Array(theta.length);
  const delta = new Float32Array(theta.length);
  const losses: number[] = [];
  for (let t = 0; t <= task.steps; t++) {
    const loss = await problem.lossAndGrad(theta, problem.batch(rng), grad);
    losses.push(loss);
    if (!Number.isFinite(loss) || t === task.steps) break;
    kernel.forward(grad, delta);
    for (let i = 0; i < theta.length; i++) theta[i]! += delta[i]!;
  }
  problem.dispose?.();
  return losses;
}
