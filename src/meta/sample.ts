import type { Layout } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";

/** Coordinates to replay and the weight of each. */
export interface Sample {
  readonly coordinates: Int32Array;
  readonly coordinateWeights: Float32Array;
}

/**
 * A stratified random sample of coordinates for an unbiased estimate of the meta-gradient. A stratum is one tensor of one
 * function; k_s = max(least, ⌈fraction·N_s⌉) of its N_s coordinates are drawn without replacement and weighted by
 * N_s/k_s, so small tensors are whole. Everything is also divided by the number of functions B (the loss is their mean).
 *
 * @param fraction share of each tensor to replay, in (0, 1]; 1 takes all coordinates.
 */
export function sampleCoordinates(l: Layout, functions: number, fraction: number, rng: Rng, least = 32): Sample {
  const picked: number[] = [];
  const weights: number[] = [];
  const strata =
    functions === 1
      ? l.slots
      : Array.from({ length: functions }, (_, b) => ({ offset: (b * l.size) / functions, size: l.size / functions }));
  for (const { offset, size } of strata) {
    const k = Math.min(size, Math.max(least, Math.ceil(fraction * size)));
    const order = Int32Array.from({ length: size }, (_, i) => offset + i);
    if (k < size) {
      for (let i = 0; i < k; i++) {
        const j = i + rng.integer(size - i);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      order.subarray(0, k).sort();
    }
    for (let i = 0; i < k; i++) {
      picked.push(order[i]!);
      weights.push(size / k / functions);
    }
  }
  return { coordinates: Int32Array.from(picked), coordinateWeights: Float32Array.from(weights) };
}
