import type { Vec } from "../core/layout.ts";
import { createRng, type RngState } from "../core/rng.ts";
import { withKernel } from "../kernels/kernel-pool.ts";
import type { LstmKernel } from "../kernels/lstm-kernel.ts";
import type { LstmShape } from "../kernels/lstm-shape.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import type { Problem, ProblemFamily } from "../problems/problem.ts";
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
  const losses = await withKernel(task.shape, theta.length, 1, task.simd, (kernel) => {
    kernel.load(task.phi);
    kernel.reset();
    return run(problem, kernel, theta, batches, task);
  });
  problem.dispose?.();
  return losses;
}

async function run(
  problem: Problem,
  kernel: LstmKernel,
  theta: Vec,
  batches: RngState,
  { seed, steps }: ValidationTask,
): Promise<number[]> {
  const rng = createRng(seed);
  rng.restore(batches);
  const grad = new Float32Array(theta.length);
  const delta = new Float32Array(theta.length);
  const losses: number[] = [];
  for (let t = 0; t <= steps; t++) {
    const loss = await problem.lossAndGrad(theta, problem.batch(rng), grad);
    losses.push(loss);
    if (!Number.isFinite(loss) || t === steps) break;
    kernel.forward(grad, delta);
    for (let i = 0; i < theta.length; i++) theta[i]! += delta[i]!;
  }
  return losses;
}
