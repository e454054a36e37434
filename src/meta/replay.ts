import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";
import { type NetworkShape, openCoupled, type Place, placedParts } from "../learned/network.ts";
import { type LstmReplay, replayHere } from "./replay-parts.ts";
import { importance, type Sampling, sampleByImportance, sampleCoordinates } from "./sample.ts";

/** What one unroll left: d_0 … d_K and the optimizer's state at its start. */
export interface Recorded {
  readonly gradients: readonly Vec[];
  readonly state: Vec;
}

/** What becomes of a coordinatewise LSTM's replay; `gradient` is its part of ∂L/∂φ, a view of the whole. */
export type TakeReplay = (replay: LstmReplay, gradient: Float64Array) => void;

/**
 * Adds ∂L/∂φ of one unroll to `gradient`: the network runs again on the recorded gradients, and goes back with λ. The
 * coordinatewise LSTM's coordinates are independent, so a stratified sample of them is an unbiased estimate; coupled networks
 * run all their coordinates in lockstep.
 *
 * @param take by default an LSTM's replay is run here, chunk by chunk.
 *
 * @param discount γ of λ_t = γ λ_{t+1} + w_t ∇_t: see `MetaTrainOptions`.
 * @param fraction share of each tensor to replay; of all coordinates where `sampling` is "importance".
 * @throws ArgumentError for a fraction below 1 with a coupled network, also as one of several: the estimate would be biased.
 */
export function replay(
  shape: NetworkShape,
  place: Place,
  phi: Vec,
  { gradients, state }: Recorded,
  weights: Float64Array,
  fraction: number,
  rng: Rng,
  gradient: Float64Array,
  sampling: Sampling = "stratified",
  discount = 1,
  take: TakeReplay = replayHere,
): void {
  if (!("kind" in shape)) {
    const sample =
      sampling === "importance" && fraction < 1
        ? sampleByImportance(importance(gradients, weights, discount), place.functions, fraction, rng)
        : sampleCoordinates(place.layout, place.functions, fraction, rng);
    take({ shape, phi, simd: place.simd, gradients, weights, discount, state, ...sample }, gradient);
    return;
  }
  if (shape.kind === "coupled") {
    check(fraction === 1, "fraction", "1 with a coupled network", fraction, "A sample of its coordinates is biased");
    const network = openCoupled(shape, place);
    network.load(phi);
    network.replay(gradients, weights, state, gradient, discount);
    return;
  }
  for (const { group, place: own, gather, phiOf, stateOf } of placedParts(shape, place))
    replay(
      group.net,
      own,
      phiOf(phi),
      { gradients: gradients.map(gather), state: stateOf(state) },
      weights,
      fraction,
      rng.split(group.name),
      phiOf(gradient),
      sampling,
      discount,
      take,
    );
}
