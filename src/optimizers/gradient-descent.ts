import type { Vec } from "../core/layout.ts";
import type { Method, Optimizer } from "./optimizer.ts";

type State = Record<string, never>;

/**
 * Gradient descent: θ ← θ − α∇. Source: Cauchy 1847.
 *
 * @param learningRate α > 0.
 */
export function gradientDescent(learningRate: number): Optimizer<State> {
  return {
    name: "sgd",
    init: (): State => ({}),
    update(_: State, grad: Vec, delta: Vec): void {
      for (let i = 0; i < grad.length; i++) {
        const g = grad[i]!;
        delta[i] = -learningRate * g;
      }
    },
  };
}

export const gradientDescentMethod: Method = {
  name: "sgd",
  label: "Gradient descent",
  learningRates: [1e-4, 10],
  create: gradientDescent as Method["create"],
};
