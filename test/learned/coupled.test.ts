import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { referenceKernel } from "../../src/kernels/lstm-reference.ts";
import { coupledNetwork } from "../../src/learned/coupled.ts";
import {
  averagingDefaults,
  type CoupledShape,
  coupledLayout,
  memoryDefaults,
} from "../../src/learned/coupled-shape.ts";
import { plainArithmetic } from "../../src/tape/arithmetic.ts";
import { fastArithmetic } from "../../src/tape/fast-arithmetic.ts";

const gac: CoupledShape = {
  kind: "coupled",
  layers: 2,
  hidden: 6,
  preprocessing: { kind: "log-sign", p: 10 },
  inputScale: 1,
  outputScale: 0.5,
  averaging: { ...averagingDefaults, cells: 2 },
};
const ntm: CoupledShape = { ...gac, memory: { ...memoryDefaults, headScale: 1 } };
const shapes: Record<string, CoupledShape> = {
  "LSTM+GAC": gac,
  "LSTM+GAC, averages only upwards, second layer": {
    ...gac,
    averaging: { cells: 3, layers: [2], recurrent: false },
  },
  "NTM-BFGS": ntm,
  "NTM-BFGS, two reads, decay, cap": {
    ...ntm,
    memory: { ...memoryDefaults, reads: 2, writes: 2, headScale: 1, decay: 0.1, cap: 0.05 },
  },
  "NTM-L-BFGS": { ...ntm, memory: { ...memoryDefaults, window: 3, headScale: 1, decay: 0.05 } },
};
const N = 12;
const K = 5;

function problem(shape: CoupledShape, seed = 1, n = N) {
  const rng = createRng(seed);
  const phi = Float32Array.from({ length: coupledLayout(shape).size }, () => 0.3 * rng.normal());
  const gradients = Array.from({ length: K + 1 }, () => Float32Array.from({ length: n }, () => rng.normal()));
  const weights = Array.from({ length: K + 1 }, () => rng.uniform());
  return { phi, gradients, weights };
}

/** Σ_t w_t d_t·θ_t with the gradients frozen: what ∂L/∂φ is the derivative of. θ₀ = 0. */
function loss(shape: CoupledShape, phi: Float32Array, p: ReturnType<typeof problem>, functions: number): number {
  const net = coupledNetwork(shape, N, functions, plainArithmetic());
  net.load(phi);
  const theta = new Float64Array(N);
  const delta = new Float64Array(N) as unknown as Float32Array;
  let sum = 0;
  for (let t = 0; t <= K; t++) {
    for (let k = 0; k < N; k++) sum += (p.weights[t]! * p.gradients[t]![k]! * theta[k]!) / functions;
    if (t === K) break;
    net.forward(p.gradients[t]!, delta);
    for (let k = 0; k < N; k++) theta[k]! += delta[k]!;
  }
  return sum;
}

describe.each(Object.entries(shapes))("%s", (_, shape) => {
  it.each([1, 3])("meta-gradient over %i functions agrees with differences to 1e-5", (functions) => {
    const p = problem(shape);
    const net = coupledNetwork(shape, N, functions, plainArithmetic());
    net.load(p.phi);
    const gradient = new Float64Array(p.phi.length);
    net.replay(p.gradients, p.weights, net.saveState(), gradient);
    const norm = Math.sqrt(gradient.reduce((a, g) => a + g * g, 0));
    const rng = createRng(5);
    for (let i = 0; i < 6; i++) {
      // φ is float32: a direction of float32 steps, so that both points are exact
      const step = p.phi.map(() => (rng.integer(2) ? 1 : -1) * 2 ** -12);
      const at = (s: number): number =>
        loss(
          shape,
          p.phi.map((v, k) => v + s * step[k]!),
          p,
          functions,
        );
      const moved = (s: number): number[] => Array.from(p.phi, (v, k) => Math.fround(v + s * step[k]!) - v);
      const up = moved(1).reduce((a, d, k) => a + d * gradient[k]!, 0);
      const down = moved(-1).reduce((a, d, k) => a + d * gradient[k]!, 0);
      const given = up - down;
      const measured = at(1) - at(-1);
      expect(Math.abs(given - measured) / (norm * 2 ** -11)).toBeLessThan(1e-5 * Math.sqrt(p.phi.length));
    }
  });

  it("permuting the coordinates permutes the updates", () => {
    const p = problem(shape);
    const order = [5, 2, 11, 0, 7, 1, 3, 10, 4, 9, 6, 8];
    const [a, b] = [0, 1].map(() => {
      const net = coupledNetwork(shape, N, 1, plainArithmetic());
      net.load(p.phi);
      return net;
    });
    const [da, db] = [new Float32Array(N), new Float32Array(N)];
    for (const g of p.gradients) {
      a!.forward(g, da);
      b!.forward(
        g.map((_, i) => g[order[i]!]!),
        db,
      );
      order.forEach((k, i) => {
        expect(db[i]).toBeCloseTo(da[k]!, 6);
      });
    }
  });

  it("functions side by side never see each other", () => {
    const p = problem(shape);
    const all = coupledNetwork(shape, N, 3, plainArithmetic());
    const alone = coupledNetwork(shape, 4, 1, plainArithmetic());
    for (const net of [all, alone]) net.load(p.phi);
    const [d, e] = [new Float32Array(N), new Float32Array(4)];
    for (const g of p.gradients) {
      all.forward(g, d);
      alone.forward(g.slice(4, 8), e);
      expect([...d.slice(4, 8)]).toEqual([...e]);
    }
  });

  it("the fast arithmetic agrees with the plain one, and a state carried is the state itself", () => {
    const n = 48;
    const p = problem(shape, 1, n);
    const [slow, fast, late] = [plainArithmetic(), fastArithmetic(n, 16, 24), fastArithmetic(n, 16, 24)].map((a) => {
      const net = coupledNetwork(shape, n, 4, a);
      net.load(p.phi);
      return net;
    });
    const [a, b, c] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
    for (const g of p.gradients) {
      late!.restoreState(fast!.saveState());
      slow!.forward(g, a);
      fast!.forward(g, b);
      late!.forward(g, c);
      expect(c).toEqual(b);
      b.forEach((v, i) => {
        expect(v).toBeCloseTo(a[i]!, 4);
      });
    }
    const gradients = [slow!, fast!].map((net) => {
      const out = new Float64Array(p.phi.length);
      net.reset();
      net.replay(p.gradients, p.weights, net.saveState(), out);
      return out;
    });
    const norm = Math.sqrt(gradients[0]!.reduce((s, g) => s + g * g, 0));
    const apart = Math.sqrt(gradients[0]!.reduce((s, g, i) => s + (g - gradients[1]![i]!) ** 2, 0));
    expect(apart / norm).toBeLessThan(1e-4);
  });
});

