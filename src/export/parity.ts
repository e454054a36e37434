import { layout } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { bindNetwork } from "../learned/network.ts";

/** What `init` of an exported module gives. */
export interface ExportedOptimizer {
  readonly state: Float32Array;
  update(grad: Float32Array, delta: Float32Array): void;
}

const STEPS = 100;

/** Tensors that any groups of the released experiments find theirs in. */
const tensors = { "conv1/w": [3, 3, 2, 2], "conv1/b": [3], "fc1/w": [6, 4], "fc1/b": [1] };

/**
 * The largest difference between an exported module's steps and the library's own, over the largest step: 100 steps on random
 * gradients of sizes from e⁻¹² to 1, each from the state that the steps before left.
 */
export function parity(file: OptimizerFile, init: (theta: readonly unknown[]) => ExportedOptimizer): number {
  const l = layout(tensors);
  const theirs = init(l.slots.map(({ name, shape }) => ({ name, shape })));
  const optimizer = bindNetwork(file.shape, file.phi);
  const state = optimizer.init(l);
  const rng = createRng("parity");
  const [ours, exported] = [new Float32Array(l.size), new Float32Array(l.size)];
  let largest = 0;
  let difference = 0;
  const sizes = Float64Array.from(ours, () => Math.exp(-12 * rng.uniform()));
  for (let t = 0; t < STEPS; t++) {
    const grad = Float32Array.from(sizes, (s) => s * rng.normal());
    optimizer.update(state, grad, ours);
    theirs.update(grad, exported);
    for (let i = 0; i < l.size; i++) {
      largest = Math.max(largest, Math.abs(ours[i]!));
      difference = Math.max(difference, Math.abs(ours[i]! - exported[i]!));
    }
  }
  state.close();
  return difference / largest;
}
