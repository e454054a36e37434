import { checkInteger } from "../core/check.ts";
import type { Layout, Vec } from "../core/layout.ts";
import { adam } from "./adam.ts";
import { nag } from "./nag.ts";
import type { Method, Optimizer } from "./optimizer.ts";

/**
 * A method whose rate falls in a line: step t = 0, 1, … is its own times 1 − t/T, and nothing moves from step T on. It knows how
 * long it runs, as a learned optimizer trained for T steps does.
 *
 * @param inner the method, at the rate of the start.
 * @param steps T, a whole number ≥ 1.
 * @throws ArgumentError for another T.
 */
export function linearDecay<State>(inner: Optimizer<State>, steps: number): Optimizer<{ inner: State; t: number }> {
  checkInteger("steps", steps);
  return {
    name: `${inner.name}-linear`,
    init: (l: Layout, functions: number) => ({ inner: inner.init(l, functions), t: 0 }),
    update(state, grad: Vec, delta: Vec): void {
      inner.update(state.inner, grad, delta);
      const share = Math.max(0, 1 - state.t++ / steps);
      for (let i = 0; i < delta.length; i++) delta[i]! *= share;
    },
  };
}

export const adamLinearMethod: Method = {
  name: "adam-linear",
  label: "Adam, linear decay",
  learningRates: [1e-4, 1],
  create: ((learningRate: number, steps: number) => linearDecay(adam(learningRate), steps)) as Method["create"],
};

export const nagLinearMethod: Method = {
  name: "nag-linear",
  label: "NAG, linear decay",
  learningRates: [1e-4, 10],
  create: ((learningRate: number, steps: number) => linearDecay(nag(learningRate), steps)) as Method["create"],
};
