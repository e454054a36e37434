import { describe, expect, it } from "vitest";
import { layout, layoutOf } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { threeHeadsError } from "../../src/experiments/bfgs-heads.ts";
import type { LstmShape } from "../../src/kernels/lstm-shape.ts";
import { averagingDefaults, type CoupledShape, memoryDefaults } from "../../src/learned/coupled-shape.ts";
import { decodeOptimizer, encodeOptimizer } from "../../src/learned/file.ts";
import {
  bindNetwork,
  initNetwork,
  type NetworkShape,
  networkLayout,
  networkStateLength,
  openNetwork,
} from "../../src/learned/network.ts";
import { partition, type SeveralShape } from "../../src/learned/several.ts";
import { replay } from "../../src/meta/replay.ts";
import { checkOptions, metaTrainDefaults } from "../../src/meta/train.ts";

const lstm: LstmShape = {
  layers: 2,
  hidden: 8,
  preprocessing: { kind: "log-sign", p: 10 },
  inputScale: 1,
  outputScale: 0.1,
};
const coupled: CoupledShape = { ...lstm, kind: "coupled", averaging: averagingDefaults, memory: memoryDefaults };
const several: SeveralShape = {
  kind: "several",
  groups: [
    { name: "conv", tensors: "conv\\d+/w", net: lstm },
    { name: "matrices", rank: 2, net: { ...lstm, hidden: 6 } },
    { name: "rest", net: { ...coupled, hidden: 7 } },
  ],
};
const theta = layout({ "conv1/w": [2, 2, 1, 3], "conv1/b": [3], "conv2/w": [3, 4], "fc/w": [4, 2], "fc/b": [2] });
const place = { layout: theta, functions: 1, simd: "strict" as const };
const K = 4;
const rng = createRng(1);
const gradients = Array.from({ length: K + 1 }, () => Float32Array.from({ length: theta.size }, () => rng.normal()));
const weights = new Float64Array(K + 1).fill(1);

describe.each<[string, NetworkShape]>([
  ["LSTM", lstm],
  ["NTM-BFGS", coupled],
  ["several", several],
])("%s", (_, shape) => {
  const phi = initNetwork(shape, createRng(2)).map((v) => 3 * v);

  it("is stored and read back whole, and bound it steps as the network does", () => {
    const provenance = {
      ...{ family: {}, horizon: 1, seed: 0, version: "0", training: {}, score: 1, select: "final" },
      ...{ largestParameter: 1, largestGradient: 1 },
    };
    const file = { shape, phi, provenance };
    const back = decodeOptimizer(encodeOptimizer(file));
    expect(back).toEqual(file);
    const optimizer = bindNetwork(back.shape, back.phi);
    const state = optimizer.init(theta);
    const network = openNetwork(shape, place);
    network.load(phi);
    network.reset();
    const [a, b] = [new Float32Array(theta.size), new Float32Array(theta.size)];
    for (const g of gradients) {
      optimizer.update(state, g, a);
      network.forward(g, b);
      expect(a).toEqual(b);
    }
    expect(network.saveState().length).toBe(networkStateLength(shape, place));
    const short = new Float32Array(theta.size - 1);
    expect(() => optimizer.update(state, short, a)).toThrow(`grad: expected Float32Array(${theta.size})`);
    expect(() => optimizer.update(state, b, short)).toThrow(`delta: expected Float32Array(${theta.size})`);
    // Closed twice it is given back once: the next two do not share a memory.
    state.close();
    state.close();
    const [one, two] = [optimizer.init(theta), optimizer.init(theta)];
    const [da, db] = [new Float32Array(theta.size), new Float32Array(theta.size)];
    optimizer.update(one, gradients[0]!, da);
    optimizer.update(two, gradients[0]!, db);
    expect(db).toEqual(da);
  });

  it("carries its whole state as plain data", () => {
    const [a, b] = [openNetwork(shape, place), openNetwork(shape, place)];
    const [da, db] = [new Float32Array(theta.size), new Float32Array(theta.size)];
    for (const n of [a, b]) n.load(phi);
    a.reset();
    b.restoreState(new Float32Array(networkStateLength(shape, place)));
    for (const g of gradients) {
      a.forward(g, da);
      b.forward(g, db);
      expect(db).toEqual(da);
      b.restoreState(a.saveState());
    }
  });

  it("meta-gradient is the derivative of Σ d_t·θ_t with frozen gradients", () => {
    const meta = new Float64Array(phi.length);
    const state = new Float32Array(networkStateLength(shape, place));
    replay(shape, place, phi, { gradients, state }, weights, 1, createRng(3), meta);
    const loss = (p: Float32Array): number => {
      const network = openNetwork(shape, place);
      network.load(p);
      network.reset();
      const at = new Float64Array(theta.size);
      const delta = new Float32Array(theta.size);
      let sum = 0;
      for (let t = 0; t <= K; t++) {
        gradients[t]!.forEach((g, i) => {
          sum += g * at[i]!;
        });
        if (t === K) break;
        network.forward(gradients[t]!, delta);
        delta.forEach((d, i) => {
          at[i]! += d;
        });
      }
      return sum;
    };
    const norm = Math.sqrt(meta.reduce((a, g) => a + g * g, 0));
    const h = 0.002 / norm;
    const up = loss(phi.map((v, i) => v + h * meta[i]!));
    const down = loss(phi.map((v, i) => v - h * meta[i]!));
    expect((up - down) / (2 * h) / norm ** 2).toBeCloseTo(1, 2);
  });
});

