import type { Layout, Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = { s: Vec };

/**
 * RMSprop: s ← 0.99·s + 0.01·∇²; θ ← θ − α∇/(√s + 1e-8). Source: Tieleman and Hinton 2012, with Torch's constants.
 *
 * @param learningRate α > 0.
 */
export function rmsprop(learningRate: number): Optimizer<State> {
  return {
    name: "rmsprop",
    init: (l: Layout): State => ({ s: new Float32Array(l.size) }),
    update(state: State, grad: Vec, delta: Vec): void {
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        const s = 0.99 * state.s[i]! + 0.01 * g * g;
        state.s[i] = s;
        delta[i] = (-learningRate * g) / (Math.sqrt(s) + 1e-8);
      }
    },
  };
}

export const rmspropMethod: Method = {
  name: "rmsprop",
  label: "RMSprop",
  learningRates: [1e-4, 1],
  create: rmsprop as Method["create"],
};
