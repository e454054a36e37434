import type { LstmKernel } from "./lstm-kernel.ts";
import type { LstmShape } from "./lstm-shape.ts";
import { type Simd, wasmKernel } from "./lstm-wasm.ts";

/** Instances that wait for their next use: a new one costs megabytes of fresh memory an unroll. */
const idle: { readonly key: string; readonly kernel: LstmKernel }[] = [];
const KEPT = 2; // an unroll uses two: one that rolls out, one that replays

/**
 * Does some work with a kernel, in a new or a waiting instance; its φ and state are whatever the last user left. For loops
 * over many short tasks; an optimizer that keeps its state takes a `wasmKernel` of its own.
 */
export async function withKernel<R>(
  shape: LstmShape,
  n: number,
  steps: number,
  simd: Simd,
  work: (kernel: LstmKernel) => R | Promise<R>,
): Promise<R> {
  const key = JSON.stringify([shape, n, steps, simd]);
  const at = idle.findLastIndex((k) => k.key === key);
  const kernel = at < 0 ? wasmKernel(shape, n, steps, simd) : idle.splice(at, 1)[0]!.kernel;
  const result = await work(kernel);
  idle.push({ key, kernel });
  if (idle.length > KEPT) idle.shift();
  return result;
}
