import type { Rng } from "../core/rng.ts";
import { adamMethod } from "../optimizers/adam.ts";
import type { Problem, ProblemFamily } from "../problems/problem.ts";
import { brief, type Finding, finding } from "./finding.ts";
import { quantile } from "./statistics.ts";

/** ‖E∇‖² against E‖∇ − E∇‖² over minibatches at θ₀. */
export async function noiseOfMinibatches(problem: Problem, rng: Rng): Promise<Finding> {
  const n = problem.layout.size;
  const theta = new Float32Array(n);
  problem.init(rng.split("theta"), theta);
  const count = 16;
  const sum = new Float64Array(n);
  const grad = new Float32Array(n);
  let squares = 0;
  for (let k = 0; k < count; k++) {
    await problem.lossAndGrad(theta, problem.batch(rng), grad);
    for (let i = 0; i < n; i++) {
      sum[i]! += grad[i]! / count;
      squares += (grad[i]! * grad[i]!) / count;
    }
  }
  const ofMean = sum.reduce((a, x) => a + x * x, 0);
  const variance = Math.max(0, (squares - ofMean) * (count / (count - 1)));
  // The mean of so many gradients has a part of their variance in its own square.
  const ratio = Math.max(0, ofMean - variance / count) / variance;
  const about = "noise of minibatches";
  if (!(variance > 1e-9 * ofMean)) return finding(about, "none: the gradient at a point is always the same");
  return finding(
    about,
    `at θ₀ the mean gradient's square is ${brief(ratio)} times its variance`,
    ratio < 0.1 && {
      verdict: "note",
      advice: "larger minibatches would make every optimizer faster, and meta-training steadier",
    },
  );
}

/** Sizes of gradients, and the time that they take, along runs of Adam; `small` and `large` are quantiles of those not zero. */
export async function alongAdam(
  family: ProblemFamily,
  rng: Rng,
  steps: number,
  problems: number,
  learningRate: number,
  now?: () => number,
): Promise<{ small: number; large: number; zeros: number; before: number; milliseconds: number | undefined }> {
  const sizes: number[] = [];
  let [zeros, all, before, calls] = [0, 0, 0, 0];
  let spent = 0;
  for (let k = 0; k < problems; k++) {
    const stream = rng.split(k);
    const problem = family.sample(stream.split("problem"));
    const n = problem.layout.size;
    const [theta, grad, delta] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
    problem.init(stream.split("theta"), theta);
    const optimizer = adamMethod.create(learningRate);
    const state = optimizer.init(problem.layout);
    const batches = stream.split("batches");
    for (let t = 0; t < steps; t++) {
      const batch = problem.batch(batches);
      const from = now?.() ?? 0;
      const loss = await problem.lossAndGrad(theta, batch, grad);
      spent += (now?.() ?? 0) - from;
      calls++;
      if (t === 0) before += loss / problems;
      const stride = Math.max(1, Math.floor(n / 500)); // a sample is enough
      for (let i = t % stride; i < n; i += stride) {
        all++;
        if (grad[i] === 0) zeros++;
        else sizes.push(Math.abs(grad[i]!));
      }
      optimizer.update(state, grad, delta);
      for (let i = 0; i < n; i++) theta[i]! += delta[i]!;
    }
    problem.dispose?.();
  }
  const v = sizes.length > 0 ? sizes : [1];
  return {
    small: quantile(v, 0.05),
    large: quantile(v, 0.95),
    zeros: zeros / all,
    before,
    milliseconds: now ? spent / calls : undefined,
  };
}
