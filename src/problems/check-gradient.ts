import { check, checkPositive } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";
import type { Problem } from "./problem.ts";

/** One tensor's derivative along one random direction. */
export interface GradientCheck {
  readonly tensor: string;
  /** ∇f·v, from the problem's own gradient. */
  readonly given: number;
  /** The same by differences. */
  readonly measured: number;
  /** |given − measured| / max(|given|, |measured|, floor). */
  readonly error: number;
}

/** Where and how closely `checkGradient` looks. */
export interface CheckGradientOptions {
  readonly rng: Rng;
  /** Where; default: the problem's own θ₀. */
  readonly theta?: Vec;
  /** Length of the step along a direction. Default 0.02. */
  readonly step?: number;
  /** Largest error that passes. Default 0.01: losses are single precision. */
  readonly tolerance?: number;
}

/**
 * Holds a problem's gradient against differences: for each tensor a random direction v of length 1,
 * ∇f·v ≈ (8(f(θ+hv) − f(θ−hv)) − (f(θ+2hv) − f(θ−2hv))) / 12h, on one minibatch.
 *
 * @returns one line a tensor.
 * @throws ArgumentError naming the first tensor whose error is above the tolerance.
 * @example
 * await checkGradient(family.sample(createRng(1)), { rng: createRng(2) });
 */
export async function checkGradient(problem: Problem, options: CheckGradientOptions): Promise<GradientCheck[]> {
  const { rng, step: h = 0.02, tolerance = 0.01 } = options;
  checkPositive("step", h);
  const n = problem.layout.size;
  const functions = problem.functions ?? 1;
  const theta = new Float32Array(n);
  if (options.theta) theta.set(options.theta);
  else problem.init(rng.split("theta"), theta);
  const batch = problem.batch(rng.split("batch"));
  const grad = new Float32Array(n);
  const scratch = new Float32Array(n);
  await problem.lossAndGrad(theta, batch, grad);
  const at = new Float32Array(n);
  const checks: GradientCheck[] = [];
  for (const { name, offset, size } of problem.layout.slots) {
    const stream = rng.split(name);
    const v = Float64Array.from({ length: size }, () => stream.normal());
    const length = Math.sqrt(v.reduce((a, x) => a + x * x, 0));
    const f = async (steps: number): Promise<number> => {
      at.set(theta);
      for (let i = 0; i < size; i++) at[offset + i] = theta[offset + i]! + (steps * h * v[i]!) / length;
      return problem.lossAndGrad(at, batch, scratch);
    };
    const far = (await f(2)) - (await f(-2));
    const measured = (8 * ((await f(1)) - (await f(-1))) - far) / (12 * h);
    // Functions side by side: the loss is their mean, the gradient each one's own.
    const given = v.reduce((a, x, i) => a + (x / length) * grad[offset + i]!, 0) / functions;
    const floor = 1e-4;
    const error = Math.abs(given - measured) / Math.max(Math.abs(given), Math.abs(measured), floor);
    checks.push({ tensor: name, given, measured, error });
  }
  const bad = checks.find((c) => !(c.error <= tolerance));
  check(
    bad === undefined,
    `gradient of ${bad?.tensor}`,
    `${bad?.measured} along a random direction (by differences)`,
    bad?.given,
    "lossAndGrad must write ∇f of the loss that it returns",
  );
  return checks;
}
