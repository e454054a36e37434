import { describe, expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { makeDigits } from "../../src/data/digits.ts";
import { coordinateState, referenceKernel, referenceNetwork } from "../../src/kernels/lstm-reference.ts";
import { type LstmShape, phiLayout, stateSize } from "../../src/kernels/lstm-shape.ts";
import { wasmKernel } from "../../src/kernels/lstm-wasm.ts";
import { initNetwork, openNetwork } from "../../src/learned/network.ts";
import { replay } from "../../src/meta/replay.ts";
import { rollout } from "../../src/meta/rollout.ts";
import { importance, type Sampling, sampleByImportance, sampleCoordinates } from "../../src/meta/sample.ts";
import { placeOf, problemOf, runUnroll, startTrajectory } from "../../src/meta/unroll.ts";
import { runValidation } from "../../src/meta/validate.ts";
import { mlp } from "../../src/problems/mlp.ts";
import { quadratics } from "../../src/problems/quadratic.ts";
import { load } from "../../src/shipped/load.ts";

const shape: LstmShape = {
  layers: 2,
  hidden: 20,
  preprocessing: { kind: "log-sign", p: 10 },
  inputScale: 1,
  outputScale: 0.1,
};
const n = 24;
const K = 20;
const rng = createRng(11);
const phi = initNetwork(shape, rng);
const gradients = Array.from({ length: K + 1 }, () => Float32Array.from({ length: n }, () => rng.normal()));
const weights = new Float64Array(K + 1).fill(1);
const state = new Float32Array(n * stateSize(shape));
const all = Int32Array.from({ length: n }, (_, i) => i);
const job = { gradients, weights, state, coordinates: all, coordinateWeights: new Float32Array(n).fill(1) };

/** Σ_t λ_{t+1} g_t with the inputs frozen, λ_{t+1} = Σ_{k>t} γ^(k−t−1) ∇_k: its φ-derivative is the meta-gradient of the recurrence. */
function frozen(p: ArrayLike<number>, discount = 1): number {
  const net = referenceNetwork(shape, p);
  let total = 0;
  for (const i of all) {
    const s = coordinateState(state, i, stateSize(shape));
    for (let t = 0; t < K; t++) {
      let lambda = 0;
      for (let k = t + 1; k <= K; k++) lambda += discount ** (k - t - 1) * gradients[k]![i]!;
      total += lambda * net.step(gradients[t]![i]!, s).delta;
    }
  }
  return total;
}

describe("meta-gradient", () => {
  const exact = new Float64Array(phi.length);
  const slow = referenceKernel(shape, n);
  slow.load(phi);
  slow.replay(job, exact);
  const size = Math.sqrt(exact.reduce((a, v) => a + v * v, 0));

  it("agrees with differences at frozen inputs, weight by weight: 1e-5 in the reference, 1e-4 in the kernels", () => {
    const fast = wasmKernel(shape, 8, K);
    fast.load(phi);
    const near = new Float64Array(phi.length);
    fast.replay(job, near);
    for (const i of [0, 500, 1800, 3000, 5000, 5125, phi.length - 1]) {
      const at = (s: number): number => frozen(Float64Array.from(phi, (v, j) => (i === j ? v + s * 1e-4 : v)));
      const d = (at(1) - at(-1)) / 2e-4;
      expect(Math.abs(exact[i]! - d)).toBeLessThan(1e-5 * Math.max(Math.abs(d), size / 100));
      expect(Math.abs(near[i]! - d)).toBeLessThan(1e-4 * Math.max(Math.abs(d), size / 100));
    }
  });

  it("discounts what a step did by the steps since, as differences do", () => {
    const kernels = [slow, wasmKernel(shape, 8, K)];
    const direction = Float64Array.from(phi, () => rng.normal());
    const moved = (s: number): number =>
      frozen(
        Float64Array.from(phi, (v, i) => v + s * 1e-5 * direction[i]!),
        0.9,
      );
    const difference = (moved(1) - moved(-1)) / 2e-5;
    for (const [index, tolerance] of [1e-5, 1e-4].entries()) {
      const g = new Float64Array(phi.length);
      kernels[index]!.load(phi);
      kernels[index]!.replay({ ...job, discount: 0.9 }, g);
      expect(Math.abs(g.reduce((a, v, i) => a + v * direction[i]!, 0) / difference - 1)).toBeLessThan(tolerance);
    }
    const early = importance(job.gradients, job.weights, 1e-9); // nothing lasts: a step counts by the next gradient alone
    const i = 3;
    const next = job.gradients.slice(1).reduce((a, g) => a + g[i]! ** 2, 0);
    expect(early[i]).toBeCloseTo(Math.sqrt(next), 5);
  });

  it("draws by importance: as many as asked for, none that adds nothing, the heaviest for certain and unweighted", () => {
    const r = Float64Array.from({ length: 1000 }, (_, i) => (i % 2 ? (i === 501 ? 1e6 : i) : 0));
    for (let k = 0; k < 50; k++) {
      const { coordinates, coordinateWeights } = sampleByImportance(r, 1, 0.05, rng.split(k));
      expect(Math.abs(coordinates.length - 50)).toBeLessThanOrEqual(1);
      expect(coordinates.every((i) => r[i]! > 0)).toBe(true);
      expect(coordinateWeights[coordinates.indexOf(501)]).toBe(1);
    }
    expect(sampleByImportance(new Float64Array(8), 1, 0.5, rng).coordinates).toHaveLength(0);
    expect(sampleByImportance(r, 2, 1, rng).coordinateWeights.every((w) => w === 0.5)).toBe(true);
    const none = new Float64Array(phi.length);
    const fast = wasmKernel(shape, 8, K);
    fast.load(phi);
    fast.replay({ ...job, coordinates: new Int32Array(0), coordinateWeights: new Float32Array(0) }, none);
    expect(none.every((v) => v === 0)).toBe(true);
  });

  it("draws from every tensor of every function, so that small tensors are whole", () => {
    // Two functions, each of a large tensor and a small one, as they lie in θ: [a | b | a | b].
    const l = layout({ "1/a": [200], "1/b": [2], "2/a": [200], "2/b": [2] });
    const { coordinates, coordinateWeights } = sampleCoordinates(l, 2, 0.1, rng, 1);
    const drawn = l.slots.map(({ offset, size }) => coordinates.filter((i) => i >= offset && i < offset + size).length);
    expect(drawn).toEqual([20, 1, 20, 1]);
    expect(sampleCoordinates(l, 2, 0.1, rng).coordinates).toHaveLength(2 * (32 + 2));
    expect(coordinateWeights.reduce((a, w) => a + w, 0)).toBeCloseTo(202, 3); // the mean over functions
    // A tensor that holds both functions is cut between them.
    const one = sampleCoordinates(layout({ theta: [2, 100] }), 2, 0.1, rng, 1);
    expect([...one.coordinates].filter((i) => i < 100)).toHaveLength(10);
    expect(one.coordinates).toHaveLength(20);
  });

  it("disjoint samples add up", () => {
    const fast = wasmKernel(shape, 8, K);
    fast.load(phi);
    const full = new Float64Array(phi.length);
    fast.replay(job, full);
    const parts = new Float64Array(phi.length);
    for (let r = 0; r < 3; r++)
      fast.replay(
        { ...job, coordinates: all.filter((i) => i % 3 === r), coordinateWeights: new Float32Array(8).fill(1) },
        parts,
      );
    parts.forEach((v, i) => {
      expect(Math.abs(v - full[i]!)).toBeLessThan(1e-5 * size);
    });
  });
});

it("state is carried: unrolls of 1 give exactly what unrolls of 20 and a plain run give", async () => {
  const family = quadratics();
  const end = async (unroll: number): Promise<Float32Array> => {
    let carry: Awaited<ReturnType<typeof runUnroll>>["carry"] | undefined;
    for (let t = 0; t < 40; t += unroll) {
      const task = {
        shape,
        phi,
        seed: "s",
        K: unroll,
        weights: new Float64Array(unroll + 1).fill(1),
        fraction: 1,
        simd: "strict" as const,
      };
      carry = (await runUnroll(family, carry ? { ...task, carry } : task)).carry;
    }
    return carry!.theta;
  };
  const [one, twenty] = [await end(1), await end(20)];
  expect(one).toEqual(twenty);
  const losses = await runValidation(family, { shape, phi, seed: "s", steps: 40, simd: "strict" });
  const problem = family.sample(createRng("s").split("problem"));
  expect(losses.at(-1)).toBe(await problem.lossAndGrad(twenty, undefined, new Float32Array(10)));
});

it("functions side by side never change an update", () => {
  const alone = wasmKernel(shape, 10);
  const many = wasmKernel(shape, 30);
  alone.load(phi);
  many.load(phi);
  const g = Float32Array.from({ length: 30 }, () => rng.normal());
  const [a, b] = [new Float32Array(10), new Float32Array(30)];
  for (let t = 0; t < 5; t++) {
    alone.forward(g.subarray(10, 20), a);
    many.forward(g, b);
    expect(b.slice(10, 20)).toEqual(a);
  }
  expect(phiLayout(shape).size).toBe(5141);
});

it("5% drawn by importance miss the meta-gradient of a classifier by far less than 5% of each tensor", async () => {
  const family = mlp({ name: "digits", images: makeDigits(512, 1) });
  const { shape: s, phi: p } = await load("digits-mlp");
  const lstm = s as LstmShape;
  const problem = problemOf(family, "s");
  const place = placeOf(problem, "strict");
  const network = openNetwork(lstm, place);
  network.load(p);
  const out = await rollout(problem, network, startTrajectory(problem, lstm, "s"), K, createRng("s"));
  network.close();
  const run = (fraction: number, k: number, how?: Sampling): Float64Array => {
    const g = new Float64Array(p.length);
    replay(lstm, place, p, out, weights, fraction, createRng(k), g, how);
    return g;
  };
  const whole = run(1, 0);
  const missed = (how: Sampling): number => {
    let sum = 0;
    for (let k = 0; k < 16; k++) for (const [i, v] of run(0.05, k, how).entries()) sum += (v - whole[i]!) ** 2;
    return Math.sqrt(sum / 16);
  };
  expect(missed("importance")).toBeLessThan(0.75 * missed("stratified"));
});
