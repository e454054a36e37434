import { expect, it } from "vitest";
import { layout, type Vec } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { makeDigits } from "../../src/data/digits.ts";
import { referenceNetwork } from "../../src/kernels/lstm-reference.ts";
import { type LstmShape, stateSize } from "../../src/kernels/lstm-shape.ts";
import { averagingDefaults } from "../../src/learned/coupled-shape.ts";
import { initNetwork, type NetworkShape, openNetwork } from "../../src/learned/network.ts";
import type { SeveralShape } from "../../src/learned/several.ts";
import { rollout } from "../../src/meta/rollout.ts";
import { replaySecondDerivatives } from "../../src/meta/second-derivatives.ts";
import { runUnroll, startTrajectory, type UnrollTask } from "../../src/meta/unroll.ts";
import { mlp } from "../../src/problems/mlp.ts";
import type { Problem } from "../../src/problems/problem.ts";
import { quadratics } from "../../src/problems/quadratic.ts";

const n = 3;
const A = [
  [2, 0.5, -0.3],
  [0.5, 1, 0.2],
  [-0.3, 0.2, 1.5],
];
const start = [0.8, -0.6, 0.4];
/** f = ½θᵀAθ + ¼Σθ⁴: its Hessian changes along the way. */
const gradientOf = (t: ArrayLike<number>): number[] =>
  A.map((row, i) => row.reduce((a, v, j) => a + v * t[j]!, t[i]! ** 3));
const lossOf = (t: ArrayLike<number>): number =>
  A.reduce((a, row, i) => a + row.reduce((b, v, j) => b + 0.5 * v * t[i]! * t[j]!, 0.25 * t[i]! ** 4), 0);
const problem: Problem = {
  layout: layout({ theta: [n] }),
  init: (_, theta) => theta.set(start),
  batch: () => undefined,
  lossAndGrad(theta, _, grad) {
    grad.set(gradientOf(theta));
    return lossOf(theta);
  },
  hvp(theta, _, v, out) {
    A.forEach((row, i) => {
      out[i] = row.reduce((a, w, j) => a + w * v[j]!, 3 * theta[i]! ** 2 * v[i]!);
    });
  },
};
const family = { name: "t", sample: () => problem };
const K = 8;

for (const preprocessing of [{ kind: "log-sign", p: 10 }, { kind: "scale" }] as const)
  it(`with ${preprocessing.kind}, second derivatives agree with differences that do not freeze the inputs`, async () => {
    const shape: LstmShape = { layers: 2, hidden: 6, preprocessing, inputScale: 1, outputScale: 0.3 };
    const phi = initNetwork(shape, createRng(4));
    /** Σ_t f(θ_t) of the whole unroll, in float64. */
    const total = (p: ArrayLike<number>): number => {
      const net = referenceNetwork(shape, p);
      const states = start.map(() => new Float64Array(stateSize(shape)));
      const theta = [...start];
      let sum = 0;
      for (let t = 0; t < K; t++) {
        const d = gradientOf(theta);
        for (let i = 0; i < n; i++) theta[i]! += net.step(d[i]!, states[i]!).delta;
        sum += lossOf(theta);
      }
      return sum;
    };
    const task: UnrollTask = {
      shape,
      phi,
      seed: "s",
      K,
      weights: new Float64Array(K + 1).fill(1),
      fraction: 1,
      simd: "strict",
    };
    const second = (await runUnroll(family, { ...task, secondDerivatives: true })).gradient;
    const first = (await runUnroll(family, task)).gradient;
    const rng = createRng(9);
    let worst = 0;
    let dropped = 0;
    for (let r = 0; r < 6; r++) {
      const v = Float64Array.from(phi, () => rng.normal());
      const along = (g: Float64Array): number => g.reduce((a, x, i) => a + x * v[i]!, 0);
      const at = (s: number): number => total(Float64Array.from(phi, (x, i) => x + s * 1e-5 * v[i]!));
      const difference = (at(1) - at(-1)) / 2e-5;
      worst = Math.max(worst, Math.abs(along(second) / difference - 1));
      dropped = Math.max(dropped, Math.abs(along(first) / difference - 1));
    }
    expect(worst).toBeLessThan(1e-3);
    expect(dropped).toBeGreaterThan(1.5 * worst); // what the approximation of the paper leaves out
  });

/** One unroll's meta-gradient from a carried state, with K = 8. */
async function carried(shape: NetworkShape, phi: Vec, side: Problem, functions: number): Promise<Float64Array> {
  const place = { layout: side.layout, functions, simd: "strict" } as const;
  const network = openNetwork(shape, place);
  network.load(phi);
  const first = await rollout(side, network, startTrajectory(side, shape, "s"), K, createRng("s"), true);
  const next = await rollout(side, network, first.carry, K, createRng("s"), true);
  const gradient = new Float64Array(phi.length);
  await replaySecondDerivatives(side, shape, place, phi, next, new Float64Array(K + 1).fill(1), gradient);
  return gradient;
}
const lstm: LstmShape = { layers: 2, hidden: 8, preprocessing: { kind: "scale" }, inputScale: 1, outputScale: 0.1 };
function relative(a: Float64Array, b: Float64Array): number {
  const norm = Math.sqrt(a.reduce((s, g) => s + g * g, 0));
  return Math.sqrt(a.reduce((s, g, i) => s + (g - b[i]!) ** 2, 0)) / norm;
}

it("the kernel agrees with the tape, from a state that is carried", async () => {
  const phi = initNetwork(lstm, createRng(4));
  const side = quadratics({ functions: 3, dimension: 7 }).sample(createRng(5));
  const averaging = { ...averagingDefaults, cells: 0 };
  const onTape = await carried({ ...lstm, kind: "coupled", averaging }, phi, side, 3);
  expect(relative(onTape, await carried(lstm, phi, side, 3))).toBeLessThan(1e-4);
});

it("several optimizers with the same φ get the parts of one optimizer's meta-gradient", async () => {
  const shape: SeveralShape = {
    kind: "several",
    groups: [
      { name: "matrix", rank: 2, net: lstm },
      { name: "rest", net: lstm },
    ],
  };
  const phi = initNetwork(lstm, createRng(4));
  const side = mlp({ name: "t", images: makeDigits(40, 1), hidden: [3], batchSize: 16 }).sample(createRng(5));
  const both = await carried(shape, Float32Array.of(...phi, ...phi), side, 1);
  const sum = both.subarray(0, phi.length).map((g, i) => g + both[phi.length + i]!);
  expect(relative(await carried(lstm, phi, side, 1), sum)).toBeLessThan(1e-5);
});
