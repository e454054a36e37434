// The convolutional classifier written in jax-js, from the formulas alone: convolution as a sum of shifted matrix products,
// batch norm by its definition, pooling by slices.
import { jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import type { Layout } from "../../src/core/layout.ts";

interface Options {
  readonly channels: readonly number[];
  readonly kernel: number;
  readonly hidden: readonly number[];
  readonly batchNorm: boolean;
}

function norm(x: np.Array, axes: number[], beta: np.Array): np.Array {
  const mean = np.mean(x.ref, axes, { keepdims: true });
  const d = x.sub(mean);
  const variance = np.mean(d.ref.mul(d.ref), axes, { keepdims: true });
  return d.div(np.sqrt(variance.add(1e-3))).add(beta);
}

function convolution(x: np.Array, w: np.Array, B: number, side: number, inputs: number, kernel: number): np.Array {
  const pad = (kernel - 1) / 2;
  const padded = np.pad(x, [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ]);
  const parts: np.Array[] = [];
  for (let v = 0; v < kernel; v++)
    for (let u = 0; u < kernel; u++) {
      const window = padded.ref.slice([], [v, v + side], [u, u + side], []);
      parts.push(np.matmul(window.reshape([B * side * side, inputs]), w.ref.slice(v, u)));
    }
  padded.dispose();
  w.dispose();
  return parts.reduce((a, b) => a.add(b)).reshape([B, side, side, -1]);
}

function pool(x: np.Array, B: number, side: number, channels: number): np.Array {
  return np.max(x.reshape([B, side / 2, 2, side / 2, 2, channels]), [2, 4]);
}

/** Loss and gradient of one minibatch: x [B, side, side, inputs] in [0, 1], y one-hot [B, classes]. */
export function referenceConvnet(
  o: Options,
  l: Layout,
  theta: Float32Array,
  x: Float32Array,
  y: Float32Array,
  B: number,
  side: number,
  inputs: number,
): { loss: number; grad: Float32Array } {
  const names = l.slots.map((s) => s.name);
  const loss = (t: np.Array[], images: np.Array, labels: np.Array): np.Array => {
    const at = (name: string): np.Array => t[names.indexOf(name)]!;
    let h = images;
    let size = side;
    let channels = inputs;
    o.channels.forEach((outputs, k) => {
      h = convolution(h, at(`conv${k + 1}/w`), B, size, channels, o.kernel).add(at(`conv${k + 1}/b`));
      if (o.batchNorm) h = norm(h, [0, 1, 2], at(`conv${k + 1}/beta`));
      h = pool(nn.relu(h), B, size, outputs);
      size /= 2;
      channels = outputs;
    });
    h = h.reshape([B, size * size * channels]);
    o.hidden.forEach((_, k) => {
      h = np.matmul(h, at(`fc${k + 1}/w`)).add(at(`fc${k + 1}/b`));
      if (o.batchNorm) h = norm(h, [0], at(`fc${k + 1}/beta`));
      h = nn.relu(h);
    });
    const last = `fc${o.hidden.length + 1}`;
    const z = np.matmul(h, at(`${last}/w`)).add(at(`${last}/b`));
    return np.sum(nn.logSoftmax(z).mul(labels)).mul(-1 / B);
  };
  const tensors = l.slots.map((s) => np.array(theta.slice(s.offset, s.offset + s.size), { shape: [...s.shape] }));
  const [value, grads] = jit(valueAndGrad(loss))(
    tensors,
    np.array(x, { shape: [B, side, side, inputs] }),
    np.array(y, { shape: [B, y.length / B] }),
  ) as unknown as [np.Array, np.Array[]];
  const grad = new Float32Array(l.size);
  l.slots.forEach((s, i) => {
    grad.set(grads[i]!.dataSync() as Float32Array, s.offset);
  });
  return { loss: (value.dataSync() as Float32Array)[0]!, grad };
}
