import type { Vec } from "../core/layout.ts";
import { lendKernel } from "../kernels/kernel-pool.ts";
import { type ReplayJob, stateLength } from "../kernels/lstm-kernel.ts";
import { type LstmShape, phiLayout, stateSize } from "../kernels/lstm-shape.ts";
import { REPLAY_CHUNK, type Simd } from "../kernels/lstm-wasm.ts";

/** The replay of one coordinatewise LSTM over a sample of its coordinates: plain data. */
export interface LstmReplay extends ReplayJob {
  readonly shape: LstmShape;
  readonly phi: Vec;
  readonly simd: Simd;
}

/**
 * Some chunks of an LSTM's replay, with only what their coordinates need: any thread may run it. A chunk is what the kernel sums in
 * float32, so that the float64 sum of all chunks in order is the same however many threads they were dealt to.
 */
export interface ReplayPart extends LstmReplay {
  /** Where its φ begins in that of all optimizers. */
  readonly phiFrom: number;
}

/** Deals an LSTM's chunks out to `parts` neighbours of about the same length; fewer where it has fewer chunks. */
export function splitReplay(whole: LstmReplay, phiFrom: number, parts: number): ReplayPart[] {
  const chunks = Math.ceil(whole.coordinates.length / REPLAY_CHUNK);
  const count = Math.min(parts, chunks);
  return Array.from({ length: count }, (_, p) => {
    const from = Math.floor((p * chunks) / count) * REPLAY_CHUNK;
    const to = Math.min(Math.floor(((p + 1) * chunks) / count) * REPLAY_CHUNK, whole.coordinates.length);
    const own = whole.coordinates.subarray(from, to);
    return {
      ...whole,
      phiFrom,
      gradients: whole.gradients.map((g) => Float32Array.from(own, (i) => g[i]!)),
      state: gatherState(whole.state, own, stateSize(whole.shape)),
      coordinates: Int32Array.from(own, (_, k) => k),
      coordinateWeights: whole.coordinateWeights.slice(from, to),
    };
  });
}

/** The state of some coordinates, in the blocks of 8 that kernels keep it in. */
function gatherState(state: Vec, coordinates: Int32Array, per: number): Vec {
  const out = new Float32Array(stateLength(coordinates.length, per));
  const at = (i: number): number => (i >> 3) * 8 * per + (i & 7);
  coordinates.forEach((i, k) => {
    for (let r = 0; r < 8 * per; r += 8) out[at(k) + r] = state[at(i) + r]!;
  });
  return out;
}

/** Tells ∂L/∂φ of each chunk, one after another, in an array that the next one is written to. */
function eachChunk(part: LstmReplay, tell: (chunk: Float64Array) => void): void {
  const { shape, phi, simd, gradients, coordinates, coordinateWeights } = part;
  const sum = new Float64Array(phiLayout(shape).size);
  const { kernel, giveBack } = lendKernel(shape, 8, gradients.length - 1, simd);
  kernel.load(phi);
  for (let from = 0; from < coordinates.length; from += REPLAY_CHUNK) {
    const chunk = [from, from + REPLAY_CHUNK] as const;
    const job = {
      ...part,
      coordinates: coordinates.subarray(...chunk),
      coordinateWeights: coordinateWeights.subarray(...chunk),
    };
    kernel.replay(job, sum.fill(0));
    tell(sum);
  }
  giveBack();
}

/** Adds an LSTM's replay to its part of ∂L/∂φ. */
export function replayHere(whole: LstmReplay, gradient: Float64Array): void {
  eachChunk(whole, (sum) => addChunks(gradient, sum));
}

/** ∂L/∂φ of each chunk of a part, one after another. */
export function runReplayPart(part: ReplayPart): Float64Array {
  const { size } = phiLayout(part.shape);
  const out = new Float64Array(Math.ceil(part.coordinates.length / REPLAY_CHUNK) * size);
  let at = 0;
  eachChunk(part, (sum) => {
    out.set(sum, at);
    at += size;
  });
  return out;
}

/** What may be moved to another thread instead of being copied. */
export const partBuffers = (p: ReplayPart): ArrayBuffer[] =>
  [...p.gradients, p.state, p.coordinates, p.coordinateWeights].map((v) => v.buffer as ArrayBuffer);

/** Adds chunks to the LSTM's part of ∂L/∂φ, one after another. */
function addChunks(gradient: Float64Array, chunks: Float64Array): void {
  for (let at = 0; at < chunks.length; at += gradient.length)
    for (let i = 0; i < gradient.length; i++) gradient[i]! += chunks[at + i]!;
}

/** The same for parts that other threads ran: in their order, each where its φ lies in that of all optimizers. */
export function addReplayParts(
  gradient: Float64Array,
  parts: readonly ReplayPart[],
  chunks: readonly Float64Array[],
): void {
  for (const [p, { shape, phiFrom }] of parts.entries())
    addChunks(gradient.subarray(phiFrom, phiFrom + phiLayout(shape).size), chunks[p]!);
}
