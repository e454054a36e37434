import type { Layout } from "../core/layout.ts";
import type { LineSearchOptimizer } from "./optimizer.ts";
import { type Line, strongWolfe } from "./strong-wolfe.ts";

interface State {
  /** s_k = θ_{k+1} − θ_k and y_k = ∇_{k+1} − ∇_k, oldest first, with 1/yᵀs. */
  readonly pairs: { s: Float64Array; y: Float64Array; rho: number }[];
  /** The last step taken and the gradient before it. */
  last?: { s: Float64Array; grad: Float64Array };
  /** Scale of the first inverse-Hessian guess. */
  gamma: number;
}

// Float64Array alone, here and below: on mixed kinds of array these loops, most of a step's time, take twice as long.
const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/**
 * L-BFGS: direction d = −H∇ by the two-loop recursion over the last `history` pairs (s, y), step length by a strong-Wolfe
 * line search. Each step makes extra evaluations, which the caller counts and shows.
 * Source: Nocedal and Wright 2006, algorithms 7.4 and 3.5; step for step as PyTorch's LBFGS with `strong_wolfe`.
 *
 * @param options `learningRate` is the first trial step length (default 1); `history` the pairs kept (default 100).
 * @example
 * const [run] = await runTrajectory(problem, lbfgs(), { steps: 20, rng: createRng(1) });
 * run.evaluations; // losses and gradients computed
 */
export function lbfgs(
  options: { readonly learningRate?: number; readonly history?: number } = {},
): LineSearchOptimizer<State> {
  const { learningRate = 1, history = 100 } = options;
  return {
    name: "lbfgs",
    init: (_: Layout): State => ({ pairs: [], gamma: 1 }),
    async step(state, theta, loss, gradient, delta, evaluate) {
      const n = theta.length;
      delta.fill(0);
      if (gradient.every((g) => Math.abs(g) <= 1e-7)) return 0;
      const grad = new Float64Array(gradient);
      const first = state.last === undefined;
      if (state.last) remember(state, grad, history);
      const d = direction(state, grad);
      const slope = dot(grad, d);
      state.last = { s: new Float64Array(n), grad };
      if (slope > -1e-9) return 0;
      const start = first ? Math.min(1, 1 / grad.reduce((a, g) => a + Math.abs(g), 0)) * learningRate : learningRate;
      const trial = new Float32Array(n);
      const at = new Float32Array(n);
      const line: Line = async (t) => {
        for (let i = 0; i < n; i++) trial[i] = theta[i]! + t * d[i]!;
        const f = await evaluate(trial, at);
        return { f, slope: dot(new Float64Array(at), d) };
      };
      const found = await strongWolfe(
        line,
        start,
        loss,
        slope,
        d.reduce((a, v) => Math.max(a, Math.abs(v)), 0),
      );
      for (let i = 0; i < n; i++) {
        state.last.s[i] = found.t * d[i]!;
        delta[i] = state.last.s[i]!;
      }
      return found.evaluations;
    },
  };
}

/** a ← a + c·b. */
const addScaled = (a: Float64Array, c: number, b: Float64Array): void => {
  for (let i = 0; i < a.length; i++) a[i]! += c * b[i]!;
};

/** Turns the last step and the change of the gradient into a pair, where the curvature along it is positive. */
function remember(state: State, grad: Float64Array, history: number): void {
  const { s, grad: before } = state.last!;
  const y = grad.slice();
  addScaled(y, -1, before);
  const ys = dot(y, s);
  if (!(ys > 1e-10)) return;
  if (state.pairs.length === history) state.pairs.shift();
  state.pairs.push({ s, y, rho: 1 / ys });
  state.gamma = ys / dot(y, y);
}

/** −H∇ by the two-loop recursion. */
function direction(state: State, grad: Float64Array): Float64Array {
  const q = new Float64Array(grad.length);
  addScaled(q, -1, grad);
  const alpha: number[] = [];
  for (let k = state.pairs.length - 1; k >= 0; k--) {
    const { s, y, rho } = state.pairs[k]!;
    alpha[k] = rho * dot(s, q);
    addScaled(q, -alpha[k]!, y);
  }
  for (let i = 0; i < q.length; i++) q[i]! *= state.gamma;
  for (const [k, { s, y, rho }] of state.pairs.entries()) {
    const beta = rho * dot(y, q);
    addScaled(q, alpha[k]! - beta, s);
  }
  return q;
}
