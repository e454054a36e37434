import type { Vec } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import { withKernel } from "../kernels/kernel-pool.ts";
import { stateLength } from "../kernels/lstm-kernel.ts";
import { type LstmShape, phiLayout, stateSize } from "../kernels/lstm-shape.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import type { Problem, ProblemFamily } from "../problems/problem.ts";
import { type Carry, rollout } from "./rollout.ts";
import { sampleCoordinates } from "./sample.ts";
import { replaySecondDerivatives } from "./second-derivatives.ts";

/** One unroll of one trajectory: everything it needs, as plain data, so that any thread may do it. */
export interface UnrollTask {
  readonly shape: LstmShape;
  readonly phi: Vec;
  /** Names the trajectory: its problem, θ₀, minibatches and samples follow from it. */
  readonly seed: string;
  /** undefined starts the trajectory. */
  readonly carry?: Carry;
  readonly K: number;
  /** w_t of this unroll's steps 0 … K. */
  readonly weights: Float64Array;
  readonly fraction: number;
  readonly simd: Simd;
  /** Keep the paper's dashed edges: see `replaySecondDerivatives`. */
  readonly secondDerivatives?: boolean;
}

/** What comes back from one unroll. */
export interface UnrollResult {
  readonly gradient: Float64Array;
  readonly losses: number[];
  readonly carry: Carry;
  readonly nonFinite?: number;
  /** Largest |∇| seen, for the optimizer file. */
  readonly largestGradient: number;
}

/** The problem of a trajectory, the same whenever it is asked for. */
export function problemOf(family: ProblemFamily, seed: string): Problem {
  return family.sample(createRng(seed).split("problem"));
}

/** θ₀, a zero optimizer state and the minibatch stream of a new trajectory. */
export function startTrajectory(problem: Problem, shape: LstmShape, seed: string): Carry {
  const rng = createRng(seed);
  const theta = new Float32Array(problem.layout.size);
  problem.init(rng.split("theta"), theta);
  const state = new Float32Array(stateLength(theta.length, stateSize(shape)));
  return { step: 0, theta, state, batches: rng.split("batches").state() };
}

/** Rolls out K steps, then replays them: the meta-gradient of one unroll. A pure function of the task. */
export async function runUnroll(family: ProblemFamily, task: UnrollTask): Promise<UnrollResult> {
  const { shape, phi, seed, K } = task;
  const problem = problemOf(family, seed);
  const carry = task.carry ?? startTrajectory(problem, shape, seed);
  const rng = createRng(seed);
  const out = await withKernel(shape, problem.layout.size, 1, task.simd, (kernel) => {
    kernel.load(phi);
    return rollout(problem, kernel, carry, K, rng, task.secondDerivatives);
  });
  const gradient = new Float64Array(phiLayout(shape).size);
  let largestGradient = 0;
  for (const g of out.gradients)
    for (let i = 0; i < g.length; i++) largestGradient = Math.max(largestGradient, Math.abs(g[i]!));
  if (out.nonFinite === undefined && task.secondDerivatives)
    await replaySecondDerivatives(problem, shape, phi, out, task.weights, gradient);
  else if (out.nonFinite === undefined) {
    const sample = sampleCoordinates(
      problem.layout,
      problem.functions ?? 1,
      task.fraction,
      rng.split(`sample ${carry.step}`),
    );
    await withKernel(shape, 8, K, task.simd, (kernel) => {
      kernel.load(phi);
      kernel.replay({ gradients: out.gradients, weights: task.weights, state: out.state, ...sample }, gradient);
    });
  }
  problem.dispose?.();
  const { losses, nonFinite } = out;
  return { gradient, losses, carry: out.carry, largestGradient, ...(nonFinite === undefined ? {} : { nonFinite }) };
}