it("without averaging cells it is the coordinatewise LSTM", () => {
  const { kind: _, averaging: __, ...lstm } = gac;
  const shape = { ...gac, averaging: { ...gac.averaging, cells: 0 } };
  const p = problem(shape);
  const net = coupledNetwork(shape, N, 1, plainArithmetic());
  const reference = referenceKernel(lstm, N);
  for (const k of [net, reference]) k.load(p.phi);
  const [a, b] = [new Float32Array(N), new Float32Array(N)];
  for (const g of p.gradients) {
    net.forward(g, a);
    reference.forward(g, b);
    expect(a).toEqual(b);
  }
  const [own, theirs] = [new Float64Array(p.phi.length), new Float64Array(p.phi.length)];
  for (const k of [net, reference]) k.reset();
  const coordinates = Int32Array.from({ length: N }, (_, i) => i);
  const every = { state: reference.saveState(), coordinates, coordinateWeights: new Float32Array(N).fill(1) };
  net.replay(p.gradients, p.weights, net.saveState(), own, 0.8);
  reference.replay({ gradients: p.gradients, weights: p.weights, discount: 0.8, ...every }, theirs);
  own.forEach((v, i) => {
    expect(v).toBeCloseTo(theirs[i]!, 10);
  });
});

it("memory as a matrix and as a history agree while the window holds everything", () => {
  const dense = { ...ntm, memory: { ...memoryDefaults, headScale: 1, decay: 0.1 } };
  const history = { ...dense, memory: { ...dense.memory, window: K + 1 } };
  const p = problem(dense);
  const nets = [dense, history].map((s) => {
    const net = coupledNetwork(s, N, 2, plainArithmetic());
    net.load(p.phi);
    return net;
  });
  const out = nets.map((net) => {
    const d = new Float64Array(N) as unknown as Float32Array;
    const gradient = new Float64Array(p.phi.length);
    net.replay(p.gradients, p.weights, net.saveState(), gradient);
    for (const g of p.gradients) net.forward(g, d);
    return [...d, ...gradient];
  });
  out[0]!.forEach((v, i) => {
    expect(Math.abs(v - out[1]![i]!)).toBeLessThan(1e-10 * Math.max(1, Math.abs(v)));
  });
});

it("a cap or a decay keeps the memory bounded over 1,000 steps; the paper's plain sum grows", () => {
  const largest = (memory: Partial<typeof memoryDefaults>): number => {
    const shape = { ...ntm, memory: { ...ntm.memory!, headScale: 1, ...memory } };
    const p = problem(shape);
    const net = coupledNetwork(shape, N, 1, plainArithmetic());
    net.load(p.phi);
    const rng = createRng(9);
    const d = new Float32Array(N);
    for (let t = 0; t < 1000; t++)
      net.forward(
        Float32Array.from({ length: N }, () => rng.normal()),
        d,
      );
    return net
      .saveState()
      .slice(-N * N)
      .reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  };
  expect(largest({ cap: 2 })).toBeLessThanOrEqual(2);
  expect(largest({ decay: 0.2, cap: 0 })).toBeLessThan(largest({}) / 5);
});

it("says what is wrong with a shape", () => {
  const make = (s: CoupledShape, n = N, f = 1) => coupledNetwork(s, n, f, plainArithmetic());
  expect(() => make({ ...gac, averaging: { ...gac.averaging, cells: 7 } })).toThrow(
    /averaging.cells: expected at most/,
  );
  expect(() => make({ ...gac, averaging: { ...gac.averaging, layers: [3] } })).toThrow(/averaging.layers/);
  expect(() => make({ ...gac, layers: 0 })).toThrow(/layers/);
  expect(() => make({ ...ntm, memory: { ...memoryDefaults, window: 2, cap: 1 } })).toThrow(/memory.cap/);
  expect(() => make(gac, 13, 2)).toThrow(/coordinates: expected a multiple of 2 functions, got 13/);
});

it("NTM-L-BFGS replays as many coordinates as MNIST's classifier has: memory that grows with the window, not with n²", () => {
  const n = 15_910;
  const shape = { ...ntm, memory: { ...memoryDefaults, window: 4 } };
  const p = problem(shape, 1, n);
  const net = coupledNetwork(shape, n, 1, fastArithmetic(n, 16, 24));
  net.load(p.phi);
  const state = net.saveState();
  expect(state.length).toBe(n * (2 * 2 * 6 + 1 + 2 * 4 * 3));
  const gradient = new Float64Array(p.phi.length);
  net.replay(p.gradients.slice(0, 4), p.weights, state, gradient);
  expect(gradient.every(Number.isFinite)).toBe(true);
  expect(gradient.some((g) => g !== 0)).toBe(true);
});
