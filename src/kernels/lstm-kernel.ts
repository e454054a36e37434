import type { Vec } from "../core/layout.ts";

/**
 * The two jobs of the optimizer network over n coordinates: step forward, and replay recorded gradients to get ∂L/∂φ.
 * Made by `wasmKernel` (fast) or `referenceKernel` (slow, obvious, float64): the same thing to every caller.
 */
export interface LstmKernel {
  readonly coordinates: number;
  /** Takes φ; later steps and replays use it. */
  load(phi: Vec): void;
  /** Zeroes h and c of all coordinates. */
  reset(): void;
  /** State as plain data: coordinate blocks of 8, each [layer][h, c][unit][8]. */
  saveState(): Vec;
  /** Takes a state that `saveState` gave. */
  restoreState(state: Vec): void;
  /** One step of all coordinates: reads grad, advances the state, writes delta. */
  forward(grad: Vec, delta: Vec): void;
  /**
   * Adds ∂L/∂φ of one unroll over some of its coordinates to `gradient`.
   * λ_K = w_K d_K, λ_t = γ λ_{t+1} + w_t d_t, ∂L/∂g_t = λ_{t+1} (γ = 1 unless the job has a discount); each coordinate's part is multiplied by its weight.
   * Uses the kernel's own state up: `reset` or `restoreState` before the next `forward`.
   */
  replay(job: ReplayJob, gradient: Float64Array): void;
  /** Starts a replay in lockstep, all coordinates step by step from the unroll's end: for second derivatives. */
  beginBack(): void;
  /**
   * One step back of all coordinates: adds its part of ∂L/∂φ to `gradient`, and writes ∂L/∂d_t, through the preprocessing,
   * to `q`. Uses the kernel's own state up, as `replay` does.
   *
   * @throws ArgumentError in a kernel that was not made for it.
   */
  stepBack(job: StepBack, q: Vec, gradient: Float64Array): void;
}

/** What one step back needs. */
export interface StepBack {
  /** d_t of all coordinates. */
  readonly grad: Vec;
  /** State before step t, as `saveState` gave it. */
  readonly state: Vec;
  /** λ_{t+1} = ∂L/∂g_t. */
  readonly lambda: Vec;
}

/** What one replay needs: the unroll's recorded gradients and its starting state. */
export interface ReplayJob {
  /** d_0 … d_K: K + 1 gradients, the last one only for the meta-loss. */
  readonly gradients: readonly Vec[];
  /** w_0 … w_K. */
  readonly weights: ArrayLike<number>;
  /** γ of λ_t = γ λ_{t+1} + w_t d_t. Default 1. */
  readonly discount?: number;
  /** State of all coordinates at the unroll's start, as `saveState` gave it. */
  readonly state: Vec;
  /** Coordinates to replay, in this order. */
  readonly coordinates: Int32Array;
  /** Weight of each of `coordinates` in the sum. */
  readonly coordinateWeights: Vec;
}

/** Length of the plain state vector for n coordinates. */
export function stateLength(n: number, perCoordinate: number): number {
  return Math.ceil(n / 8) * 8 * perCoordinate;
}
