import type { Layout, Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = { v: Vec };

/**
 * Momentum: v ← 0.9·v + ∇; θ ← θ − α·v. Source: Polyak 1964, in Torch's form.
 *
 * @param learningRate α > 0.
 */
export function momentum(learningRate: number): Optimizer<State> {
  return {
    name: "momentum",
    init: (l: Layout): State => ({ v: new Float32Array(l.size) }),
    update(state: State, grad: Vec, delta: Vec): void {
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        const v = 0.9 * state.v[i]! + g;
        state.v[i] = v;
        delta[i] = -learningRate * v;
      }
    },
  };
}

export const momentumMethod: Method = {
  name: "momentum",
  label: "Momentum",
  learningRates: [1e-4, 10],
  create: momentum as Method["create"],
};
