import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { coordinateState } from "../kernels/lstm-reference.ts";
import { stateSize } from "../kernels/lstm-shape.ts";
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

/** The plain LSTM's state, kept by blocks of coordinates, as the tape has it: h of every layer, then c. */
function tapeState(shape: NetworkShape, state: Vec, n: number): Vec {
  if ("kind" in shape) return state;
  const { layers, hidden: H } = shape;
  const out = new Float32Array(n * stateSize(shape));
  for (let k = 0; k < n; k++) {
    const own = coordinateState(state, k, stateSize(shape));
    for (let l = 0; l < layers; l++) {
      out.set(own.subarray(l * 2 * H, l * 2 * H + H), (l * n + k) * H);
      out.set(own.subarray(l * 2 * H + H, (l + 1) * 2 * H), ((layers + l) * n + k) * H);
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
