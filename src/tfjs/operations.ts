import * as tf from "@tensorflow/tfjs-core";
import { view } from "../core/layout.ts";
import { exp } from "../core/math.ts";
import { type LstmShape, phiLayout, topSize } from "../kernels/lstm-shape.ts";
import type { OwnNetwork } from "../learned/by-tensor.ts";

/**
 * φ as tensors of the current backend, each weight of the gates as its transpose, their rows in the order input, forget, output,
 * candidate, and the forget gate's 1 in its bias: three gates are then one sigmoid. On a graphics card an operation costs
 * the same for few numbers as for many. Kept until `dispose`.
 */
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
      const H = bias.length / 4;
      const order = [0, 2, 3, 1].flatMap((gate) => Array.from({ length: H }, (_, i) => gate * H + i));
      const rows = gates.length / bias.length;
      const column = (j: number): number[] => Array.from({ length: rows }, (_, i) => gates[i * 4 * H + j]!);
      return {
        w: tf.tensor2d(order.flatMap(column), [4 * H, rows]),
        b: tf.tensor2d(
          order.map((j, at) => bias[j]! + (at >= H && at < 2 * H ? 1 : 0)),
          [4 * H, 1],
        ),
      };
    }),
    w: tf.tensor2d(of("linear/w"), [1, topSize(net)]),
    b: tf.scalar(of("linear/b")[0]!),
  }));
  const all = [...layers.flatMap((l) => [l.w, l.b]), w, b];
  for (const t of all) tf.keep(t); // it may be made inside a caller's tidy
  return { layers, w, b, dispose: () => tf.dispose(all) };
}

/**
 * Features [1 or 2, n] of a gradient [n]; the two are log|∇|/p from −1 on and e^p·∇ between −1 and 1, which is what the paper's
 * cases come to. Source: paper, appendix A.
 */
function features({ preprocessing, inputScale }: LstmShape, grad: tf.Tensor1D): tf.Tensor2D {
  const d = inputScale === 1 ? grad : tf.mul(grad, inputScale);
  if (preprocessing.kind === "scale") return tf.reshape(d, [1, grad.size]);
  const { p } = preprocessing;
  const size = tf.mul(tf.log(tf.maximum(tf.abs(d), exp(-p))), 1 / p);
  return tf.stack([size, tf.clipByValue(tf.mul(d, exp(p)), -1, 1)]) as tf.Tensor2D;
}

/**
 * One step of the coordinatewise LSTM as TensorFlow.js operations on all coordinates of a gradient [n]; `state` is h and c
 * [hidden, n] of each layer in turn. Call it inside `tidy`.
 */
export function stepOperations(
  shape: LstmShape,
  phi: PhiTensors,
  grad: tf.Tensor1D,
  state: readonly tf.Tensor2D[],
): { delta: tf.Tensor1D; state: tf.Tensor2D[] } {
  const { hidden: H } = shape;
  const n = grad.size;
  const after: tf.Tensor2D[] = [];
  let x = features(shape, grad);
  phi.layers.forEach(({ w, b }, k) => {
    const z = tf.add(tf.matMul(w, tf.concat([x, state[2 * k]!])), b);
    const gates = tf.sigmoid(tf.slice(z, [0, 0], [3 * H, n]));
    const [input, forget, output] = tf.split(gates, 3) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const candidate = tf.tanh(tf.slice(z, [3 * H, 0], [H, n]));
    const c = tf.add(tf.mul(forget, state[2 * k + 1]!), tf.mul(input, candidate)) as tf.Tensor2D;
    const h = tf.mul(output, tf.tanh(c)) as tf.Tensor2D;
    after.push(h, c);
    x = h;
  });
  const y = tf.add(tf.matMul(phi.w, x), phi.b) as tf.Tensor2D;
  return { delta: tf.reshape(tf.mul(y, shape.outputScale), [n]) as tf.Tensor1D, state: after };
}
