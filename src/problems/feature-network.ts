import { check } from "../core/check.ts";
import { up8 } from "../core/math.ts";
import { convArena } from "../kernels/conv-wasm.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";

/** One layer of a feature network: 3 × 3 convolution (same size) and ReLU. */
export interface FeatureLayer {
  readonly name: string;
  /** Max-pooling 2 × 2 before it. */
  readonly pool: boolean;
  readonly inputs: number;
  /** A multiple of 8. */
  readonly outputs: number;
  /** [3, 3, inputs, outputs] and [outputs]. */
  readonly w: Float32Array;
  readonly b: Float32Array;
}

/** A layer's activations in memory: pixels of `channels` floats. */
export interface Features {
  readonly side: number;
  readonly channels: number;
}

/** A fixed convolutional network on one square image: features forward, their gradients back to the pixels. */
export interface FeatureNetwork {
  /** Layers by name. */
  readonly layers: ReadonlyMap<string, Features>;
  /** Runs the network on an image [side][side][inputs of the first layer]. */
  forward(image: Float32Array): void;
  /** A copy of a layer's activations, [pixels][channels]. */
  read(layer: string): Float32Array;
  /** FᵀF / pixels of a layer, [channels][channels]. Source: Gatys et al. 2015. */
  gram(layer: string): Float32Array;
  /** Forgets the gradients of the last image. */
  clear(): void;
  /** Adds to ∂L/∂F of a layer. */
  addGradient(layer: string, gradient: Float32Array): void;
  /** Adds F·S to ∂L/∂F of a layer, for a symmetric S [channels][channels]: what a function of the Gram matrix leaves. */
  addGramGradient(layer: string, S: Float32Array): void;
  /** Goes back to the pixels: adds to `gradient`, like the image. */
  backward(gradient: Float32Array): void;
}

const KERNEL = 3;
interface Place {
  readonly at: number;
  readonly row: number;
}

interface Stage {
  readonly layer: FeatureLayer;
  readonly side: number;
  /** Corner of the padded input, its strides, and where its inside begins. */
  readonly corner: number;
  readonly stride: number;
  readonly inside: Place;
  readonly panels: number;
  readonly back: number;
  readonly shift: number;
  /** Activations, as wide as `outputs`: inside the next input, or dense where a pooling or nothing follows. */
  h: Place;
  readonly dh: number;
  touched: boolean;
}

/**
 * Lays a network out for images of one side, in our own convolution kernels.
 *
 * @throws ArgumentError where a layer does not fit the one before, or the image is too small for its poolings.
 */
