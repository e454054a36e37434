import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { lendKernel } from "../kernels/kernel-pool.ts";
import type { Lockstep } from "../learned/coupled.ts";
import { type NetworkShape, openCoupled, type Place, placedParts } from "../learned/network.ts";
import type { Problem } from "../problems/problem.ts";
import type { Rollout } from "./rollout.ts";

/** Blocks of coordinates that share one pass over the weights' gradient: their activations fit the second-level cache. */
const SLOTS = 16;

/** @param states the network's state before each step. */
function openLockstep(
  shape: NetworkShape,
  place: Place,
  phi: Vec,
  gradients: readonly Vec[],
  states: readonly Vec[],
): Lockstep {
  if (!("kind" in shape)) {
    const { kernel, giveBack } = lendKernel(shape, place.layout.size, SLOTS, place.simd, true);
    kernel.load(phi);
    kernel.beginBack();
    const sum = new Float64Array(phi.length);
    return {
      stepBack(t, lambda, q) {
        kernel.stepBack({ grad: gradients[t]!, state: states[t]!, lambda }, q, sum);
      },
      finish(gradient) {
        giveBack();
        for (let i = 0; i < sum.length; i++) gradient[i]! += sum[i]!;
      },
    };
  }
  if (shape.kind === "coupled") {
    const network = openCoupled(shape, place);
    network.load(phi);
    return network.lockstep(gradients, states[0]!);
  }
  const parts = placedParts(shape, place).map((part) => ({
    ...part,
    q: new Float32Array(part.layout.size),
    lockstep: openLockstep(
      part.group.net,
      part.place,
      part.phiOf(phi),
      gradients.map(part.gather),
      states.map(part.stateOf),
    ),
  }));
  return {
    stepBack(t, lambda, q) {
      for (const p of parts) {
        p.lockstep.stepBack(t, p.gather(lambda), p.q);
        p.scatter(p.q, q);
      }
    },
    finish(gradient) {
      for (const { lockstep, phiOf } of parts) lockstep.finish(phiOf(gradient));
    },
  };
}

/**
 * Replays an unroll with the paper's dashed edges kept: ∇_t moves with θ_t. With q_t = ∂L/∂d_t through the network and its
 * preprocessing, λ_t = λ_{t+1} + w_t d_t + H_t q_t, so every step needs one Hessian-vector product and all coordinates:
 * nothing is sampled. Divided by the number of functions.
 *
 * @returns adds ∂L/∂φ to `gradient`.
 * @throws ArgumentError if the problem has no `hvp`, or the rollout kept no trace.
 */
export async function replaySecondDerivatives(
  problem: Problem,
  shape: NetworkShape,
  place: Place,
  phi: Vec,
  { trace, gradients }: Rollout,
  weights: ArrayLike<number>,
  gradient: Float64Array,
): Promise<void> {
  check(problem.hvp !== undefined, "secondDerivatives", "a problem with `hvp`", "none", "Turn the option off");
  check(trace !== undefined, "rollout", "one that kept θ and minibatch of each step", "none");
  const { functions } = place;
  const K = gradients.length - 1;
  const states = trace.map((s) => s.state);
  const lockstep = openLockstep(shape, place, phi, gradients, states);
  const lambda = gradients[K]!.map((d) => (weights[K]! * d) / functions);
  const q = new Float32Array(lambda.length);
  const hq = new Float32Array(lambda.length);
  for (let t = K - 1; t >= 0; t--) {
    lockstep.stepBack(t, lambda, q);
    if (t === 0) break;
    await problem.hvp(trace[t]!.theta, trace[t]!.batch, q, hq);
    const d = gradients[t]!;
    for (let k = 0; k < lambda.length; k++) lambda[k]! += (weights[t]! * d[k]!) / functions + hq[k]!;
  }
  lockstep.finish(gradient);
}
