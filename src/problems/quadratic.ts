import { check, checkInteger, checkRange } from "../core/check.ts";
import { layout, type Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";
import type { Problem, ProblemFamily } from "./problem.ts";

/** What a family of quadratics is made of. */
export interface QuadraticOptions {
  /** Dimension of θ, and rows of W. Default 10. */
  readonly dimension: number;
  /** W and y: "uniform" on [0, 1) (the paper's Figure 4 and the released code) or "gaussian" N(0, 1) (its text). */
  readonly data: "uniform" | "gaussian";
  /** Standard deviation of θ₀; 0 starts at the origin. Default 0.01. */
  readonly initScale: number;
  /** Functions side by side in one θ. How many there are never changes an update. Default 1. */
  readonly functions: number;
}

/** The quadratics of the paper's Figure 4: 10-d, uniform W and y, θ₀ ~ N(0, 0.01²). */
export const quadraticDefaults: QuadraticOptions = { dimension: 10, data: "uniform", initScale: 0.01, functions: 1 };

/**
 * f(θ) = ‖Wθ − y‖², W ∈ ℝ^{d×d}, ∇f = 2Wᵀ(Wθ − y), H = 2WᵀW. Each W, y is drawn anew by `sample`.
 * Source: paper §3.1.
 *
 * @throws ArgumentError for options out of range.
 * @example
 * const family = quadratics({ data: "gaussian" }); const f = family.sample(createRng(1));
 */
export function quadratics(options: Partial<QuadraticOptions> = {}): ProblemFamily {
  const o = { ...quadraticDefaults, ...options };
  check(["uniform", "gaussian"].includes(o.data), "data", '"uniform" or "gaussian"', o.data);
  checkInteger("dimension", o.dimension);
  checkInteger("functions", o.functions);
  checkRange("initScale", o.initScale, 0, Number.POSITIVE_INFINITY);
  return {
    name: `quadratic-${o.data}`,
    sample: (rng) => quadratic(o, rng),
  };
}

function quadratic(o: QuadraticOptions, rng: Rng): Problem<undefined> {
  const { dimension: d, functions: B } = o;
  const draw = o.data === "uniform" ? () => rng.uniform() : () => rng.normal();
  const W = Float64Array.from({ length: B * d * d }, draw);
  const y = Float64Array.from({ length: B * d }, draw);
  return quadraticOf(o, W, y);
}

function quadraticOf(o: QuadraticOptions, W: Float64Array, y: Float64Array): Problem<undefined> {
  const { dimension: d, functions: B } = o;
  const losses = new Float64Array(B);
  const r = new Float64Array(d);
  /** out = 2Wᵀ(W v − target) for function b; returns ‖W v − target‖². */
  function apply(b: number, v: Vec, target: Float64Array | undefined, out: Vec): number {
    let loss = 0;
    for (let i = 0; i < d; i++) {
      let a = target ? -target[b * d + i]! : 0;
      const row = (b * d + i) * d;
      for (let j = 0; j < d; j++) a += W[row + j]! * v[b * d + j]!;
      r[i] = a;
      loss += a * a;
    }
    for (let j = 0; j < d; j++) {
      let a = 0;
      for (let i = 0; i < d; i++) a += W[(b * d + i) * d + j]! * r[i]!;
      out[b * d + j] = 2 * a;
    }
    return loss;
  }
  return {
    layout: layout({ theta: B === 1 ? [d] : [B, d] }),
    functions: B,
    losses,
    init(stream, theta) {
      for (let i = 0; i < theta.length; i++) theta[i] = o.initScale === 0 ? 0 : o.initScale * stream.normal();
    },
    batch: () => undefined,
    lossAndGrad(theta, _, grad) {
      let sum = 0;
      for (let b = 0; b < B; b++) sum += losses[b] = apply(b, theta, y, grad);
      return sum / B;
    },
    single: (i) =>
      quadraticOf({ ...o, functions: 1 }, W.slice(i * d * d, (i + 1) * d * d), y.slice(i * d, (i + 1) * d)),
    hvp(_theta, _batch, v, out) {
      for (let b = 0; b < B; b++) apply(b, v, undefined, out);
    },
  };
}
