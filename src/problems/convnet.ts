import { check, checkInteger, checkPositive } from "../core/check.ts";
import { type Layout, layout } from "../core/layout.ts";
import { exp, log } from "../core/math.ts";
import type { ImageSet } from "../data/images.ts";
import { convArena } from "../kernels/conv-wasm.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import { type Block, convBlock, denseBlock } from "./convnet-block.ts";
import { differenceHvp } from "./difference-hvp.ts";
import type { Problem, ProblemFamily } from "./problem.ts";

/** A convolutional classifier: which images, which layers. */
export interface ConvnetOptions {
  readonly name: string;
  readonly images: ImageSet;
  /** Channels of each convolution; each is followed by max-pooling 2 × 2. Default [16, 16, 16]. */
  readonly channels: readonly number[];
  /** Side of the kernels, odd. Default 5. */
  readonly kernel: number;
  /** Units of each fully-connected hidden layer. Default [32]. */
  readonly hidden: readonly number[];
  /** Normalise each channel over the minibatch before ReLU, with a trained shift β and no scale. Default true. */
  readonly batchNorm: boolean;
  /** Images a minibatch, drawn with replacement. Default 128. */
  readonly batchSize: number;
  /** Standard deviation of every weight and bias of θ₀; β starts at 0. Default 0.01. */
  readonly initScale: number;
  /** Instructions of the convolutions. Default "strict"; "relaxed" is faster and its bytes depend on the machine. */
  readonly simd: Simd;
}

/** The released code's CIFAR net: n = 22,682 on 32 × 32 × 3. */
export const convnetDefaults: Omit<ConvnetOptions, "name" | "images"> = {
  channels: [16, 16, 16],
  kernel: 5,
  hidden: [32],
  batchNorm: true,
  batchSize: 128,
  initScale: 0.01,
  simd: "strict",
};

/** θ: conv1/w [kernel, kernel, in, out], conv1/b, conv1/beta, conv2/w, …, fc1/w [in, out], fc1/b, fc1/beta, …, the output layer. */
export function convnetLayout(o: Omit<ConvnetOptions, "name" | "simd">): Layout {
  const shapes: Record<string, number[]> = {};
  let side = sideOf(o.images);
  let inputs = o.images.channels;
  const norm = (name: string, outputs: number): void => {
    shapes[`${name}/b`] = [outputs];
    if (o.batchNorm) shapes[`${name}/beta`] = [outputs];
  };
  o.channels.forEach((outputs, l) => {
    shapes[`conv${l + 1}/w`] = [o.kernel, o.kernel, inputs, outputs];
    norm(`conv${l + 1}`, outputs);
    inputs = outputs;
    side /= 2;
  });
  inputs *= side * side;
  o.hidden.forEach((outputs, l) => {
    shapes[`fc${l + 1}/w`] = [inputs, outputs];
    norm(`fc${l + 1}`, outputs);
    inputs = outputs;
  });
  shapes[`fc${o.hidden.length + 1}/w`] = [inputs, o.images.classes];
  shapes[`fc${o.hidden.length + 1}/b`] = [o.images.classes];
  return layout(shapes);
}

/**
 * Mean cross-entropy of a convolutional classifier on minibatches: convolution (stride 1, same size) → batch norm → ReLU →
 * max-pool 2 × 2, as often as `channels` says; fully-connected → batch norm → ReLU; fully-connected → softmax. Pixels are
 * scaled to [0, 1]. Runs in our own kernels. A bias before batch norm cannot change the loss: its gradient is 0 exactly.
 * Source: paper §3.3; sizes and constants of the released code (batch norm without scale, ε = 0.001).
 *
 * @throws ArgumentError for options out of range.
 */
