import { checkInteger } from "../core/check.ts";
import type { Layout, Vec } from "../core/layout.ts";
import { adam } from "./adam.ts";
import type { Method, Optimizer } from "./optimizer.ts";

/**
 * Adam with linear decay: step t = 0, 1, … is Adam's times 1 − t/T, and nothing moves from step T on. It knows how long it
 * runs, as a learned optimizer trained for T steps does.
 *
 * @param learningRate α > 0, the rate at the start.
 * @param steps T, a whole number ≥ 1.
 * @throws ArgumentError for another T.
 */
export function adamLinear(learningRate: number, steps: number): Optimizer {
  checkInteger("steps", steps);
  const inner = adam(learningRate);
  type State = { readonly adam: ReturnType<typeof inner.init>; t: number };
  return {
    name: "adam-linear",
    init: (l: Layout): State => ({ adam: inner.init(l), t: 0 }),
    update(given: unknown, grad: Vec, delta: Vec): void {
      const state = given as State;
      inner.update(state.adam, grad, delta);
      const share = Math.max(0, 1 - state.t++ / steps);
      for (let i = 0; i < delta.length; i++) delta[i]! *= share;
    },
  };
}

export const adamLinearMethod: Method = {
  name: "adam-linear",
  label: "Adam, linear decay",
  learningRates: [1e-4, 1],
  create: adamLinear as Method["create"],
};
