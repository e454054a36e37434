import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { coordinateState, preprocessDerivative, referenceNetwork } from "../kernels/lstm-reference.ts";
import { stateSize } from "../kernels/lstm-shape.ts";
import type { NetworkShape } from "../learned/network.ts";
import type { Problem } from "../problems/problem.ts";
import type { Rollout } from "./rollout.ts";

/**
 * Replays an unroll with the paper's dashed edges kept: ∇_t moves with θ_t. With q_t = ∂L/∂d_t through the preprocessing,
 * λ_t = λ_{t+1} + w_t d_t + H_t q_t, so every step needs one Hessian-vector product and all coordinates: nothing is
 * sampled. Runs in float64 on the reference network; meant for small problems and for measuring what dropping the edges
 * costs.
 *
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
): Promise<void> {
  const { gradients, trace } = out;
  check(!("kind" in shape), "secondDerivatives", "one coordinatewise LSTM", "another network");
  check(problem.hvp !== undefined, "secondDerivatives", "a problem with `hvp`", "none", "Turn the option off");
  check(trace !== undefined, "rollout", "one that kept θ and minibatch of each step", "none");
  const n = problem.layout.size;
  const K = gradients.length - 1;
  const share = 1 / (problem.functions ?? 1);
  const net = referenceNetwork(shape, phi);
  const coordinates = Array.from({ length: n }, (_, i) => {
    const state = coordinateState(out.state, i, stateSize(shape));
    const records = gradients.slice(0, K).map((d) => net.step(d[i]!, state).record);
    return { records, adjoint: net.adjoint() };
  });
  const lambda = Float64Array.from(gradients[K]!, (d) => share * weights[K]! * d);
  const q = new Float32Array(n);
  const hq = new Float32Array(n);
  for (let t = K - 1; t >= 0; t--) {
    const d = gradients[t]!;
    coordinates.forEach(({ records, adjoint }, i) => {
      const dFeatures = net.backward(records[t]!, lambda[i]!, adjoint, gradient);
      q[i] = preprocessDerivative(shape, d[i]!).reduce((a, s, k) => a + s * dFeatures[k]!, 0);
    });
    if (t === 0) return;
    await problem.hvp(trace[t]!.theta, trace[t]!.batch, q, hq);
    for (let i = 0; i < n; i++) lambda[i]! += share * weights[t]! * d[i]! + hq[i]!;
  }
}
