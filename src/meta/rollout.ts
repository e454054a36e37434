import type { Vec } from "../core/layout.ts";
import type { Rng, RngState } from "../core/rng.ts";
import type { Network } from "../learned/network.ts";
import type { Problem } from "../problems/problem.ts";

/** Where a trajectory stands between unrolls: plain data. */
export interface Carry {
  /** Steps taken so far. */
  step: number;
  theta: Vec;
  /** The optimizer's state: carried across unrolls, zero only at a trajectory's start. */
  state: Vec;
  batches: RngState;
  /** Of imitation: the teacher's state. */
  teacher?: unknown;
}

/** What one unroll leaves for the replay. */
export interface Rollout {
  /** f_0 … f_K. */
  readonly losses: number[];
  /** d_0 … d_K. */
  readonly gradients: Vec[];
  /** The optimizer's state at the unroll's start. */
  readonly state: Vec;
  readonly carry: Carry;
  /** The first step whose loss or gradient was not finite; the unroll stopped there. */
  readonly nonFinite?: number;
  /** θ, minibatch and the optimizer's state before each step, where asked for. */
  readonly trace?: readonly { readonly theta: Vec; readonly batch: unknown; readonly state: Vec }[];
}

function finite(loss: number, grad: Vec): boolean {
  if (!Number.isFinite(loss)) return false;
  let sum = 0;
  for (let i = 0; i < grad.length; i++) sum += grad[i]! * 0;
  return sum === 0;
}

/**
 * K optimizee steps with the tape-free optimizer, keeping only the gradients: θ_{t+1} = θ_t + g_t, and one gradient more,
 * d_K, that closes the unroll. The next unroll starts from θ_K on a fresh minibatch, as the released code does.
 */
export async function rollout(
  problem: Problem,
  network: Network,
  carry: Carry,
  K: number,
  rng: Rng,
  keepTrace = false,
): Promise<Rollout> {
  const theta = carry.theta.slice();
  const delta = new Float32Array(theta.length);
  const batches = rng.split("batches");
  batches.restore(carry.batches);
  network.restoreState(carry.state);
  const losses: number[] = [];
  const gradients: Vec[] = [];
  const trace: { theta: Vec; batch: unknown; state: Vec }[] = [];
  for (let t = 0; t <= K; t++) {
    const grad = new Float32Array(theta.length);
    const batch = problem.batch(batches);
    const loss = await problem.lossAndGrad(theta, batch, grad);
    if (keepTrace) trace.push({ theta: theta.slice(), batch, state: network.saveState() });
    losses.push(loss);
    gradients.push(grad);
    const next = { step: carry.step + t, theta, state: carry.state, batches: batches.state() };
    if (!finite(loss, grad)) return { losses, gradients, state: carry.state, carry: next, nonFinite: carry.step + t };
    if (t === K) break;
    network.forward(grad, delta);
    for (let i = 0; i < theta.length; i++) theta[i]! += delta[i]!;
  }
  const end = { step: carry.step + K, theta, state: network.saveState(), batches: batches.state() };
  return { losses, gradients, state: carry.state, carry: end, ...(keepTrace ? { trace } : {}) };
}
