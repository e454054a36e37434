import type { Layout, Vec } from "../core/layout.ts";
import type { LineSearchOptimizer } from "./optimizer.ts";
import { type Line, strongWolfe } from "./strong-wolfe.ts";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/**
 * Newton-CG: the direction solves H d = −∇ by conjugate gradients, as far as min(½, √‖∇‖)·‖∇‖ or until a direction of negative
 * curvature; step length by a strong-Wolfe line search that tries 1 first. A Hessian-vector product counts as the
 * evaluations that the problem's `hvp` costs; without one it is two gradients, (∇f(θ + εv) − ∇f(θ − εv)) / 2ε.
 * Source: Nocedal and Wright 2006, algorithm 7.1.
 *
 * @param options `most` is the largest number of products a step (default: the number of parameters, at most 100).
 * @example
 * const [run] = await runTrajectory(problem, newtonCg(), { steps: 20, rng: createRng(1) });
 * run.evaluations; // losses with gradients, and Hessian-vector products
 */
export function newtonCg(options: { readonly most?: number } = {}): LineSearchOptimizer<undefined> {
  return {
    name: "newton-cg",
    init: (_: Layout) => undefined,
    async step(_, theta, loss, grad, delta, evaluate, hvp, hvpEvaluations = 1) {
      const n = theta.length;
      const size = Math.sqrt(dot(grad, grad));
      delta.fill(0);
      if (size <= 1e-9) return 0;
      let evaluations = 0;
      const [up, down, at] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
      const product = async (v: Float64Array): Promise<ArrayLike<number>> => {
        const length = Math.sqrt(dot(v, v));
        if (hvp) {
          evaluations += hvpEvaluations;
          const unit = Float32Array.from(v, (x) => x / length);
          await hvp(unit, up);
          return Float64Array.from(up, (x) => x * length);
        }
        evaluations += 2;
        const step = (1e-3 * (1 + Math.sqrt(dot(theta, theta)))) / length;
        for (const [sign, out] of [
          [1, up],
          [-1, down],
        ] as const) {
          for (let i = 0; i < n; i++) at[i] = theta[i]! + sign * step * v[i]!;
          await evaluate(at, out);
        }
        return Float64Array.from(up, (x, i) => (x - down[i]!) / (2 * step));
      };
      const d = await solve(grad, size, Math.min(options.most ?? n, 100), product);
      const slope = dot(grad, d);
      if (!(slope < 0)) return evaluations;
      const line: Line = async (t) => {
        for (let i = 0; i < n; i++) at[i] = theta[i]! + t * d[i]!;
        const f = await evaluate(at, up);
        return { f, slope: dot(up, d) };
      };
      const largest = d.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
      const found = await strongWolfe(line, 1, loss, slope, largest);
      for (let i = 0; i < n; i++) delta[i] = found.t * d[i]!;
      return evaluations + found.evaluations;
    },
  };
}

/** H d = −∇ by conjugate gradients from 0; −∇ where its own curvature is not positive. */
async function solve(
  grad: Vec,
  size: number,
  most: number,
  product: (v: Float64Array) => Promise<ArrayLike<number>>,
): Promise<Float64Array> {
  const d = new Float64Array(grad.length);
  const r = Float64Array.from(grad, (g) => -g);
  const p = r.slice();
  let rr = dot(r, r);
  const enough = Math.min(0.5, Math.sqrt(size)) * size;
  for (let k = 0; k < most && Math.sqrt(rr) > enough; k++) {
    const hp = await product(p);
    const curvature = dot(p, hp);
    if (!(curvature > 1e-12 * dot(p, p))) return k === 0 ? r : d;
    const alpha = rr / curvature;
    for (let i = 0; i < d.length; i++) {
      d[i]! += alpha * p[i]!;
      r[i]! -= alpha * hp[i]!;
    }
    const next = dot(r, r);
    for (let i = 0; i < d.length; i++) p[i] = r[i]! + (next / rr) * p[i]!;
    rr = next;
  }
  return d;
}
