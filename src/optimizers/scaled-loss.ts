import type { Vec } from "../core/layout.ts";
import type { LineSearchOptimizer } from "./optimizer.ts";

/**
 * A line-search method that works on c·f instead of f: for losses of which gradients and curvatures are so small that it takes them
 * for the end, or for noise. Where each of the two is scaled alike, its steps are those on f.
 */
export function onScaledLoss<S>(of: LineSearchOptimizer<S>, c: number): LineSearchOptimizer<S> {
  const scaled = (v: Vec): void => {
    for (let i = 0; i < v.length; i++) v[i]! *= c;
  };
  return {
    ...of,
    step(state, theta, loss, grad, delta, evaluate, hvp, hvpEvaluations) {
      const own = grad.slice();
      scaled(own);
      const evaluateScaled: typeof evaluate = async (at, out) => {
        const f = await evaluate(at, out);
        scaled(out);
        return c * f;
      };
      const productScaled: typeof hvp =
        hvp &&
        (async (v, out) => {
          await hvp(v, out);
          scaled(out);
        });
      return of.step(state, theta, c * loss, own, delta, evaluateScaled, productScaled, hvpEvaluations);
    },
  };
}