it("several: every tensor has one owner, φ lies group by group", () => {
  expect(partition(several, theta).map((p) => p.layout.slots.map((s) => s.name))).toEqual([
    ["conv1/w", "conv2/w"],
    ["fc/w"],
    ["conv1/b", "fc/b"],
  ]);
  const names = networkLayout(several).slots.map((s) => s.name);
  expect(names[0]).toBe("conv/lstm_1/w_gates");
  expect(names.at(-1)).toBe("rest/linear/b");
});

it("several: says which tensor or group is left over", () => {
  const of = (groups: SeveralShape["groups"]): SeveralShape => ({ kind: "several", groups });
  expect(() => partition(of(several.groups.slice(0, 2)), theta)).toThrow(/tensor conv1\/b: expected a group/);
  expect(() => partition(of([{ name: "a", tensors: "x", net: lstm }, ...several.groups]), theta)).toThrow(/group a/);
  const kernels = of([{ name: "conv", rank: 3, net: lstm }, ...several.groups]);
  for (const functions of [1, 2])
    expect(() => openNetwork(kernels, { layout: theta, functions, simd: "strict" })).toThrow(
      /group conv: expected at least one tensor of 3 dimensions, got .*\[.*These optimizers are for problems that have one/,
    );
  expect(() => networkLayout(of([{ name: "a", tensors: "(", net: lstm }]))).toThrow(/regular expression/);
  expect(() => networkLayout(of([several.groups[0]!, several.groups[0]!]))).toThrow(/different names/);
  for (const tensors of ["(\\w+\\/?)+!", "(?=a)b", "(a)\\1", ".*.*.*.*.*!"])
    expect(() => networkLayout(of([{ name: "a", tensors, net: lstm }]))).toThrow(/may take for ever on a long name/);
});

it("several: tensors whose names are whole numbers keep their order", () => {
  const own = layoutOf(["10", "b", "2"].map((name, i) => ({ name, shape: [i + 1] })));
  const [part] = partition({ kind: "several", groups: [{ name: "all", net: lstm }] }, own);
  expect(part!.layout).toEqual(own);
});

it("a state that is closed is refused: its memory may be another's", () => {
  const optimizer = bindNetwork(lstm, initNetwork(lstm, createRng(0)));
  const state = optimizer.init(theta);
  state.close();
  const [grad, delta] = [new Float32Array(theta.size), new Float32Array(theta.size)];
  expect(() => optimizer.update(state, grad, delta)).toThrow(/optimizer state: expected one that is not closed/);
});

it("several: a coupled group averages over its own coordinates alone, to the bit", () => {
  const { memory: _, ...gac } = coupled;
  const shape: SeveralShape = {
    kind: "several",
    groups: [
      { name: "matrices", rank: 2, net: { ...gac, averaging: { ...averagingDefaults, cells: 3 } } },
      { name: "kernels", rank: 4, net: lstm },
      { name: "rest", net: gac },
    ],
  };
  const phi = initNetwork(shape, createRng(2)).map((v) => 3 * v);
  const mine = theta.slots.filter((s) => s.shape.length === 1);
  const isMine = (i: number): boolean => mine.some((s) => i >= s.offset && i < s.offset + s.size);
  const run = (seen: readonly Float32Array[]) => {
    const network = openNetwork(shape, place);
    network.load(phi);
    network.reset();
    const delta = new Float32Array(theta.size);
    const updates = seen.flatMap((g) => {
      network.forward(g, delta);
      return [...delta.filter((_, i) => isMine(i))];
    });
    const meta = new Float64Array(phi.length);
    const state = new Float32Array(networkStateLength(shape, place));
    replay(shape, place, phi, { gradients: seen, state }, weights, 1, createRng(3), meta);
    return { updates, meta: [...meta.subarray(-networkLayout(gac).size)] };
  };
  const own = run(gradients);
  expect(run(gradients.map((g) => g.map((d, i) => (isMine(i) ? d : 5 - 2 * d))))).toEqual(own);
  // One coordinate of its own moves the updates of all others.
  const { offset } = mine.at(-1)!;
  const moved = run(gradients.map((g) => g.map((d, i) => (i === offset ? 5 - 2 * d : d)))).updates;
  expect(moved.slice(0, 3).every((d, i) => d !== own.updates[i])).toBe(true);
});

it.each<[string, NetworkShape]>([
  ["coupled network", coupled],
  ["coupled network as one of several", several],
])("sampled replay of a %s is an error", (_, shape) => {
  const message = "fraction: expected 1 with a coupled network, got 0.5. A sample of its coordinates is biased";
  const phi = initNetwork(shape, createRng(2));
  const state = new Float32Array(networkStateLength(shape, place));
  expect(() =>
    replay(shape, place, phi, { gradients, state }, weights, 0.5, createRng(3), new Float64Array(phi.length)),
  ).toThrow(message);
  expect(() => checkOptions({ ...metaTrainDefaults, shape, fraction: 0.5 })).toThrow(message);
});

it("three write heads and one read head are BFGS's inverse-Hessian update, to 1e-10", () => {
  expect(threeHeadsError()).toBeLessThan(1e-10);
});
