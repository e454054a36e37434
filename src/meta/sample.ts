import type { Layout, Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";

/** How the coordinates to replay are drawn: see `sampleCoordinates` and `sampleByImportance`. */
export type Sampling = "stratified" | "importance";

/** Coordinates to replay and the weight of each. */
export interface Sample {
  readonly coordinates: Int32Array;
  readonly coordinateWeights: Float32Array;
}

/** The tensors, cut where one function ends and the next begins. */
function strata(l: Layout, functions: number): { readonly offset: number; readonly size: number }[] {
  const each = l.size / functions;
  return l.slots.flatMap(({ offset, size }) => {
    const cuts: { offset: number; size: number }[] = [];
    for (let from = offset; from < offset + size; ) {
      const to = Math.min(offset + size, (Math.floor(from / each) + 1) * each);
      cuts.push({ offset: from, size: to - from });
      from = to;
    }
    return cuts;
  });
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
  for (const { offset, size } of strata(l, functions)) {
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

/**
 * r_i = (Σ_t λ_t²)^½ of every coordinate i in one unroll, where λ_t = Σ_{s>t} γ^(s−t−1) w_s ∇_s is the derivative of the
 * meta-loss by the step t, discounted. What a coordinate adds to the meta-gradient is linear in its λ: nothing where they are 0, as at pixels that no image lights.
 *
 * @param gradients ∇_0 … ∇_K, n numbers each.
 * @param weights w_0 … w_K.
 * @param discount γ.
 */
export function importance(gradients: readonly Vec[], weights: ArrayLike<number>, discount = 1): Float64Array {
  const n = gradients[0]!.length;
  const [lambda, r] = [new Float64Array(n), new Float64Array(n)];
  for (let s = gradients.length - 1; s > 0; s--) {
    const [g, w] = [gradients[s]!, weights[s]!];
    for (let i = 0; i < n; i++) {
      lambda[i] = discount * lambda[i]! + w * g[i]!;
      r[i]! += lambda[i]! * lambda[i]!;
    }
  }
  return r.map(Math.sqrt);
}

/**
 * A random sample of ⌈fraction·n⌉ coordinates in which i is with probability π_i = min(1, c·r_i), weighted by 1/π_i: unbiased as
 * well, and far less noisy than equal chances where few coordinates carry most of the meta-gradient. Drawn systematically, so
 * that their number is all but fixed: one random number, and a coordinate wherever Σ π passes it by a whole number.
 * Everything is also divided by the number of functions.
 *
 * @param r what `importance` gives; coordinates of 0 are never drawn.
 * Source: systematic sampling with probability proportional to size (Madow 1949).
 */
export function sampleByImportance(r: Float64Array, functions: number, fraction: number, rng: Rng): Sample {
  let wanted = Math.ceil(fraction * r.length);
  let rest = r.reduce((a, v) => a + v, 0);
  const certain = new Uint8Array(r.length);
  // Whoever's chance would pass 1 is taken for certain, which raises the chance of all others.
  for (let more = true; more && wanted > 0; ) {
    more = false;
    const c = wanted / rest;
    for (let i = 0; i < r.length; i++)
      if (!certain[i] && c * r[i]! >= 1) {
        certain[i] = 1;
        wanted--;
        rest -= r[i]!;
        more = true;
      }
  }
  const picked: number[] = [];
  const weights: number[] = [];
  let next = rng.uniform();
  let sum = 0;
  for (let i = 0; i < r.length; i++) {
    const chance = certain[i] ? 1 : wanted > 0 && rest > 0 ? (wanted * r[i]!) / rest : 0;
    if (!certain[i]) {
      sum += chance;
      if (sum <= next) continue;
      next++;
    }
    picked.push(i);
    weights.push(1 / chance / functions);
  }
  return { coordinates: Int32Array.from(picked), coordinateWeights: Float32Array.from(weights) };
}
