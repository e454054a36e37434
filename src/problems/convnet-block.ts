import { type Layout, view } from "../core/layout.ts";
import { up8 } from "../core/math.ts";
import type { ConvArena, ConvExports } from "../kernels/conv-wasm.ts";

/** Added to a variance before its root. Source: Sonnet 1's batch norm. */
const EPSILON = 1e-3;

interface Opened {
  readonly x: ConvExports;
  readonly f32: Float32Array;
}

/**
 * One layer of a network over a minibatch: (convolution or fully-connected) → batch norm → ReLU → max-pooling. Holds
 * addresses only; tensors lie in the arena.
 */
export interface Block {
  /** Channels of its outputs in memory: rounded up to 8. */
  readonly stride: number;
  /** Index of the first float of a row of an image where the input is put. */
  inputAt(image: number, row: number): number;
  /** Index of the first float of an image's outputs before the activation, and of their gradient (fully-connected layers). */
  outputAt(image: number): number;
  outputGradientAt(image: number): number;
  forward(m: Opened, l: Layout, theta: Float32Array): void;
  /** Reads the gradient that the block above left, writes this layer's part of `grad` and leaves the one below its own. */
  backward(m: Opened, l: Layout, theta: Float32Array, grad: Float32Array): void;
}

interface Place {
  /** Address of the first pixel inside the border. */
  readonly at: number;
  /** Bytes from a row, and from an image, to the next. */
  readonly row: number;
  readonly image: number;
}

/** What both kinds of layer fill in. */
interface Spec {
  readonly name: string;
  /** Images of the minibatch; a fully-connected layer sees it as one image of 1 × B pixels. */
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly kernel: number;
  /** Inputs in θ, in order: the place of each in a kernel position's inputs in memory. */
  readonly rows: Int32Array;
  /** Floats a pixel of the input in memory. */
  readonly stride: number;
  readonly outputs: number;
  readonly pool: 1 | 2;
  readonly norm: boolean;
  readonly activation: boolean;
  readonly below: InternalBlock | undefined;
}

interface InternalBlock extends Block {
  /** Where the block above wants its input; set by that block. */
  target: Place;
  /** Gradient with respect to the activations, dense. */
  readonly dh: number;
}

/** A convolution of `kernel` × `kernel`, stride 1, same size, with max-pooling 2 × 2 at the end. */
export function convBlock(
  arena: ConvArena,
  o: {
    name: string;
    images: number;
    side: number;
    inputs: number;
    stride: number;
    outputs: number;
    kernel: number;
    norm: boolean;
    below: Block | undefined;
  },
): Block {
  const { side, kernel, inputs } = o;
  const rows = Int32Array.from({ length: inputs }, (_, c) => c);
  return block(arena, {
    ...o,
    height: side,
    width: side,
    rows,
    pool: 2,
    activation: true,
    below: o.below as InternalBlock | undefined,
    kernel,
  });
}

/** A fully-connected layer on `pixels` × `inputs` features. */
export function denseBlock(
  arena: ConvArena,
  o: {
    name: string;
    images: number;
    pixels: number;
    inputs: number;
    stride: number;
    outputs: number;
    norm: boolean;
    last: boolean;
    below: Block;
  },
): Block {
  const rows = Int32Array.from({ length: o.pixels * o.inputs }, (_, i) => {
    const pixel = Math.floor(i / o.inputs);
    return pixel * o.stride + (i % o.inputs);
  });
  return block(arena, {
    name: o.name,
    images: 1,
    height: 1,
    width: o.images,
    kernel: 1,
    rows,
    stride: o.pixels * o.stride,
    outputs: o.outputs,
    pool: 1,
    norm: o.norm,
    activation: !o.last,
    below: o.below as InternalBlock,
  });
}

