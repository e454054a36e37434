import type { Layout, Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = { v: Vec };

/**
 * Nesterov's accelerated gradient, with θ the look-ahead point (Torch's `optim.nag`): v ← 0.9·v + ∇; θ ← θ − α(∇ + 0.9·v).
 * Source: Sutskever et al. 2013; the paper's baseline.
 *
 * @param learningRate α > 0.
 */
export function nag(learningRate: number): Optimizer<State> {
  return {
    name: "nag",
    init: (l: Layout): State => ({ v: new Float32Array(l.size) }),
    update(state: State, grad: Vec, delta: Vec): void {
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        const v = 0.9 * state.v[i]! + g;
        state.v[i] = v;
        delta[i] = -learningRate * (g + 0.9 * v);
      }
    },
  };
}

export const nagMethod: Method = {
  name: "nag",
  label: "NAG",
  learningRates: [1e-4, 10],
  create: nag as Method["create"],
};
