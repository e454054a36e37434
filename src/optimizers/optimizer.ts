import type { Layout, Vec } from "../core/layout.ts";

/**
 * An update rule, hand-designed or learned: θ ← θ + delta.
 * `init` makes the state; `update` reads `grad`, writes `delta` and advances the state.
 */
export interface Optimizer<S = unknown> {
  readonly name: string;
  /** `functions` functions stand side by side in θ (default 1): for methods whose coordinates share information. */
  init(layout: Layout, functions?: number): S;
  /** One step: reads `grad` (∇f at θ), writes `delta`, advances `state`. The caller adds: θ ← θ + delta. */
  update(state: S, grad: Vec, delta: Vec): void;
}

/** A hand-designed method with one tuned learning rate: what `tune` searches over. */
export interface Method {
  readonly name: string;
  /** Label for people: "Adam", "NAG". */
  readonly label: string;
  /** A sensible interval for the learning rate, in which a log grid starts. */
  readonly learningRates: readonly [number, number];
  /** The method with a learning rate; `steps` of the run where the rate falls to its end. */
  create(learningRate: number, steps?: number): Optimizer;
}

/**
 * A method that evaluates the loss on its own within a step (L-BFGS's line search, Newton-CG's products). It stands apart in comparisons: each
 * of its steps costs more than one evaluation, and `step` says how many.
 */
export interface LineSearchOptimizer<S = unknown> {
  readonly name: string;
  /** Makes the memory for θ of a layout. */
  init(layout: Layout): S;
  /**
   * Reads θ, f(θ) and ∇f(θ), writes `delta`, advances the state. `evaluate` gives f and writes ∇f at another point, on
   * the same minibatch; `hvp` gives H·v at θ, where the problem has it, at the cost of
   * `hvpEvaluations` losses with gradients (default 1). Returns how many evaluations it made.
   */
  step(
    state: S,
    theta: Vec,
    loss: number,
    grad: Vec,
    delta: Vec,
    evaluate: (theta: Vec, grad: Vec) => number | Promise<number>,
    hvp?: (v: Vec, out: Vec) => void | Promise<void>,
    hvpEvaluations?: number,
  ): Promise<number>;
}
