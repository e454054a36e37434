import type { Layout, Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = { m: Vec; v: Vec; b1: number; b2: number };

/**
 * Adam: m ← 0.9·m + 0.1·∇; v ← 0.999·v + 0.001·∇²; θ ← θ − α·m̂/(√v̂ + 1e-8), m̂ and v̂ corrected for their start at zero.
 * Source: Kingma and Ba 2015.
 *
 * @param learningRate α > 0.
 */
export function adam(learningRate: number): Optimizer<State> {
  return {
    name: "adam",
    init: (l: Layout): State => ({ m: new Float32Array(l.size), v: new Float32Array(l.size), b1: 1, b2: 1 }),
    update(state: State, grad: Vec, delta: Vec): void {
      state.b1 *= 0.9;
      state.b2 *= 0.999;
      const rate = learningRate / (1 - state.b1);
      const root = Math.sqrt(1 - state.b2);
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        const m = 0.9 * state.m[i]! + 0.1 * g;
        const v = 0.999 * state.v[i]! + 0.001 * g * g;
        state.m[i] = m;
        state.v[i] = v;
        delta[i] = (-rate * m) / (Math.sqrt(v) / root + 1e-8);
      }
    },
  };
}

export const adamMethod: Method = {
  name: "adam",
  label: "Adam",
  learningRates: [1e-4, 1],
  create: adam as Method["create"],
};
