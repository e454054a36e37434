import type { Layout, Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = { size: Vec; last: Vec };

/**
 * Rprop: each step size grows by 1.2 while its gradient keeps its sign and shrinks by 0.5 when it flips (that step is then
 * skipped), within [1e-6, 50]; θ ← θ − size·sgn ∇. Source: Riedmiller and Braun 1993, in PyTorch's form.
 *
 * @param learningRate first step size > 0.
 */
export function rprop(learningRate: number): Optimizer<State> {
  return {
    name: "rprop",
    init: (l: Layout): State => ({ size: new Float32Array(l.size).fill(learningRate), last: new Float32Array(l.size) }),
    update(state: State, grad: Vec, delta: Vec): void {
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        const turn = g * state.last[i]!;
        const factor = turn > 0 ? 1.2 : turn < 0 ? 0.5 : 1;
        const size = Math.min(50, Math.max(1e-6, state.size[i]! * factor));
        const used = turn < 0 ? 0 : g;
        state.size[i] = size;
        state.last[i] = used;
        delta[i] = -size * Math.sign(used);
      }
    },
  };
}

export const rpropMethod: Method = {
  name: "rprop",
  label: "Rprop",
  learningRates: [1e-5, 0.1],
  create: rprop as Method["create"],
};
