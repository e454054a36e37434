import * as tf from "@tensorflow/tfjs-core";
import { view } from "../core/layout.ts";
import { exp } from "../core/math.ts";
import { type LstmShape, phiLayout, topSize } from "../kernels/lstm-shape.ts";
import type { OwnNetwork } from "../learned/by-tensor.ts";

/** φ as tensors of the current backend, each weight of the gates as its transpose; kept until `dispose`. */
export interface PhiTensors {
  /** By layer: [4H, in + H] and [4H, 1]. */
  readonly layers: readonly { readonly w: tf.Tensor2D; readonly b: tf.Tensor2D }[];
  readonly w: tf.Tensor2D;
  readonly b: tf.Scalar;
  dispose(): void;
}

/** Uploads φ. */
export function phiTensors({ net, phi }: OwnNetwork): PhiTensors {
  const l = phiLayout(net);
  const of = (name: string): Float32Array => view(l, phi, name).slice();
  const { layers, w, b } = tf.tidy(() => ({
    layers: Array.from({ length: net.layers }, (_, k) => {
      const bias = of(`lstm_${k + 1}/b_gates`);
      const gates = of(`lstm_${k + 1}/w_gates`);
      const rows = gates.length / bias.length;
      return {
        w: tf.transpose(tf.tensor2d(gates, [rows, bias.length])) as tf.Tensor2D,
        b: tf.tensor2d(bias, [bias.length, 1]),
      };
    }),
    w: tf.tensor2d(of("linear/w"), [1, topSize(net)]),
    b: tf.scalar(of("linear/b")[0]!),
  }));
  const all = [...layers.flatMap((l) => [l.w, l.b]), w, b];
  for (const t of all) tf.keep(t); // it may be made inside a caller's tidy
  return { layers, w, b, dispose: () => tf.dispose(all) };
}

/** Features [1 or 2, n] of a gradient [n]. Source: paper, appendix A. */
function features({ preprocessing, inputScale }: LstmShape, grad: tf.Tensor1D): tf.Tensor2D {
  const d = tf.mul(grad, inputScale);
  if (preprocessing.kind === "scale") return tf.reshape(d, [1, grad.size]);
  const { p } = preprocessing;
  const least = exp(-p);
  const size = tf.abs(d);
  const large = tf.greaterEqual(size, least);
  const first = tf.where(large, tf.mul(tf.log(tf.maximum(size, least)), 1 / p), tf.fill(size.shape, -1));
  const second = tf.where(large, tf.sign(d), tf.mul(d, exp(p)));
  return tf.stack([first, second]) as tf.Tensor2D;
}

/** σ(z) = ½ + ½ tanh(z/2), as the kernels have it. */
const sigmoid = (z: tf.Tensor2D): tf.Tensor2D => tf.add(tf.mul(tf.tanh(tf.mul(z, 0.5)), 0.5), 0.5);

/**
 * One step of the coordinatewise LSTM as TensorFlow.js operations on all coordinates of a gradient [n]; `state` is
 * [layers · (h, c) · hidden, n]. Call it inside `tidy`.
 */
export function stepOperations(
  shape: LstmShape,
  phi: PhiTensors,
  grad: tf.Tensor1D,
  state: tf.Tensor2D,
): { delta: tf.Tensor1D; state: tf.Tensor2D } {
  const { hidden: H } = shape;
  const n = grad.size;
  const after: tf.Tensor2D[] = [];
  let x = features(shape, grad);
  phi.layers.forEach(({ w, b }, k) => {
    const rows = (from: number): tf.Tensor2D => tf.slice(state, [from, 0], [H, n]);
    const z = tf.add(tf.matMul(w, tf.concat([x, rows(2 * k * H)])), b) as tf.Tensor2D;
    const gate = (g: number): tf.Tensor2D => tf.slice(z, [g * H, 0], [H, n]);
    const write = tf.mul(sigmoid(gate(0)), tf.tanh(gate(1)));
    const c = tf.add(tf.mul(sigmoid(tf.add(gate(2), 1)), rows((2 * k + 1) * H)), write) as tf.Tensor2D;
    const h = tf.mul(sigmoid(gate(3)), tf.tanh(c)) as tf.Tensor2D;
    after.push(h, c);
    x = h;
  });
  const y = tf.add(tf.matMul(phi.w, x), phi.b);
  const delta = tf.reshape(tf.mul(y, shape.outputScale), [n]) as tf.Tensor1D;
  return { delta, state: after.length === 0 ? state : tf.concat(after) };
}
