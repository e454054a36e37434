import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { crop, picture } from "../../src/data/picture.ts";
import { makePainting, makeScenes } from "../../src/data/scenes.ts";
import { simdAvailable } from "../../src/kernels/lstm-wasm.ts";
import { checkGradient } from "../../src/problems/check-gradient.ts";
import { type FeatureLayer, featureNetwork } from "../../src/problems/feature-network.ts";
import { neuralArt } from "../../src/problems/neural-art.ts";
import { randomFeatures } from "../../src/problems/random-features.ts";

const rng = createRng(1);
const layer = (name: string, pool: boolean, inputs: number, outputs: number): FeatureLayer => ({
  name,
  pool,
  inputs,
  outputs,
  w: Float32Array.from({ length: 9 * inputs * outputs }, () => 0.3 * rng.normal()),
  b: Float32Array.from({ length: outputs }, () => 0.3 * rng.normal()),
});
const layers = [layer("a", false, 3, 8), layer("b", false, 8, 16), layer("c", true, 16, 8), layer("d", true, 8, 24)];

/** Features in float64 by the formulas, every one. */
function reference(image: ArrayLike<number>, side: number): Map<string, Float64Array> {
  const out = new Map<string, Float64Array>();
  let x = Float64Array.from(image);
  let n = side;
  for (const { name, pool, inputs, outputs, w, b } of layers) {
    if (pool) {
      const half = new Float64Array((n / 2) ** 2 * inputs).fill(-Infinity);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++)
          for (let c = 0; c < inputs; c++) {
            const to = ((i >> 1) * (n / 2) + (j >> 1)) * inputs + c;
            half[to] = Math.max(half[to]!, x[(i * n + j) * inputs + c]!);
          }
      x = half;
      n /= 2;
    }
    const y = new Float64Array(n * n * outputs);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let o = 0; o < outputs; o++) {
          let sum = b[o]!;
          for (let v = 0; v < 3; v++)
            for (let u = 0; u < 3; u++) {
              const [p, q] = [i + v - 1, j + u - 1];
              if (p < 0 || q < 0 || p >= n || q >= n) continue;
              for (let c = 0; c < inputs; c++)
                sum += x[(p * n + q) * inputs + c]! * w[((v * 3 + u) * inputs + c) * outputs + o]!;
            }
          y[(i * n + j) * outputs + o] = Math.max(0, sum);
        }
    out.set(name, y);
    x = y;
  }
  return out;
}

const sets = (["strict", "relaxed"] as const).filter(simdAvailable);
if (sets.length < 2) console.log("skipped: relaxed SIMD, which this engine lacks");
describe.each(sets)("feature network, %s", (simd) => {
  const side = 16;
  const image = Float32Array.from({ length: side * side * 3 }, () => rng.normal());
  const network = featureNetwork(layers, side, simd);

  it("has the features and Gram matrices of the formulas", () => {
    network.forward(image);
    for (const [name, wanted] of reference(image, side)) {
      const got = network.read(name);
      got.forEach((v, i) => {
        expect(Math.abs(v - wanted[i]!)).toBeLessThan(1e-4);
      });
      const { side: n, channels: N } = network.layers.get(name)!;
      const gram = network.gram(name);
      for (const [q, o] of [
        [0, 0],
        [1, 5],
        [N - 1, 2],
      ] as const) {
        let sum = 0;
        for (let p = 0; p < n * n; p++) sum += wanted[p * N + q]! * wanted[p * N + o]!;
        expect(gram[q * N + o]).toBeCloseTo(sum / (n * n), 3);
      }
    }
  });

  it("goes back from any layers: the gradient of Σ c·F, by differences", () => {
    const taps = ["b", "d"];
    const c = new Map(
      taps.map((name) => {
        const { side: n, channels } = network.layers.get(name)!;
        return [name, Float32Array.from({ length: n * n * channels }, () => rng.normal())] as const;
      }),
    );
    network.forward(image);
    network.clear();
    for (const [name, v] of c) network.addGradient(name, v);
    const gradient = new Float32Array(image.length);
    network.backward(gradient);
    const f = (x: Float64Array): number => {
      const features = reference(x, side);
      return taps.reduce((a, name) => a + c.get(name)!.reduce((s, v, i) => s + v * features.get(name)![i]!, 0), 0);
    };
    for (let k = 0; k < 12; k++) {
      const i = rng.integer(image.length);
      const at = (h: number): number => f(Float64Array.from(image, (v, j) => (j === i ? v + h : v)));
      expect(gradient[i]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 2);
    }
  });

  it("says which layer or size does not fit", () => {
    expect(() => featureNetwork(layers, 12)).toThrow(/side: expected a size that leaves whole images/);
    expect(() => featureNetwork([layers[0]!, layers[3]!], 16)).not.toThrow();
    expect(() => featureNetwork([layers[0]!, layers[2]!], 16)).toThrow(/layer c: expected 8 inputs/);
    expect(() => network.read("z")).toThrow(/layer: expected one of a, b, c, d/);
  });
});

