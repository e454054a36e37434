import { defaultDevice, jit, numpy as np } from "@jax-js/jax";
import { layout } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { bindNetwork } from "../learned/network.ts";
import { learned, type OptState } from "./index.ts";

/** The largest difference between 100 steps as jax-js operations inside `jit` and the kernels', on gradients from e⁻¹² to 1. */
export function jaxParity(file: OptimizerFile, n = 64): number {
  defaultDevice("wasm");
  const t = learned(file);
  const inside = jit((u: np.Array, s: OptState) => t.update(u, s) as [np.Array, OptState]);
  const optimizer = bindNetwork(file.shape, file.phi);
  const ours = optimizer.init(layout({ theta: [n] }));
  const rng = createRng("parity");
  const sizes = Float64Array.from({ length: n }, () => Math.exp(-12 * rng.uniform()));
  const delta = new Float32Array(n);
  let state = t.init(np.zeros([n]));
  let largest = 0;
  for (let k = 0; k < 100; k++) {
    const grad = Float32Array.from(sizes, (s) => s * rng.normal());
    optimizer.update(ours, grad, delta);
    const [u, s] = inside(np.array(grad), state) as unknown as [np.Array, OptState];
    state = s;
    const theirs = u.dataSync() as Float32Array;
    for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(theirs[i]! - delta[i]!));
  }
  ours.close();
  return largest;
}
