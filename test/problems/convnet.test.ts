import { defaultDevice } from "@jax-js/jax";
import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { type ImageSet, imageSet } from "../../src/data/images.ts";
import { simdAvailable } from "../../src/kernels/lstm-wasm.ts";
import { checkGradient } from "../../src/problems/check-gradient.ts";
import { convnet } from "../../src/problems/convnet.ts";
import { referenceConvnet } from "./convnet-reference.ts";

defaultDevice("wasm");

function noise(side: number, channels: number, classes = 10, count = 40): ImageSet {
  const rng = createRng(3);
  const size = side * side * channels;
  return imageSet(
    "noise",
    Uint8Array.from({ length: count * size }, () => rng.integer(256)),
    Uint8Array.from({ length: count }, () => rng.integer(classes)),
    size,
    classes,
    channels,
  );
}

const nets = [
  { side: 16, inputs: 3, channels: [16, 8], kernel: 5, hidden: [32], batchNorm: true },
  { side: 16, inputs: 3, channels: [5, 11], kernel: 3, hidden: [], batchNorm: false },
  { side: 8, inputs: 1, channels: [12], kernel: 3, hidden: [9, 7], batchNorm: true },
  { side: 24, inputs: 3, channels: [8, 8, 8], kernel: 5, hidden: [12], batchNorm: true },
];

const sets = (["strict", "relaxed"] as const).filter(simdAvailable);
if (sets.length < 2) console.log("skipped: relaxed SIMD, which this engine lacks");
const both = nets.flatMap((o) => sets.map((simd) => ({ ...o, simd })));

describe.each(both)("convnet $side × $inputs, $channels, kernel $kernel, norm $batchNorm, $simd", (o) => {
  const images = noise(o.side, o.inputs);
  const family = convnet({ ...o, name: "test", images, batchSize: 24, initScale: 0.2 });
  const problem = family.sample(createRng(0));
  const theta = new Float32Array(problem.layout.size);
  problem.init(createRng(1), theta);
  for (const s of problem.layout.slots) // a β of 0 would hide a missing shift
    if (s.name.endsWith("/beta")) for (let i = 0; i < s.size; i++) theta[s.offset + i] = 0.1 * Math.sin(i);
  const batch = problem.batch(createRng(2)) as Int32Array;

  it("has jax-js's loss and gradient", async () => {
    const grad = new Float32Array(theta.length);
    const loss = await problem.lossAndGrad(theta, batch, grad);
    const x = Float32Array.from(batch, (i) => i).length * images.size;
    const pixels = new Float32Array(x);
    const labels = new Float32Array(batch.length * images.classes);
    batch.forEach((i, r) => {
      for (let k = 0; k < images.size; k++) pixels[r * images.size + k] = images.pixels[i * images.size + k]! / 255;
      labels[r * images.classes + images.labels[i]!] = 1;
    });
    const wanted = referenceConvnet(o, problem.layout, theta, pixels, labels, batch.length, o.side, o.inputs);
    expect(loss).toBeCloseTo(wanted.loss, 5);
    const largest = Math.max(...wanted.grad.map(Math.abs));
    for (const { name, offset, size } of problem.layout.slots)
      for (let i = offset; i < offset + size; i++)
        expect(Math.abs(grad[i]! - wanted.grad[i]!), `${name}[${i - offset}]`).toBeLessThan(2e-5 * largest);
  });

  it("gives the same bytes when asked again", async () => {
    const [a, b] = [new Float32Array(theta.length), new Float32Array(theta.length)];
    const first = await problem.lossAndGrad(theta, batch, a);
    await problem.lossAndGrad(
      theta.map((v) => v + 1),
      problem.batch(createRng(9)),
      b,
    );
    expect(await problem.lossAndGrad(theta, batch, b)).toBe(first);
    expect(b).toEqual(a);
  });
});

it("agrees with differences", async () => {
  const family = convnet({ name: "t", images: noise(8, 3), channels: [8], hidden: [8], batchSize: 64, initScale: 0.3 });
  await checkGradient(family.sample(createRng(0)), { rng: createRng(4), step: 0.002, tolerance: 0.05 }); // kinks: ReLU and max
});

it("has the released code's 22,682 parameters, and no gradient on a bias before batch norm", async () => {
  const problem = convnet({ name: "t", images: noise(32, 3) }).sample(createRng(0));
  expect(problem.layout.size).toBe(22_682);
  const theta = new Float32Array(22_682);
  problem.init(createRng(1), theta);
  const grad = new Float32Array(22_682).fill(Number.NaN);
  expect(await problem.lossAndGrad(theta, problem.batch(createRng(2)), grad)).toBeCloseTo(Math.log(10), 1);
  expect(grad.every(Number.isFinite)).toBe(true);
  const bias = problem.layout.slots.find((s) => s.name === "conv2/b")!;
  expect(grad.subarray(bias.offset, bias.offset + bias.size).every((g) => g === 0)).toBe(true);
});

it("says which images and options it takes", () => {
  const images = noise(32, 3);
  expect(() => convnet({ name: "t", images: noise(30, 3) })).toThrow(/images: expected square ones/);
  expect(() => convnet({ name: "t", images, kernel: 4 })).toThrow(/kernel: expected an odd integer/);
  expect(() => convnet({ name: "t", images, channels: [] })).toThrow(/at least one convolution/);
  expect(() => convnet({ name: "t", images, batchSize: 2 })).toThrow(/batchSize/);
});
