import type { Layout, Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";

/**
 * What is minimised: any loss with a gradient, over a flat parameter vector θ.
 * `batch` draws what is random in one evaluation (a minibatch); deterministic problems return undefined.
 */
export interface Problem<Batch = unknown> {
  readonly layout: Layout;
  /** Writes θ₀. */
  init(rng: Rng, theta: Vec): void;
  /**
   * Draws a minibatch. Draw from `rng` itself: meta-training gives the same stream at every step, further on, so a `split`
   * of it by a fixed key would give the same minibatch each time.
   */
  batch(rng: Rng): Batch;
  /** Writes ∇f(θ) into `grad`, returns f(θ). Engines with asynchronous results return a promise. */
  lossAndGrad(theta: Vec, batch: Batch, grad: Vec): number | Promise<number>;
  /** H·v at θ into `out`, where the problem has it: needed for the option of second derivatives. */
  hvp?(theta: Vec, batch: Batch, v: Vec, out: Vec): void | Promise<void>;
  /** What one `hvp` costs, in losses with gradients: 2 by `differenceHvp`. Default 1, as by a formula. */
  readonly hvpEvaluations?: number;
  /**
   * Functions that run side by side in one θ: [θ¹ | θ² | …], each `layout.size / functions` long. The loss is their
   * mean and `grad` holds ∇f_i of each *unscaled*. Default 1.
   */
  readonly functions?: number;
  /** The loss of each function of the last `lossAndGrad` call, where `functions` > 1. */
  readonly losses?: Float64Array;
  /** The i-th of the functions alone, for methods that search along one: L-BFGS. */
  single?(i: number): Problem;
  /** Frees what the engine holds. */
  dispose?(): void;
}

/** The distribution that problems are drawn from. */
export interface ProblemFamily {
  readonly name: string;
  /**
   * A problem of the family: the same `rng`, the same problem. Meta-training asks again at every unroll. Tests and tuning also say
   * which one of their problems it is, 0, 1, …: for a family that goes through what it has in turn.
   */
  sample(rng: Rng, turn?: number): Problem;
}
