import type { LstmKernel } from "./lstm-kernel.ts";
import { referenceKernel } from "./lstm-reference.ts";
import { type LstmShape, stateSize } from "./lstm-shape.ts";
import { type Simd, simdAvailable, type WasmKernel, wasmKernel } from "./lstm-wasm.ts";

/** Instances that wait for their next use: a new one costs megabytes of fresh memory an unroll. */
const idle: { readonly key: string; readonly kernel: WasmKernel }[] = [];
const KEPT = 4; // an unroll uses two for each of its optimizers: one that rolls out, one that replays
/** As long as they are small more are kept, for trees of many tensors. An engine sets gigabytes of addresses aside for each. */
const SMALL = { bytes: 128 * 2 ** 20, count: 64 };

/** A kernel that is used for a while. */
export interface Loan {
  readonly kernel: LstmKernel;
  /** Lets others have it; it must not be used afterwards. Again it does nothing. */
  giveBack(): void;
}

/** Without SIMD "strict" is the reference: right, but slow. "relaxed" was asked for by name, so that its lack is an error. */
function newKernel(shape: LstmShape, n: number, steps: number, simd: Simd, lockstep: boolean): WasmKernel {
  if (simd === "relaxed" || simdAvailable("strict")) return wasmKernel(shape, n, steps, simd, lockstep);
  return { ...referenceKernel(shape, n), bytes: 8 * n * stateSize(shape) };
}

/** A new or a waiting instance; its φ and state are whatever the last user left. One that is never given back is the user's own. */
export function lendKernel(shape: LstmShape, n: number, steps: number, simd: Simd, lockstep = false): Loan {
  const key = JSON.stringify([shape, n, steps, simd, lockstep]);
  const at = idle.findLastIndex((k) => k.key === key);
  const kernel = at < 0 ? newKernel(shape, n, steps, simd, lockstep) : idle.splice(at, 1)[0]!.kernel;
  let given = false;
  return {
    kernel,
    giveBack() {
      if (given) return;
      given = true;
      idle.push({ key, kernel });
      const small = (): boolean =>
        idle.length <= SMALL.count && idle.reduce((sum, k) => sum + k.kernel.bytes, 0) <= SMALL.bytes;
      while (idle.length > KEPT && !small()) idle.shift();
    },
  };
}
