import { check, checkInteger } from "../core/check.ts";
import type { Rng } from "../core/rng.ts";
import type { LineSearchOptimizer, Optimizer } from "../optimizers/optimizer.ts";
import type { Problem } from "../problems/problem.ts";

/** The losses of one function along one inner training run. */
export interface Trajectory {
  /** `losses[t]` = f(θ_t) on minibatch t, t = 0 … steps. From the first non-finite loss on, every entry is Infinity. */
  readonly losses: Float64Array;
  /** A loss stopped being finite. */
  readonly diverged: boolean;
  /** Losses with gradients computed, where a line search makes more than one a step; Hessian-vector products at what they cost. */
  readonly evaluations?: number;
  /** Wall-clock seconds of the whole run (all its functions), where a clock was given. */
  readonly seconds?: number;
}

/** How a trajectory is run. */
export interface RunOptions {
  /** Updates made; there are `steps + 1` losses. */
  readonly steps: number;
  /** The same seed gives the same θ₀ and the same minibatches to every optimizer. */
  readonly rng: Rng;
  /** A clock in milliseconds, such as `performance.now`. Without it `seconds` is left out. */
  readonly now?: () => number;
}

/**
 * Runs `optimizer` on `problem` for `steps` updates: θ_{t+1} = θ_t + delta(∇f_t(θ_t)).
 *
 * θ₀ is drawn from `rng.split("theta")`, minibatch t from `rng.split("batch").split(t)`, so nothing that the optimizer
 * does can change them. A run that diverges is recorded, never thrown.
 *
 * @returns one trajectory a function: `problem.functions` of them.
 * @throws ArgumentError if `steps` is not a whole number ≥ 0.
 * @example
 * const [run] = await runTrajectory(problem, methodByName("sgd").create(0.1), { steps: 100, rng: createRng(1) });
 * run.losses[100]; // f(θ₁₀₀)
 */
export async function runTrajectory(
  problem: Problem,
  optimizer: Optimizer | LineSearchOptimizer,
  options: RunOptions,
): Promise<Trajectory[]> {
  const { steps, rng, now } = options;
  checkInteger("steps", steps, 0);
  const theta = new Float32Array(problem.layout.size);
  problem.init(rng.split("theta"), theta);
  const batches = rng.split("batch");
  const started = now?.() ?? 0;
  const batch = (t: number): unknown => problem.batch(batches.split(t));
  const runs =
    "step" in optimizer
      ? await oneByOne(problem, optimizer, theta, batch, steps)
      : await together(problem, optimizer, theta, batch, steps);
  if (!now) return runs;
  const seconds = (now() - started) / 1000;
  return runs.map((r) => ({ ...r, seconds }));
}

async function together(
  problem: Problem,
  optimizer: Optimizer,
  theta: Float32Array,
  batch: (t: number) => unknown,
  steps: number,
): Promise<Trajectory[]> {
  const functions = problem.functions ?? 1;
  const n = theta.length;
  const grad = new Float32Array(n);
  const delta = new Float32Array(n);
  const curves = Array.from({ length: functions }, () => new Float64Array(steps + 1).fill(Infinity));
  const diverged: boolean[] = new Array(functions).fill(false);
  const state = optimizer.init(problem.layout, functions);
  for (let t = 0; t <= steps; t++) {
    const result = problem.lossAndGrad(theta, batch(t), grad);
    const mean = typeof result === "number" ? result : await result;
    for (let i = 0; i < functions; i++) {
      if (diverged[i]) continue;
      const loss = functions > 1 ? problem.losses![i]! : mean;
      if (Number.isFinite(loss)) curves[i]![t] = loss;
      else diverged[i] = true;
    }
    if (t === steps || diverged.every(Boolean)) break;
    optimizer.update(state, grad, delta);
    for (let i = 0; i < n; i++) theta[i]! += delta[i]!;
  }
  return curves.map((losses, i) => ({ losses, diverged: diverged[i]! }));
}

/** A line search walks along one function, so functions that stand side by side are taken apart. */
async function oneByOne(
  problem: Problem,
  optimizer: LineSearchOptimizer,
  all: Float32Array,
  batch: (t: number) => unknown,
  steps: number,
): Promise<Trajectory[]> {
  const functions = problem.functions ?? 1;
  const runs: Trajectory[] = [];
  for (let i = 0; i < functions; i++) {
    const one = functions === 1 ? problem : problem.single?.(i);
    check(one !== undefined, "problem", "one function, or `single` to take them apart", `${functions} functions`);
    const n = one.layout.size;
    const theta = all.slice(i * n, (i + 1) * n);
    const grad = new Float32Array(n);
    const delta = new Float32Array(n);
    const losses = new Float64Array(steps + 1).fill(Infinity);
    const state = optimizer.init(one.layout);
    let evaluations = 0;
    let diverged = false;
    for (let t = 0; t <= steps && !diverged; t++) {
      const minibatch = batch(t);
      const loss = await one.lossAndGrad(theta, minibatch, grad);
      evaluations++;
      diverged = !Number.isFinite(loss);
      if (diverged) break;
      losses[t] = loss;
      if (t === steps) break;
      evaluations += await optimizer.step(
        state,
        theta,
        loss,
        grad,
        delta,
        (at, out) => one.lossAndGrad(at, minibatch, out),
        one.hvp && ((v, out) => one.hvp!(theta, minibatch, v, out)),
        one.hvpEvaluations,
      );
      for (let k = 0; k < n; k++) theta[k]! += delta[k]!;
    }
    runs.push({ losses, diverged, evaluations });
  }
  return runs;
}