export function convnet(options: Pick<ConvnetOptions, "name" | "images"> & Partial<ConvnetOptions>): ProblemFamily {
  const o: ConvnetOptions = { ...convnetDefaults, ...options };
  const { images, batchSize: B, kernel } = o;
  checkInteger("batchSize", B, 4);
  checkPositive("initScale", o.initScale);
  check(Number.isInteger(kernel) && kernel % 2 === 1, "kernel", "an odd integer", kernel);
  check(o.channels.length > 0, "channels", "at least one convolution", "none");
  for (const c of [...o.channels, ...o.hidden]) checkInteger("channels and hidden", c);
  check(
    sideOf(images) % 2 ** o.channels.length === 0 && sideOf(images) / 2 ** (o.channels.length - 1) >= 4,
    "images",
    `square ones, with a side that ${o.channels.length} poolings halve, with at least 4 pixels before the last`,
    `${images.size} bytes of ${images.channels} channels`,
    "Use fewer convolutions",
  );
  const l = convnetLayout(o);
  const arena = convArena(o.simd);
  const blocks: Block[] = [];
  let side = sideOf(images);
  let inputs = images.channels;
  // A tile of the weights' gradient reads four inputs side by side.
  const pixel = Math.max(inputs, Math.ceil(4 / kernel));
  let stride = pixel;
  o.channels.forEach((outputs, k) => {
    const below = blocks.at(-1);
    blocks.push(
      convBlock(arena, {
        name: `conv${k + 1}`,
        images: B,
        side,
        inputs,
        stride,
        outputs,
        kernel,
        norm: o.batchNorm,
        below,
      }),
    );
    inputs = outputs;
    stride = blocks.at(-1)!.stride;
    side /= 2;
  });
  let pixels = side * side;
  for (const [k, outputs] of [...o.hidden, images.classes].entries()) {
    const last = k === o.hidden.length;
    const below = blocks.at(-1)!;
    blocks.push(
      denseBlock(arena, {
        name: `fc${k + 1}`,
        images: B,
        pixels,
        inputs,
        stride,
        outputs,
        norm: o.batchNorm && !last,
        last,
        below,
      }),
    );
    inputs = outputs;
    stride = blocks.at(-1)!.stride;
    pixels = 1;
  }
  const opened = arena.open();
  const first = blocks[0]!;
  const top = blocks.at(-1)!;
  const unit = Float32Array.from({ length: 256 }, (_, i) => i / 255);

  const problem: Problem<Int32Array> = {
    layout: l,
    init(rng, theta) {
      for (const { name, offset, size } of l.slots)
        for (let i = offset; i < offset + size; i++) theta[i] = name.endsWith("/beta") ? 0 : o.initScale * rng.normal();
    },
    batch: (rng) => Int32Array.from({ length: B }, () => rng.integer(images.count)),
    lossAndGrad(theta, batch, grad) {
      const { f32 } = opened;
      const full = sideOf(images);
      const { channels } = images;
      for (let i = 0; i < B; i++)
        for (let y = 0; y < full; y++) {
          let from = batch[i]! * images.size + y * full * channels;
          const to = first.inputAt(i, y);
          for (let k = to; k < to + full * pixel; k += pixel)
            for (let c = 0; c < channels; c++) f32[k + c] = unit[images.pixels[from++]!]!;
        }
      for (const b of blocks) b.forward(opened, l, theta);
      const loss = crossEntropy(f32, top, l, theta, batch, images, grad);
      for (const b of [...blocks].reverse()) b.backward(opened, l, theta, grad);
      return loss;
    },
  };
  return { name: o.name, sample: () => ({ ...problem, hvp: differenceHvp(problem), hvpEvaluations: 2 }) };
}

const sideOf = (images: ImageSet): number => Math.sqrt(images.size / images.channels);

/** −(1/B) Σ log softmax(z + b)[label]; leaves its derivative where the top block's backward pass finds it. */
function crossEntropy(
  f32: Float32Array,
  top: Block,
  l: Layout,
  theta: Float32Array,
  batch: Int32Array,
  images: ImageSet,
  grad: Float32Array,
): number {
  const { offset, size: classes } = l.slots.at(-1)!;
  const sums = new Float64Array(classes);
  const p = new Float64Array(classes);
  const B = batch.length;
  let loss = 0;
  for (let i = 0; i < B; i++) {
    const z = top.outputAt(i);
    const d = top.outputGradientAt(i);
    const label = images.labels[batch[i]!]!;
    let most = -Infinity;
    for (let c = 0; c < classes; c++) {
      p[c] = f32[z + c]! + theta[offset + c]!;
      most = Math.max(most, p[c]!);
    }
    let total = 0;
    const own = p[label]! - most;
    for (let c = 0; c < classes; c++) {
      p[c] = exp(p[c]! - most);
      total += p[c]!;
    }
    loss += log(total) - own;
    for (let c = 0; c < classes; c++) {
      const slope = (p[c]! / total - Number(c === label)) / B;
      f32[d + c] = slope;
      sums[c]! += slope;
    }
  }
  for (let c = 0; c < classes; c++) grad[offset + c] = sums[c]!;
  return loss / B;
}
