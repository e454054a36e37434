import { defaultDevice, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { check, checkInteger, checkPositive } from "../core/check.ts";
import { type Layout, layout } from "../core/layout.ts";
import type { ImageSet } from "../data/images.ts";
import { differenceHvp } from "./difference-hvp.ts";
import type { Problem, ProblemFamily } from "./problem.ts";

/** A classifier: which images, which layers. */
export interface MlpOptions {
  readonly name: string;
  readonly images: ImageSet;
  /** Units of each hidden layer. Default [20]. */
  readonly hidden: readonly number[];
  /** Default "sigmoid". */
  readonly activation: "sigmoid" | "relu" | "tanh";
  /** Images a minibatch, drawn with replacement. Default 128. */
  readonly batchSize: number;
  /** A pixel of 255 becomes this. Default 1. */
  readonly pixelScale: number;
  /** Standard deviation of every weight and bias of θ₀. Default 0.01. */
  readonly initScale: number;
  /** Standard deviation of the weights between hidden layers. Default initScale. */
  readonly hiddenInitScale?: number;
}

/** The paper's classifier but for its images. */
export const mlpDefaults: Pick<MlpOptions, "hidden" | "activation" | "batchSize" | "pixelScale" | "initScale"> = {
  hidden: [20],
  activation: "sigmoid",
  batchSize: 128,
  pixelScale: 1,
  initScale: 0.01,
};

/** θ of a classifier: w1 [in, units], b1 [units], w2, b2, … */
export function mlpLayout(sizes: readonly number[]): Layout {
  const shapes: Record<string, number[]> = {};
  for (let l = 1; l < sizes.length; l++) {
    shapes[`w${l}`] = [sizes[l - 1]!, sizes[l]!];
    shapes[`b${l}`] = [sizes[l]!];
  }
  return layout(shapes);
}

/** σ(x) = ½ + ½ tanh(x/2): the derivative of jax-js's own sigmoid is NaN below −88. */
const sigmoid = (x: np.Array): np.Array => np.tanh(x.mul(0.5)).mul(0.5).add(0.5);
const activations = { sigmoid, relu: nn.relu, tanh: np.tanh } as const;

/** Loss and gradient, compiled once: [loss, gradients of every tensor]. */
function compile(l: Layout, activation: MlpOptions["activation"], batchSize: number) {
  const layers = l.slots.length / 2;
  const loss = (theta: np.Array[], x: np.Array, y: np.Array): np.Array => {
    let h = x;
    for (let k = 0; k < layers; k++) {
      const z = np.matmul(h, theta[2 * k]!).add(theta[2 * k + 1]!);
      h = k + 1 < layers ? activations[activation](z) : z;
    }
    return np.sum(nn.logSoftmax(h).mul(y)).mul(-1 / batchSize);
  };
  return jit(valueAndGrad(loss));
}

/**
 * Mean cross-entropy of a fully-connected classifier on minibatches: f(θ) = −(1/B) Σ log softmax(…)[label]. Written in
 * jax-js, compiled once for the family. Pixels are scaled to
 * [0, pixelScale].
 * Source: paper §3.2 (784-20-10, sigmoid, minibatches of 128).
 *
 * @throws ArgumentError for options out of range.
 */
export function mlp(options: Pick<MlpOptions, "name" | "images"> & Partial<MlpOptions>): ProblemFamily {
  const o: MlpOptions = { ...mlpDefaults, ...options };
  checkInteger("batchSize", o.batchSize);
  checkPositive("initScale", o.initScale);
  checkPositive("hiddenInitScale", o.hiddenInitScale ?? o.initScale);
  checkPositive("pixelScale", o.pixelScale);
  check(o.activation in activations, "activation", "sigmoid, relu or tanh", o.activation);
  for (const h of o.hidden) checkInteger("hidden", h);
  defaultDevice("wasm");
  const { images, batchSize: B } = o;
  const l = mlpLayout([images.size, ...o.hidden, images.classes]);
  const lossAndGrads = compile(l, o.activation, B);
  const unit = Float32Array.from({ length: 256 }, (_, i) => (o.pixelScale * i) / 255);
  const x = new Float32Array(B * images.size);
  const y = new Float32Array(B * images.classes);

  const problem: Problem<Int32Array> = {
    layout: l,
    init(rng, theta) {
      l.slots.forEach(({ offset, size, name }, k) => {
        const between = name.startsWith("w") && k > 0 && k < l.slots.length - 2;
        const scale = between ? (o.hiddenInitScale ?? o.initScale) : o.initScale;
        for (let i = offset; i < offset + size; i++) theta[i] = scale * rng.normal();
      });
    },
    batch: (rng) => Int32Array.from({ length: B }, () => rng.integer(images.count)),
    lossAndGrad(theta, batch, grad) {
      y.fill(0);
      for (let r = 0; r < B; r++) {
        const from = batch[r]! * images.size;
        const to = r * images.size;
        for (let i = 0; i < images.size; i++) x[to + i] = unit[images.pixels[from + i]!]!;
        y[r * images.classes + images.labels[batch[r]!]!] = 1;
      }
      const tensors = l.slots.map((s) =>
        np.array(theta.subarray(s.offset, s.offset + s.size), { shape: [...s.shape] }),
      );
      const xs = np.array(x, { shape: [B, images.size] });
      const ys = np.array(y, { shape: [B, images.classes] });
      const [loss, grads] = lossAndGrads(tensors, xs, ys) as unknown as [np.Array, np.Array[]];
      l.slots.forEach((s, i) => {
        grad.set(grads[i]!.dataSync() as Float32Array, s.offset);
      });
      return (loss.dataSync() as Float32Array)[0]!;
    },
  };
  return { name: o.name, sample: () => ({ ...problem, hvp: differenceHvp(problem), hvpEvaluations: 2 }) };
}
