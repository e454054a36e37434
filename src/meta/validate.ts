import type { Vec } from "../core/layout.ts";
import { createRng, type RngState } from "../core/rng.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import { type Network, type NetworkShape, openNetwork } from "../learned/network.ts";
import type { Problem, ProblemFamily } from "../problems/problem.ts";
import { placeOf, problemOf, startTrajectory } from "./unroll.ts";

/** One validation trajectory: φ frozen, `steps` steps. */
export interface ValidationTask {
  readonly shape: NetworkShape;
  readonly phi: Vec;
  readonly seed: string;
  readonly steps: number;
  readonly simd: Simd;
}

/** f(θ₀) … f(θ_steps) of one trajectory with φ frozen; stops at the first non-finite loss. */
export async function runValidation(family: ProblemFamily, task: ValidationTask): Promise<number[]> {
  const problem = problemOf(family, task.seed);
  const { theta, batches } = startTrajectory(problem, task.shape, task.seed);
  const network = openNetwork(task.shape, placeOf(problem, task.simd));
  network.load(task.phi);
  network.reset();
  const losses = await run(problem, network, theta, batches, task);
  network.close();
  problem.dispose?.();
  return losses;
}

async function run(
  problem: Problem,
  network: Network,
  theta: Vec,
  batches: RngState,
  { seed, steps }: ValidationTask,
): Promise<number[]> {
  const rng = createRng(seed).split("batches"); // as in a rollout: a batch may split it by its key
  rng.restore(batches);
  const grad = new Float32Array(theta.length);
  const delta = new Float32Array(theta.length);
  const losses: number[] = [];
  for (let t = 0; t <= steps; t++) {
    const loss = await problem.lossAndGrad(theta, problem.batch(rng), grad);
    losses.push(loss);
    if (!Number.isFinite(loss) || t === steps) break;
    network.forward(grad, delta);
    for (let i = 0; i < theta.length; i++) theta[i]! += delta[i]!;
  }
  return losses;
}
