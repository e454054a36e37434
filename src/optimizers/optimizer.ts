import type { Layout, Vec } from "../core/layout.ts";

/** The plain data of an optimizer's state: numbers and flat arrays. It can be copied, saved and restored. */
export type StateData = Record<string, number | Float32Array | Float64Array>;

/**
 * An update rule, hand-designed or learned: θ ← θ + delta.
 * `init` makes all memory; `update` reads `grad`, writes `delta`, advances the state and allocates nothing.
 */
export interface Optimizer<S = unknown> {
  readonly name: string;
  init(layout: Layout): S;
  update(state: S, grad: Vec, delta: Vec): void;
}

/** A hand-designed method with one tuned learning rate: what `tune` searches over. */
export interface Method {
  readonly name: string;
  /** Label for people: "Adam", "NAG". */
  readonly label: string;
  /** A sensible interval for the learning rate, in which a log grid starts. */
  readonly learningRates: readonly [number, number];
  create(learningRate: number): Optimizer;
}