export function featureNetwork(layers: readonly FeatureLayer[], side: number, simd: Simd = "strict"): FeatureNetwork {
  check(layers.length > 0, "layers", "at least one", 0);
  const arena = convArena(simd);
  let size = side;
  let inputs = layers[0]!.inputs;
  let widest = 0;
  const halved = 2 ** layers.filter((l) => l.pool).length;
  const stages = layers.map((layer, l): Stage => {
    const { name, pool, outputs, w, b } = layer;
    check(layer.inputs === inputs, `layer ${name}`, `${inputs} inputs, as the one before gives`, layer.inputs);
    check(outputs % 8 === 0, `layer ${name}`, "a multiple of 8 outputs", outputs);
    check(w.length === 9 * inputs * outputs && b.length === outputs, `layer ${name}`, "weights of its size", w.length);
    if (pool) size /= 2;
    check(
      Number.isInteger(size) && size >= 4,
      "side",
      `a size that leaves whole images of at least 4 pixels at ${name}`,
      side,
      `Use a multiple of ${halved} from ${4 * halved} on, or fewer layers`,
    );
    const stride = l === 0 ? inputs : up8(inputs);
    const row = (size + 2) * stride * 4;
    const corner = arena.take(((size + 2) * row) / 4);
    widest = Math.max(widest, (size + 2) * (size + 2) * outputs);
    inputs = outputs;
    return {
      layer,
      side: size,
      corner,
      stride,
      inside: { at: corner + row + stride * 4, row },
      panels: arena.take(9 * stride * outputs),
      back: arena.take(9 * outputs * up8(stride)),
      shift: arena.take(outputs),
      h: { at: 0, row: size * outputs * 4 },
      dh: arena.take(size * size * outputs),
      touched: false,
    };
  });
  stages.forEach((s, l) => {
    const next = stages[l + 1];
    s.h = next && !next.layer.pool ? next.inside : { at: arena.take(s.side * s.side * s.layer.outputs), row: s.h.row };
  });
  const raw = arena.take(widest); // a layer's sums before ReLU
  // The gradient before ReLU stands in a border of zeros, which differs from size to size.
  const borders = new Map<string, number>();
  for (const { side: n, layer } of stages) {
    const key = `${n} ${layer.outputs}`;
    if (!borders.has(key)) borders.set(key, arena.take((n + 2) * (n + 2) * layer.outputs));
  }
  const pooled = arena.take(widest); // gradient of a layer's input before it is un-pooled
  const most = Math.max(...layers.map((s) => s.outputs));
  const one = arena.take(most);
  const zeros = arena.take(3 * most);
  const square = arena.take(most * most);
  const { x: wasm, f32 } = arena.open();
  f32.fill(1, one / 4, one / 4 + most);
  for (const s of stages) pack(s, f32);
  const stageOf = (name: string): Stage => {
    const s = stages.find((t) => t.layer.name === name);
    check(s !== undefined, "layer", `one of ${layers.map((t) => t.name).join(", ")}`, name);
    return s;
  };

  return {
    layers: new Map(stages.map((s) => [s.layer.name, { side: s.side, channels: s.layer.outputs }])),
    forward(image) {
      const first = stages[0]!;
      const row = side * first.stride;
      for (let y = 0; y < side; y++)
        f32.set(image.subarray(y * row, (y + 1) * row), (first.inside.at + y * first.inside.row) / 4);
      stages.forEach((s, l) => {
        const { side: n, layer, stride } = s;
        const N = layer.outputs;
        if (layer.pool) {
          const { h } = stages[l - 1]!;
          wasm.activate(h.at, s.inside.at, 2 * n, 2 * n, layer.inputs, 2, s.inside.row, one, zeros);
        }
        wasm.convolve(
          s.corner,
          s.panels,
          raw,
          n,
          n,
          KERNEL,
          KERNEL * stride * 4,
          stride * 4,
          s.inside.row,
          N / 8,
          N * 4,
          n * N * 4,
        );
        wasm.activate(raw, s.h.at, n, n, N, 1, s.h.row, one, s.shift);
      });
    },
    read(name) {
      const { side: n, layer, h } = stageOf(name);
      const width = n * layer.outputs;
      const out = new Float32Array(n * width);
      for (let y = 0; y < n; y++) {
        const from = (h.at + y * h.row) / 4;
        out.set(f32.subarray(from, from + width), y * width);
      }
      return out;
    },
    gram(name) {
      const { side: n, layer, h } = stageOf(name);
      const N = layer.outputs;
      f32.fill(0, square / 4, square / 4 + N * N);
      const rows = Math.max(1, Math.round(32 / n));
      wasm.convolveGradient(h.at, h.at, square, n, n, 1, N * 4, N * 4, h.row, N / 8, N * 4, h.row, rows);
      const out = new Float32Array(N * N);
      for (let q = 0; q < N; q++)
        for (let o = 0; o < N; o++) out[q * N + o] = f32[square / 4 + (o >> 3) * N * 8 + q * 8 + (o & 7)]! / (n * n);
      return out;
    },
    clear() {
      for (const s of stages) s.touched = false;
    },
    addGradient(name, gradient) {
      tap(stageOf(name), gradient);
    },
    addGramGradient(name, S) {
      const s = stageOf(name);
      const { side: n, h } = s;
      const N = s.layer.outputs;
      for (let q = 0; q < N; q++)
        for (let o = 0; o < N; o++) f32[square / 4 + (o >> 3) * N * 8 + q * 8 + (o & 7)] = S[q * N + o]!;
      wasm.convolve(h.at, square, raw, n, n, 1, N * 4, N * 4, h.row, N / 8, N * 4, n * N * 4);
      tap(s, f32.subarray(raw / 4, raw / 4 + n * n * N));
    },
    backward(gradient) {
      let above = false; // whether a later layer left a gradient
      for (let l = stages.length - 1; l >= 0; l--) {
        const s = stages[l]!;
        above = above || s.touched;
        if (!above) continue;
        const { side: n, layer, stride } = s;
        const N = layer.outputs;
        const border = borders.get(`${n} ${N}`)!;
        const row = (n + 2) * N * 4;
        wasm.activateGradient(s.dh, s.h.at, s.dh, border + row + N * 4, n, n, N, 1, s.h.row, row, one, zeros);
        const M = up8(stride);
        const direct = l > 0 && !layer.pool;
        const below = stages[l - 1];
        // What a tap has left in the layer below is kept: the product comes into a place of its own first.
        wasm.convolve(border, s.back, pooled, n, n, KERNEL, KERNEL * N * 4, N * 4, row, M / 8, M * 4, n * M * 4);
        if (l === 0) {
          for (let p = 0; p < n * n; p++)
            for (let c = 0; c < layer.inputs; c++) gradient[p * layer.inputs + c]! += f32[pooled / 4 + p * M + c]!;
        } else if (direct) add(below!, f32.subarray(pooled / 4, pooled / 4 + n * n * M));
        else {
          const w = 2 * n;
          wasm.activateGradient(
            below!.h.at,
            s.inside.at,
            pooled,
            raw,
            w,
            w,
            layer.inputs,
            2,
            s.inside.row,
            w * layer.inputs * 4,
            one,
            zeros,
          );
          add(below!, f32.subarray(raw / 4, raw / 4 + w * w * layer.inputs));
        }
      }
    },
  };

  function tap(s: Stage, gradient: Float32Array): void {
    add(s, gradient);
    s.touched = true;
  }

  /** Adds to what a tap has left in a layer, or begins there. */
  function add(s: Stage, values: Float32Array): void {
    const at = s.dh / 4;
    if (!s.touched) f32.set(values, at);
    else for (let i = 0; i < values.length; i++) f32[at + i]! += values[i]!;
  }
}

/** The panels of a layer, forward and back, and its bias. */
function pack({ layer, stride, panels, back, shift }: Stage, f32: Float32Array): void {
  const { inputs, outputs: N, w, b } = layer;
  f32.set(b, shift / 4);
  const taps = KERNEL * KERNEL;
  let i = 0;
  for (let k = 0; k < taps; k++)
    for (let r = 0; r < inputs; r++)
      for (let o = 0; o < N; o++) {
        const v = w[i++]!;
        f32[panels / 4 + (o >> 3) * taps * stride * 8 + (k * stride + r) * 8 + (o & 7)] = v;
        f32[back / 4 + (r >> 3) * taps * N * 8 + ((taps - 1 - k) * N + o) * 8 + (r & 7)] = v;
      }
}
