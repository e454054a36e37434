import type { Layout, Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = { s: Vec; u: Vec };

/**
 * Adadelta: s ← 0.9·s + 0.1·∇²; δ = √(u + 1e-6)/√(s + 1e-6)·∇; u ← 0.9·u + 0.1·δ²; θ ← θ − α·δ. Source: Zeiler 2012.
 *
 * @param learningRate α > 0; 1 is the paper's.
 */
export function adadelta(learningRate: number): Optimizer<State> {
  return {
    name: "adadelta",
    init: (l: Layout): State => ({ s: new Float32Array(l.size), u: new Float32Array(l.size) }),
    update(state: State, grad: Vec, delta: Vec): void {
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        const s = 0.9 * state.s[i]! + 0.1 * g * g;
        const d = (Math.sqrt(state.u[i]! + 1e-6) / Math.sqrt(s + 1e-6)) * g;
        state.s[i] = s;
        state.u[i] = 0.9 * state.u[i]! + 0.1 * d * d;
        delta[i] = -learningRate * d;
      }
    },
  };
}

export const adadeltaMethod: Method = {
  name: "adadelta",
  label: "Adadelta",
  learningRates: [0.1, 1000],
  create: adadelta as Method["create"],
};
