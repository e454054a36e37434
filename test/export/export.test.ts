import { createContext, runInContext } from "node:vm";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { halfBits, nearestHalf, nextHalf } from "../../src/core/half.ts";
import { createRng } from "../../src/core/rng.ts";
import { exportEsm } from "../../src/export/esm.ts";
import { type ExportedOptimizer, parity, stepParity } from "../../src/export/parity.ts";
import { averagingDefaults } from "../../src/learned/coupled-shape.ts";
import type { OptimizerFile } from "../../src/learned/file.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork, type NetworkShape } from "../../src/learned/network.ts";
import { load, shippedOptimizers } from "../../src/shipped/load.ts";

type Init = (theta: number | readonly unknown[]) => ExportedOptimizer;

/** The module where there is nothing but the language and atob, which every place that runs ES modules has. */
function run(module: string): Init {
  const script = module.replace(/export\s*\{(\w+) as init\};?\s*$/, "globalThis.init=$1;");
  expect(script).not.toBe(module);
  const context = createContext({ atob });
  runInContext(script, context);
  return context.init as Init;
}

function random(shape: NetworkShape): OptimizerFile {
  const provenance = { family: {}, horizon: 100, seed: 0, version: "0", training: {}, score: 0, select: "final" };
  const phi = initNetwork(shape, createRng(5));
  return { shape, phi, provenance: { ...provenance, largestParameter: 1, largestGradient: 1 } };
}

const scaled = { ...defaultLstm, preprocessing: { kind: "scale" as const }, inputScale: 3 };
const two = {
  kind: "several" as const,
  groups: [
    { name: "conv", tensors: "conv\\d+/w", net: { ...scaled, hidden: 8, layers: 1 } },
    { name: "rest", net: defaultLstm },
  ],
};

const named = {
  kind: "several" as const,
  groups: [
    { name: "first", tensors: "w1|layer[12]/kernel", net: { ...scaled, hidden: 4 } },
    { name: "second", tensors: "(?:head|neck)\\.\\w+", rank: 3, net: { ...scaled, hidden: 3 } },
    { name: "rest", net: defaultLstm },
  ],
};

describe.each<[string, NetworkShape]>([
  ["the paper's network", defaultLstm],
  ["no preprocessing", scaled],
  ["a linear map", { ...defaultLstm, layers: 0 }],
  ["three small layers", { ...defaultLstm, layers: 3, hidden: 5 }],
  ["several at once", two],
  ["several by plain names", named],
])("an exported optimizer: %s", (_, shape) => {
  const file = random(shape);
  it("steps as the library does, where nothing but the language is", () => {
    expect(parity(file, run(exportEsm(file, { name: "full" }).module))).toBeLessThan(1e-6);
    expect(parity(file, run(exportEsm(file, { name: "half", half: true }).module))).toBeLessThan(1e-2); // φ is random here
  });
});

it("where rounding grows, or a network subtracts large numbers, each step alone still shows a wrong module", () => {
  for (const shape of [defaultLstm, named]) {
    const { phi, ...rest } = random(shape);
    const file = { ...rest, phi: phi.map((v) => 4 * v) };
    const init = run(exportEsm(file, { name: "wild" }).module);
    expect(parity(file, init)).toBeGreaterThan(1e-6);
    const right = stepParity(file, init);
    expect(right.ofModule).toBeLessThan(1e-6);
    expect(right.ofModule).toBeLessThan(right.ofLibrary);
    expect(right.ofLibrary).toBeLessThan(1e-4);
    const wrong: Init = (theta) => {
      const o = init(theta);
      return {
        state: o.state,
        update: (grad, delta) =>
          o.update(
            grad.map((g) => 1.001 * g),
            delta,
          ),
      };
    };
    const { ofModule, ofLibrary } = stepParity(file, wrong);
    expect(ofModule).toBeGreaterThan(Math.max(1e-6, ofLibrary));
  }
});

