import { checkVec } from "../core/check.ts";
import type { Layout, Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";
import type { LstmKernel } from "../kernels/lstm-kernel.ts";
import { type LstmShape, phiLayout } from "../kernels/lstm-shape.ts";
import { type Simd, wasmKernel } from "../kernels/lstm-wasm.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { initMatrices } from "./init.ts";

/** The paper's network: two LSTM layers of 20, log-and-sign with p = 10, output × 0.1 (its MNIST setting). */
export const defaultLstm: LstmShape = {
  layers: 2,
  hidden: 20,
  preprocessing: { kind: "log-sign", p: 10 },
  inputScale: 1,
  outputScale: 0.1,
};

/** φ at the start of meta-training, as Sonnet initialises it: see `initMatrices`. */
export function initPhi(shape: LstmShape, rng: Rng): Vec {
  return initMatrices(phiLayout(shape), rng);
}

/**
 * The learned optimizer with φ bound: an `Optimizer` like any other. g_t = scale · LSTM(preprocess(∇_t)), the same φ for
 * every coordinate, h and c of each carried from step to step.
 *
 * @throws ArgumentError if φ has the wrong length for `shape`.
 * @example
 * const optimizer = bindLstm(defaultLstm, initPhi(defaultLstm, createRng(0)));
 * const state = optimizer.init(layout({ w: [3] }));
 * const delta = new Float32Array(3);
 * optimizer.update(state, Float32Array.of(1, -2, 0.5), delta);
 */
export function bindLstm(shape: LstmShape, phi: Vec, simd: Simd = "strict"): Optimizer<LstmKernel> {
  checkVec("phi", phi, phiLayout(shape).size);
  const own = phi.slice();
  return {
    name: "lstm",
    init(l: Layout) {
      const kernel = wasmKernel(shape, l.size, 1, simd);
      kernel.load(own);
      return kernel;
    },
    update(kernel, grad, delta) {
      kernel.forward(grad, delta);
    },
  };
}
