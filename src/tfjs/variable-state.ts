import * as tf from "@tensorflow/tfjs-core";
import { layout, type Vec } from "../core/layout.ts";
import { stateSize } from "../kernels/lstm-shape.ts";
import type { OwnNetwork } from "../learned/by-tensor.ts";
import { type Network, openNetwork } from "../learned/network.ts";
import { rowsOfState, stateOfRows } from "../learned/state-rows.ts";
import { type PhiTensors, stepOperations } from "./operations.ts";

/** Backends whose numbers lie in memory: a step of our kernels costs less there than tensor operations. */
const inMemory = (): boolean => ["cpu", "wasm", "tensorflow"].includes(tf.getBackend());

/** The optimizer's state for one variable: in a kernel, or as tensors on a graphics card. */
export interface VariableState {
  /** Whose state it is: a variable made anew under the same name starts anew. */
  readonly variable: tf.Variable;
  /** One step: θ ← θ + g. */
  step(gradient: tf.Tensor): void;
  /** [rows, n]: h and c of every unit. The caller disposes of it. */
  save(): tf.Tensor2D;
  close(): void;
}

/**
 * @param rows the state to start from, as `save` gave it; zeros by default.
 */
export function variableState(
  own: OwnNetwork,
  variable: tf.Variable,
  phiTensors: () => PhiTensors,
  rows?: Vec,
): VariableState {
  const { net, phi } = own;
  const n = variable.size;
  const per = stateSize(net);
  const delta = new Float32Array(n);
  let kernel: Network | undefined;
  /** h and c of each layer in turn. */
  let tensors: tf.Tensor2D[] | undefined;
  let start = rows;

  const toKernel = (): Network => {
    if (kernel) return kernel;
    const from = tensors ? (tf.tidy(() => tf.concat(tensors!).dataSync()) as Vec) : start;
    kernel = openNetwork(net, { layout: layout({ theta: [n] }), functions: 1, simd: "strict" });
    kernel.load(phi);
    kernel.reset();
    if (from) kernel.restoreState(stateOfRows(from, per, n, kernel.saveState()));
    tf.dispose(tensors ?? []);
    [tensors, start] = [undefined, undefined];
    return kernel;
  };
  const save = (): tf.Tensor2D => {
    if (tensors) return tf.concat(tensors);
    const values = kernel ? rowsOfState(kernel.saveState(), per, n) : (start ?? new Float32Array(per * n));
    return tf.tensor2d(values, [per, n]);
  };
  const toTensors = (): tf.Tensor2D[] => {
    if (tensors) return tensors;
    const split = tf.tidy(() => (tf.split(save(), 2 * net.layers) as tf.Tensor2D[]).map((t) => tf.keep(t)));
    kernel?.close();
    [kernel, start, tensors] = [undefined, undefined, split];
    return split;
  };

  return {
    variable,
    save,
    step(gradient) {
      if (inMemory() || per === 0) {
        toKernel().forward(gradient.dataSync() as Vec, delta);
        tf.tidy(() => variable.assign(tf.add(variable, tf.tensor(delta, variable.shape))));
        return;
      }
      const before = toTensors();
      tensors = tf.tidy(() => {
        const out = stepOperations(net, phiTensors(), tf.reshape(gradient, [n]), before);
        variable.assign(tf.add(variable, tf.reshape(out.delta, variable.shape)));
        return out.state.map((t) => tf.keep(t));
      });
      tf.dispose(before);
    },
    close() {
      kernel?.close();
      tf.dispose(tensors ?? []);
      [kernel, tensors] = [undefined, undefined];
    },
  };
}