it("takes a network of more numbers than a call takes arguments", () => {
  const { module } = exportEsm(random({ ...defaultLstm, hidden: 128 }), { name: "wide" });
  const delta = new Float32Array(1);
  run(module)(1).update(Float32Array.of(0.5), delta);
  expect(Number.isFinite(delta[0])).toBe(true);
});

it("what a file says of itself stays words in the module", () => {
  const file = random(defaultLstm);
  const training = { experiment: "x */ globalThis.run = 1; /*" };
  const provenance = { ...file.provenance, training, version: "1 */ throw 1; /*", horizon: "*/" as unknown as number };
  const { module } = exportEsm({ ...file, provenance }, { name: "a" });
  expect(module.match(/\*\//g)).toHaveLength(1);
  expect(module.split("\n")[0]).toContain("meta-trained on x  globalThis.run  1");
});

it("the shipped ones stay below 25 KB a network gzipped with their types, and within 1e-3 in half precision", async () => {
  for (const name of Object.keys(shippedOptimizers)) {
    const file = await load(name);
    const { module, types } = exportEsm(file, { name });
    const networks = "groups" in file.shape ? file.shape.groups.length : 1;
    expect(gzipSync(new TextEncoder().encode(module + types), { level: 9 }).length).toBeLessThan(25_000 * networks);
    expect(parity(file, run(module))).toBeLessThan(1e-6);
    expect(parity(file, run(exportEsm(file, { name, half: true }).module))).toBeLessThan(1e-3);
  }
});

it("takes any number of coordinates, plain arrays too; its state can be saved and put back", async () => {
  const init = run(exportEsm(await load("mnist-mlp"), { name: "mnist-mlp" }).module);
  const a = init(5);
  const grad = [0.1, -2, 3e-7, 0, 5] as unknown as Float32Array;
  const delta = [0, 0, 0, 0, 0] as unknown as Float32Array;
  a.update(grad, delta);
  const saved = a.state.slice();
  a.update(grad, delta);
  const second = [...delta];
  a.state.set(saved);
  a.update(grad, delta);
  expect([...delta]).toEqual(second);
  const alone = init(1);
  const one = [0] as unknown as Float32Array;
  for (let t = 0; t < 2; t++) alone.update([5] as unknown as Float32Array, one);
  expect(one[0]).toBe(second[4]);
});

it("says what it does not take", async () => {
  const init = run(exportEsm(await load("mnist-mlp"), { name: "mnist-mlp" }).module);
  expect(() => init(2.5)).toThrow(/whole number of coordinates, got 2.5/);
  expect(() => init(3).update(new Float32Array(2), new Float32Array(3))).toThrow(
    /expected 3 numbers, got a gradient of 2/,
  );
  const several = run(exportEsm(random(two), { name: "two" }).module);
  expect(() => several(3)).toThrow(/tensors as \[\{ name, shape \}, …\]/);
  const gac = random({ ...defaultLstm, kind: "coupled", averaging: averagingDefaults });
  expect(() => exportEsm(gac, { name: "gac" })).toThrow(/network: expected a coordinatewise LSTM/);
  expect(() => exportEsm(random(defaultLstm), { name: "a/b" })).toThrow(/name: expected letters/);
});

it("rounds to float16 as IEEE 754 does", () => {
  const known: [number, number][] = [
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [3 * 2 ** -26, 1],
    [2 ** -14, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2047.9 / 1024, 0x4000],
    [1 / 3, 0x3555],
  ];
  for (const [x, bits] of known) expect(halfBits(x), String(x)).toBe(bits);
  expect(nearestHalf(-1.0004)).toBe(-1);
  expect([nextHalf(1, 1), nextHalf(1, -1)]).toEqual([1 + 2 ** -10, 1 - 2 ** -11]);
  expect([nextHalf(-1, 1), nextHalf(-1, -1)]).toEqual([-1 + 2 ** -11, -1 - 2 ** -10]);
  expect([nextHalf(0, 1), nextHalf(0, -1), nextHalf(2 ** -24, -1)]).toEqual([2 ** -24, -(2 ** -24), 0]);
});
