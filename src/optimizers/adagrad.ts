import type { Layout, Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = { s: Vec };

/**
 * Adagrad: s ← s + ∇²; θ ← θ − α∇/(√s + 1e-10). Source: Duchi et al. 2011.
 *
 * @param learningRate α > 0.
 */
export function adagrad(learningRate: number): Optimizer<State> {
  return {
    name: "adagrad",
    init: (l: Layout): State => ({ s: new Float32Array(l.size) }),
    update(state: State, grad: Vec, delta: Vec): void {
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        const s = state.s[i]! + g * g;
        state.s[i] = s;
        delta[i] = (-learningRate * g) / (Math.sqrt(s) + 1e-10);
      }
    },
  };
}

export const adagradMethod: Method = {
  name: "adagrad",
  label: "Adagrad",
  learningRates: [1e-3, 1],
  create: adagrad as Method["create"],
};
