import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { coupledNetwork } from "../learned/coupled.ts";
import { averagingDefaults, type CoupledShape } from "../learned/coupled-shape.ts";
import { coupledArithmetic, type NetworkShape } from "../learned/network.ts";
import type { Problem } from "../problems/problem.ts";
import type { Arithmetic } from "../tape/arithmetic.ts";
import type { Rollout } from "./rollout.ts";

/** The plain LSTM's φ is that of a coupled network that averages nothing. */
function onTape(shape: NetworkShape): CoupledShape {
  if ("kind" in shape) {
    check(shape.kind === "coupled", "secondDerivatives", "one network", "several optimizers");
    return shape;
  }
  return { ...shape, kind: "coupled", averaging: { ...averagingDefaults, cells: 0 } };
}

/** Where the network's state of the plain LSTM lies by blocks of 8 coordinates, [layer][h, c][unit][8]: as the tape has it. */
function tapeState(shape: NetworkShape, state: Vec, n: number): Vec {
  if ("kind" in shape) return state;
  const { layers, hidden: H } = shape;
  const per = layers * 2 * H;
  const out = new Float32Array(n * per);
  for (let k = 0; k < n; k++) {
    const from = (k >> 3) * 8 * per + (k & 7);
    for (let l = 0; l < layers; l++)
      for (let u = 0; u < H; u++) {
        out[l * n * H + k * H + u] = state[from + 8 * (l * 2 * H + u)]!;
        out[(layers + l) * n * H + k * H + u] = state[from + 8 * (l * 2 * H + H + u)]!;
      }
  }
  return out;
}

/**
 * Replays an unroll with the paper's dashed edges kept: ∇_t moves with θ_t. With q_t = ∂L/∂d_t through the preprocessing,
 * λ_t = λ_{t+1} + w_t d_t + H_t q_t, so every step needs one Hessian-vector product and all coordinates: nothing is
 * sampled. The network runs on the tape, step by step.
 *
 * @param arithmetic of the tape; fast by default.
 * @returns adds ∂L/∂φ to `gradient`.
 * @throws ArgumentError if the problem has no `hvp`, or the rollout kept no trace.
 */
export async function replaySecondDerivatives(
  problem: Problem,
  shape: NetworkShape,
  phi: Vec,
  out: Rollout,
  weights: ArrayLike<number>,
  gradient: Float64Array,
  arithmetic?: Arithmetic,
): Promise<void> {
  const { trace } = out;
  check(problem.hvp !== undefined, "secondDerivatives", "a problem with `hvp`", "none", "Turn the option off");
  check(trace !== undefined, "rollout", "one that kept θ and minibatch of each step", "none");
  const n = problem.layout.size;
  const coupled = onTape(shape);
  const network = coupledNetwork(coupled, n, problem.functions ?? 1, arithmetic ?? coupledArithmetic(coupled, n));
  network.load(phi);
  const hq = new Float32Array(n);
  await network.replaySecond(out.gradients, weights, tapeState(shape, out.state, n), gradient, async (t, q) => {
    await problem.hvp!(trace[t]!.theta, trace[t]!.batch, q, hq);
    return hq;
  });
}