const made = {
  name: "art",
  features: randomFeatures(),
  contents: makeScenes(3, 1),
  style: makePainting(1),
  side: 32,
  contentLayers: ["random3"],
  styleLayers: ["random1", "random2", "random3", "random4"],
  // Differences step over kinks of ReLU, which the style has most of.
  beta: 1,
  gamma: 1,
};

describe("neural art", () => {
  it.each(["noise", "content"] as const)("gradient agrees with differences, from %s", async (start) => {
    const problem = neuralArt({ ...made, start }).sample(createRng(2));
    expect(problem.layout.size).toBe(32 * 32 * 3);
    await checkGradient(problem, { rng: createRng(3), step: 2, tolerance: 0.03 });
  });

  it("is 0 in its parts where the picture is the content, or the style itself", async () => {
    const grad = new Float32Array(32 * 32 * 3);
    const only = async (weights: object, start: "noise" | "content"): Promise<number> => {
      const style = { ...made.contents[0]! };
      const problem = neuralArt({ ...made, ...weights, start, contents: [style], style, leastCrop: 1 }).sample(
        createRng(2),
      );
      const theta = new Float32Array(grad.length);
      problem.init(createRng(1), theta);
      return problem.lossAndGrad(theta, undefined, grad);
    };
    expect(await only({ beta: 0, gamma: 0 }, "content")).toBeLessThan(1e-9);
    expect(await only({ alpha: 0, gamma: 0 }, "content")).toBeLessThan(1e-9);
    expect(await only({ alpha: 0, gamma: 0 }, "noise")).toBeGreaterThan(0.01);
    expect(await only({ beta: 0, gamma: 0 }, "noise")).toBeGreaterThan(0.01);
  });

  it("problem k is of photograph k, where they are taken in turn", () => {
    const contents = [10, 60, 110].map((level) => picture("flat", 40, 40, new Uint8Array(4800).fill(level)));
    const levels = (inTurn: boolean, turns: readonly (number | undefined)[]): number[] =>
      turns.map((turn) => {
        const theta = new Float32Array(32 * 32 * 3);
        const problem = neuralArt({ ...made, contents, inTurn, start: "content" }).sample(createRng(4), turn);
        problem.init(createRng(1), theta);
        return Math.round(theta[0]!);
      });
    expect(levels(true, [0, 1, 2, 3, 7])).toEqual([10, 60, 110, 10, 60]);
    const [drawn] = levels(true, [undefined]);
    expect(levels(false, [0, 1, 2])).toEqual([drawn, drawn, drawn]);
  });

  it("the same rng gives the same problem", async () => {
    const family = neuralArt(made);
    const [a, b, other] = [createRng(5), createRng(5), createRng(6)].map((r) => family.sample(r));
    const theta = new Float32Array(32 * 32 * 3).fill(100);
    const grads = [0, 1, 2].map(() => new Float32Array(theta.length));
    const losses = [a!, b!, other!].map((p, i) => p.lossAndGrad(theta, undefined, grads[i]!));
    expect(losses[1]).toBe(losses[0]);
    expect(grads[1]).toEqual(grads[0]);
    expect(losses[2]).not.toBe(losses[0]);
  });

  it("names a layer that the network has not", () => {
    expect(() => neuralArt({ ...made, styleLayers: ["block1"] })).toThrow(/layers: expected random1, .*got "block1"/);
  });
});

it("crops by area", () => {
  const p = picture(
    "p",
    4,
    2,
    Uint8Array.from({ length: 24 }, (_, i) => 10 * Math.floor(i / 3)),
  );
  expect([...crop(p, { x: 0, y: 0, size: 2 }, 1)]).toEqual([25, 25, 25]);
  expect([...crop(p, { x: 2, y: 0, size: 2 }, 2)].filter((_, i) => i % 3 === 0)).toEqual([20, 30, 60, 70]);
  expect([...crop(p, { x: 0, y: 0, size: 2 }, 4)].filter((_, i) => i % 3 === 0).slice(0, 4)).toEqual([0, 0, 10, 10]);
  expect(() => crop(p, { x: 3, y: 0, size: 2 }, 1)).toThrow(/square: expected within 4 × 2/);
});
