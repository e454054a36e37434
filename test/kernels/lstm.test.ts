import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { lendKernel } from "../../src/kernels/kernel-pool.ts";
import type { ReplayJob } from "../../src/kernels/lstm-kernel.ts";
import { coordinateState, referenceKernel } from "../../src/kernels/lstm-reference.ts";
import { type LstmShape, phiLayout, stateSize } from "../../src/kernels/lstm-shape.ts";
import { simdAvailable, wasmKernel } from "../../src/kernels/lstm-wasm.ts";

const base: LstmShape = {
  layers: 2,
  hidden: 20,
  preprocessing: { kind: "log-sign", p: 10 },
  inputScale: 1,
  outputScale: 0.1,
};
const shapes: [string, LstmShape][] = [
  ["2×20, log-sign", base],
  ["2×20, scale", { ...base, preprocessing: { kind: "scale" }, inputScale: 0.5, outputScale: 1 }],
  ["1×3", { ...base, layers: 1, hidden: 3 }],
  ["3×7", { ...base, layers: 3, hidden: 7 }],
  ["linear", { ...base, layers: 0 }],
];

function problem(shape: LstmShape, n: number, steps: number) {
  const rng = createRng(3);
  const phi = Float32Array.from({ length: phiLayout(shape).size }, () => 0.4 * rng.normal());
  const gradients = Array.from({ length: steps + 1 }, () =>
    Float32Array.from({ length: n }, () => rng.normal() * 10 ** (-6 * rng.uniform())),
  );
  return { phi, gradients, weights: gradients.map((_, t) => 1 + 0.1 * t) };
}
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let error = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    error = Math.max(error, Math.abs(a[i]! - b[i]!));
    size = Math.max(size, Math.abs(b[i]!));
  }
  return error / size;
};

const sets = (["strict", "relaxed"] as const).filter(simdAvailable);
const cases = sets.flatMap((simd) => shapes.map(([name, shape]) => [name, simd, shape] as const));
if (sets.length < 2) console.log("skipped: relaxed SIMD, which this engine lacks");

describe.each(cases)("LSTM kernel %s, %s SIMD", (_, simd, shape) => {
  const n = 21;
  const K = 12;
  const { phi, gradients, weights } = problem(shape, n, K);
  const all = Int32Array.from({ length: n }, (_, i) => i);

  it("steps as the float64 reference does", () => {
    const fast = wasmKernel(shape, n, 1, simd);
    const slow = referenceKernel(shape, n);
    const [a, b] = [new Float32Array(n), new Float32Array(n)];
    fast.load(phi);
    slow.load(phi);
    for (const g of gradients) {
      fast.forward(g, a);
      slow.forward(g, b);
      expect(worst(a, b)).toBeLessThan(2e-5);
    }
    const [p, q] = [fast.saveState(), slow.saveState()];
    const per = stateSize(shape);
    for (const i of shape.layers > 0 ? all : [])
      expect(worst(coordinateState(p, i, per), coordinateState(q, i, per))).toBeLessThan(2e-5);
  });

  it("shares the state of coordinates without a gradient yet, to the same bits as it would compute it", () => {
    // Three blocks whose gradients start at steps 0, 3 and 7, with a carried state in between. Apart, each beside a lane
    // that always has a gradient, nothing can be shared.
    const starts = Array.from({ length: n }, (_, i) => [0, 3, 7][i >> 3]!);
    const late = gradients.map((g, t) => g.map((d, i) => (t < starts[i]! ? 0 : d)));
    const shared = wasmKernel(shape, n, 1, simd);
    shared.load(phi);
    const delta = new Float32Array(n);
    const seen = late.map((g, t) => {
      if (t === 5) shared.restoreState(shared.saveState());
      shared.forward(g, delta);
      return delta.slice();
    });
    const per = stateSize(shape);
    const ends = shared.saveState();
    for (const i of all) {
      const apart = wasmKernel(shape, 8, 1, simd);
      apart.load(phi);
      const d = new Float32Array(8);
      late.forEach((g, t) => {
        apart.forward(Float32Array.of(g[i]!, 0, 0, 0, 0, 0, 0, 1), d);
        expect(d[0]).toBe(seen[t]![i]);
      });
      expect(coordinateState(apart.saveState(), 0, per)).toEqual(coordinateState(ends, i, per));
    }
  });

  it("replays to the reference's meta-gradient, from a carried state", () => {
    const slow = referenceKernel(shape, n);
    slow.load(phi);
    slow.forward(gradients[0]!, new Float32Array(n));
    const job: ReplayJob = {
      gradients,
      weights,
      state: slow.saveState(),
      coordinates: all,
      coordinateWeights: new Float32Array(n).fill(0.5),
    };
    const fast = wasmKernel(shape, 8, K, simd);
    fast.load(phi);
    const a = new Float64Array(phi.length);
    const b = new Float64Array(phi.length);
    fast.replay(job, a);
    slow.replay(job, b);
    expect(worst(a, b)).toBeLessThan(2e-5);
  });

  it("goes back in lockstep as the reference does, and passes over coordinates without derivatives", () => {
    const slow = referenceKernel(shape, n);
    const fast = wasmKernel(shape, n, 3, simd, true); // fewer slots than blocks
    const sums = [slow, fast].map((kernel) => {
      kernel.load(phi);
      kernel.reset();
      const states = gradients.slice(0, K).map((grad) => {
        const state = kernel.saveState();
        kernel.forward(grad, new Float32Array(n));
        return state;
      });
      const sum = new Float64Array(phi.length);
      const qs: number[] = [];
      kernel.beginBack();
      for (let t = K - 1; t >= 0; t--) {
        const q = new Float32Array(n).fill(NaN);
        const lambda = gradients[t + 1]!.map((d, i) => (i < 8 || t > K - 3 ? 0 : d));
        kernel.stepBack({ grad: gradients[t]!, state: states[t]!, lambda }, q, sum);
        qs.push(...q);
      }
      return [sum, Float64Array.from(qs)] as const;
    });
    expect(worst(sums[0]![0], sums[1]![0])).toBeLessThan(2e-5);
    expect(worst(sums[0]![1], sums[1]![1])).toBeLessThan(2e-5);
    expect(sums[1]![1].subarray(0, 8).every((q) => q === 0)).toBe(true);
    expect(() => wasmKernel(shape, n, 3, simd).beginBack()).toThrow("lockstep");
    expect(() =>
      wasmKernel(shape, n, 3, simd).stepBack({ grad: phi, state: phi, lambda: phi }, phi, sums[0]![0]),
    ).toThrow("lockstep");
  });
});

it("small kernels wait for their next use, however many sizes take turns", () => {
  const sizes = [8, 16, 24, 32, 40, 48];
  const round = (): unknown[] =>
    sizes.map((n) => {
      const { kernel, giveBack } = lendKernel(base, n, 1, "strict");
      giveBack();
      return kernel;
    });
  const first = round();
  round().forEach((kernel, i) => {
    expect(kernel).toBe(first[i]);
  });
});

it("what WebAssembly cannot address is refused by name", () => {
  expect(() => wasmKernel(base, 14_000_000)).toThrow(
    /n, steps: expected a network of 14000000 coordinates and 1 steps/,
  );
});
