import { layout } from "../core/layout.ts";
import { createRng, type Rng } from "../core/rng.ts";
import type { LstmKernel, ReplayJob } from "../kernels/lstm-kernel.ts";
import { coordinateState, referenceKernel, referenceNetwork } from "../kernels/lstm-reference.ts";
import { stateSize } from "../kernels/lstm-shape.ts";
import { wasmKernel } from "../kernels/lstm-wasm.ts";
import { defaultLstm } from "../learned/lstm.ts";
import { initNetwork } from "../learned/network.ts";
import { importance, type Sampling, sampleByImportance, sampleCoordinates } from "../meta/sample.ts";

const K = 20;
const N = 24;
const shape = defaultLstm;

/** One unroll of 20 steps, two layers of 20 units, on 24 random coordinates; all from one seed. */
function unroll(seed: number) {
  const rng = createRng(seed);
  const phi = initNetwork(shape, rng);
  const gradients = Array.from({ length: K + 1 }, () => Float32Array.from({ length: N }, () => rng.normal()));
  const job: ReplayJob = {
    gradients,
    weights: new Float64Array(K + 1).fill(1),
    state: new Float32Array(N * stateSize(shape)),
    coordinates: Int32Array.from({ length: N }, (_, i) => i),
    coordinateWeights: new Float32Array(N).fill(1),
  };
  return { rng, phi, job };
}

/** Σ_t λ_{t+1} g_t with the inputs frozen, λ_{t+1} = Σ_{k>t} ∇_k, in float64: its φ-derivative is the meta-gradient. */
function frozen(phi: ArrayLike<number>, { gradients, state }: ReplayJob): number {
  const net = referenceNetwork(shape, phi);
  let total = 0;
  for (let i = 0; i < N; i++) {
    const s = coordinateState(state, i, stateSize(shape));
    let lambda = gradients.slice(1).reduce((a, g) => a + g[i]!, 0);
    for (let t = 0; t < K; t++) {
      total += lambda * net.step(gradients[t]![i]!, s).delta;
      lambda -= gradients[t + 1]![i]!;
    }
  }
  return total;
}

function replayed(kernel: LstmKernel, phi: Float32Array, job: ReplayJob): Float64Array {
  const gradient = new Float64Array(phi.length);
  kernel.load(phi);
  kernel.replay(job, gradient);
  return gradient;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

/**
 * The meta-gradient against central differences with frozen inputs, along random directions: the largest relative error, of the
 * float64 reference and of the kernels.
 */
export function metaGradientErrors(directions = 10): { reference: number; kernel: number } {
  const { rng, phi, job } = unroll(11);
  const exact = replayed(referenceKernel(shape, N), phi, job);
  const fast = replayed(wasmKernel(shape, 8, K), phi, job);
  const worst = { reference: 0, kernel: 0 };
  const size = Math.sqrt(dot(exact, exact));
  for (let d = 0; d < directions; d++) {
    // Half along the gradient: a direction that is all but across it asks for nothing but rounding.
    const random = Float64Array.from(phi, () => rng.normal());
    const length = Math.sqrt(dot(random, random));
    const direction = random.map((v, i) => v / length + exact[i]! / size);
    const h = 1e-4;
    const moved = (s: number): number =>
      frozen(
        Float64Array.from(phi, (v, i) => v + s * h * direction[i]!),
        job,
      );
    const difference = (moved(1) - moved(-1)) / (2 * h);
    worst.reference = Math.max(worst.reference, Math.abs(dot(exact, direction) / difference - 1));
    worst.kernel = Math.max(worst.kernel, Math.abs(dot(fast, direction) / difference - 1));
  }
  return worst;
}

/**
 * How far the mean of many sampled meta-gradients lies from the full one, along it, in standard errors of that mean: within about 2
 * where the sample is unbiased.
 */
export function sampledReplayBias(how: Sampling, draws = 2000): number {
  const { rng, phi, job } = unroll(12);
  const kernel = wasmKernel(shape, 8, K);
  const full = replayed(kernel, phi, job);
  const l = layout({ w: [4, 4], b: [8] });
  const r = importance(job.gradients, job.weights);
  const sample = (from: Rng) =>
    how === "stratified" ? sampleCoordinates(l, 1, 0.25, from, 1) : sampleByImportance(r, 1, 0.25, from);
  const along = Array.from({ length: draws }, (_, k) =>
    dot(replayed(kernel, phi, { ...job, ...sample(rng.split(k)) }), full),
  );
  const mean = along.reduce((a, v) => a + v, 0) / draws;
  const variance = along.reduce((a, v) => a + (v - mean) ** 2, 0) / (draws - 1);
  return Math.abs(mean - dot(full, full)) / Math.sqrt(variance / draws);
}
