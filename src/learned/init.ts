import { type Layout, type Vec, view } from "../core/layout.ts";
import { log } from "../core/math.ts";
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

/**
 * Biases for cells that forget within 2 to `longest` steps, as many in each decade, instead of within four, as bias 0 does:
 * b_f = u, b_i = −u with u ~ U(0, log(longest − 1)), each cell its own u, as σ(u) is kept a step. Source: Tallec & Ollivier, Can
 * recurrent neural networks warp time?, ICLR 2018, eq. 16 (chrono initialization), whose memories are uniform in steps: too few
 * short ones for the first steps of a run. The forget bias 1 that is added outside b is taken off.
 */
export function chronoBiases(l: Layout, phi: Vec, longest: number, rng: Rng): void {
  for (const { name, shape: dims } of l.slots) {
    if (!name.endsWith("b_gates")) continue;
    const b = view(l, phi, name);
    const hidden = dims[0]! / 4;
    for (let j = 0; j < hidden; j++) {
      const u = log(longest - 1) * rng.uniform();
      b[j] = -u;
      b[2 * hidden + j] = u - 1;
    }
  }
}
