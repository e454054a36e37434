import type { ImageSet } from "../../src/data/images.ts";

type Rule = readonly [f: (z: number) => number, derivativeByOutput: (a: number) => number];
const act: Record<"sigmoid" | "tanh" | "relu", Rule> = {
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (a) => a * (1 - a)],
  tanh: [Math.tanh, (a) => 1 - a * a],
  relu: [(z) => Math.max(0, z), (a) => (a > 0 ? 1 : 0)],
};

/** The classifier's loss and gradient in float64, derived by hand: slow and obvious. */
export function mlpReference(
  images: ImageSet,
  sizes: readonly number[],
  activation: keyof typeof act,
  theta: ArrayLike<number>,
  batch: ArrayLike<number>,
): { loss: number; grad: Float64Array } {
  const [f, df] = act[activation];
  const grad = new Float64Array(theta.length);
  const B = batch.length;
  let loss = 0;
  for (let r = 0; r < B; r++) {
    const image = batch[r]!;
    const layers = [Array.from({ length: images.size }, (_, i) => images.pixels[image * images.size + i]! / 255)];
    const offsets: number[] = [];
    let at = 0;
    for (let l = 1; l < sizes.length; l++) {
      offsets.push(at);
      const [m, n] = [sizes[l - 1]!, sizes[l]!];
      const below = layers[l - 1]!;
      const z = Array.from({ length: n }, (_, j) =>
        below.reduce((a, x, i) => a + x * theta[at + i * n + j]!, theta[at + m * n + j]!),
      );
      layers.push(l + 1 < sizes.length ? z.map(f) : z);
      at += m * n + n;
    }
    const logits = layers.at(-1)!;
    const top = Math.max(...logits);
    const total = logits.reduce((a, z) => a + Math.exp(z - top), 0);
    loss += (Math.log(total) + top - logits[images.labels[image]!]!) / B;
    let dz = logits.map((z, k) => (Math.exp(z - top) / total - (k === images.labels[image] ? 1 : 0)) / B);
    for (let l = sizes.length - 1; l >= 1; l--) {
      const n = sizes[l]!;
      const below = layers[l - 1]!;
      const from = offsets[l - 1]!;
      const dBelow = below.map(() => 0);
      for (let j = 0; j < n; j++) {
        for (let i = 0; i < below.length; i++) {
          grad[from + i * n + j]! += below[i]! * dz[j]!;
          dBelow[i]! += theta[from + i * n + j]! * dz[j]!;
        }
        grad[from + below.length * n + j]! += dz[j]!;
      }
      dz = dBelow.map((d, i) => d * df(below[i]!));
    }
  }
  return { loss, grad };
}