function block(arena: ConvArena, s: Spec): InternalBlock {
  const { images, height: H, width: W, kernel: K, stride: S, pool, below } = s;
  const N = up8(s.outputs);
  const groups = N / 8;
  const pad = (K - 1) / 2;
  const inputs = s.rows.length;
  const place = (channels: number): Place => {
    const row = (W + 2 * pad) * channels * 4;
    const image = (H + 2 * pad) * row;
    return { at: pad * row + pad * channels * 4, row, image };
  };
  const take = (bytes: number): number => arena.take(bytes / 4);
  // x lies in a border of zeros; so does the gradient of one image's outputs.
  const inner = place(S);
  const corner = take(images * inner.image);
  const x: Place = { ...inner, at: corner + inner.at };
  const outer = place(N);
  const dyCorner = take(outer.image);
  const dy = dyCorner + outer.at;
  const segment = K * S * 4;
  const panels = take(K * segment * N);
  const gradientPanels = take(K * segment * N);
  const back = below ? take(K * K * N * up8(S) * 4) : 0;
  const y = take(images * H * W * N * 4);
  const dh = take(images * (H / pool) * (W / pool) * N * 4);
  const scale = take(N * 4);
  const shift = take(N * 4);
  const beta = take(N * 4);
  const means = take(3 * N * 4);
  const scratch = take(2 * N * 4);
  const yImage = H * W * N * 4;
  const hImage = (H / pool) * (W / pool) * N * 4;
  const hRow = (W / pool) * N * 4;
  const count = images * H * W;
  // To a fully-connected layer, an image below is a pixel here, its rows side by side.
  if (below) below.target = K === 1 && H === 1 ? { at: x.at, row: below.target.row, image: S * 4 } : x;

  /** Index in the panels of the weight from input r of kernel position k to output o. */
  const index = (k: number, r: number, o: number): number =>
    (o >> 3) * K * K * S * 8 + (k * S + s.rows[r]!) * 8 + (o & 7);

  function pack({ f32 }: Opened, w: Float32Array): void {
    const to = panels / 4;
    const flipped = back / 4;
    let i = 0;
    for (let k = 0; k < K * K; k++)
      for (let r = 0; r < inputs; r++) {
        const place = s.rows[r]!;
        for (let o = 0; o < s.outputs; o++) {
          const v = w[i++]!;
          f32[to + index(k, r, o)] = v;
          if (below) f32[flipped + (place >> 3) * K * K * N * 8 + ((K * K - 1 - k) * N + o) * 8 + (place & 7)] = v;
        }
      }
  }

  /** Mean and variance of every channel over the minibatch, from each image's own. */
  function normalise({ x: w, f32 }: Opened): void {
    const each = Array.from({ length: images }, (_, i) => {
      w.moments(y + i * yImage, H * W, N, scratch);
      return f32.slice(scratch / 4, scratch / 4 + 2 * N);
    });
    for (let c = 0; c < s.outputs; c++) {
      let mean = 0;
      for (const m of each) mean += m[c]!;
      mean /= images;
      let squares = 0;
      for (const m of each) squares += m[N + c]! + H * W * (m[c]! - mean) ** 2;
      const r = 1 / Math.sqrt(squares / count + EPSILON);
      f32[scale / 4 + c] = r;
      f32[means / 4 + c] = mean;
      f32[shift / 4 + c] = f32[beta / 4 + c]! - mean * r;
    }
  }

  const self: InternalBlock = {
    stride: N,
    target: { at: 0, row: hRow, image: hImage },
    dh,
    inputAt: (image, row) => (x.at + image * x.image + row * x.row) / 4,
    outputAt: (image) => y / 4 + image * N,
    outputGradientAt: (image) => dy / 4 + image * N,

    forward(m, l, theta) {
      const { x: w, f32 } = m;
      pack(m, view(l, theta, `${s.name}/w`));
      for (let i = 0; i < images; i++)
        w.convolve(
          corner + i * x.image,
          panels,
          y + i * yImage,
          H,
          W,
          K,
          segment,
          S * 4,
          x.row,
          groups,
          N * 4,
          W * N * 4,
        );
      if (!s.activation) return;
      if (s.norm) {
        f32.set(view(l, theta, `${s.name}/beta`), beta / 4);
        normalise(m);
      } else {
        f32.fill(1, scale / 4, scale / 4 + s.outputs);
        f32.set(view(l, theta, `${s.name}/b`), shift / 4);
      }
      const { at, row, image } = self.target;
      for (let i = 0; i < images; i++) w.activate(y + i * yImage, at + i * image, H, W, N, pool, row, scale, shift);
    },

    backward(m, l, _theta, grad) {
      const { x: w, f32 } = m;
      const { row, image, at } = self.target;
      if (s.activation) {
        const sums = new Float64Array(2 * N);
        for (let i = 0; i < images; i++) {
          f32.fill(0, scratch / 4, scratch / 4 + 2 * N);
          w.activateSums(at + i * image, dh + i * hImage, H / pool, W / pool, N, row, beta, scratch);
          for (let c = 0; c < 2 * N; c++) sums[c]! += f32[scratch / 4 + c]!;
        }
        const b = view(l, grad, `${s.name}/b`);
        if (s.norm) {
          const dBeta = view(l, grad, `${s.name}/beta`);
          for (let c = 0; c < s.outputs; c++) {
            b[c] = 0;
            dBeta[c] = sums[c]!;
            f32[means / 4 + N + c] = sums[c]! / count;
            f32[means / 4 + 2 * N + c] = sums[N + c]! / count;
          }
        } else for (let c = 0; c < s.outputs; c++) b[c] = sums[c]!;
      }
      f32.fill(0, gradientPanels / 4, gradientPanels / 4 + (K * segment * N) / 4);
      // Enough pixels at a time that adding to memory is nothing, few enough that they stay in the first cache.
      const rows = Math.max(1, Math.round(32 / W));
      for (let i = 0; i < images; i++) {
        if (s.activation)
          w.activateGradient(
            y + i * yImage,
            at + i * image,
            dh + i * hImage,
            dy,
            H,
            W,
            N,
            pool,
            row,
            outer.row,
            scale,
            means,
          );
        w.convolveGradient(
          corner + i * x.image,
          dy,
          gradientPanels,
          H,
          W,
          K,
          segment,
          S * 4,
          x.row,
          groups,
          N * 4,
          outer.row,
          rows,
        );
        if (below)
          w.convolve(
            dyCorner,
            back,
            below.dh + i * H * W * up8(S) * 4,
            H,
            W,
            K,
            K * N * 4,
            N * 4,
            outer.row,
            up8(S) / 8,
            up8(S) * 4,
            W * up8(S) * 4,
          );
      }
      const dw = view(l, grad, `${s.name}/w`);
      const from = gradientPanels / 4;
      let i = 0;
      for (let k = 0; k < K * K; k++)
        for (let r = 0; r < inputs; r++) for (let o = 0; o < s.outputs; o++) dw[i++] = f32[from + index(k, r, o)]!;
    },
  };
  return self;
}
