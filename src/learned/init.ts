import { type Layout, type Vec, view } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";

/**
 * A network's weights as Sonnet initialises them: every matrix W ~ truncated normal (cut at 2σ) with σ = 1/√(rows of W), every
 * bias 0. Source: the released code's networks (spec of the paper's §3).
 */
export function initMatrices(l: Layout, rng: Rng): Vec {
  const phi = new Float32Array(l.size);
  for (const { name, shape: dims } of l.slots) {
    if (dims.length !== 2) continue;
    const w = view(l, phi, name);
    const sigma = 1 / Math.sqrt(dims[0]!);
    for (let i = 0; i < w.length; i++) w[i] = sigma * rng.truncatedNormal();
  }
  return phi;
}
