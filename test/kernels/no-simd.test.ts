import { expect, it, vi } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { referenceKernel } from "../../src/kernels/lstm-reference.ts";
import { simdAvailable, wasmKernel } from "../../src/kernels/lstm-wasm.ts";
import { averagingDefaults } from "../../src/learned/coupled-shape.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { bindNetwork, initNetwork, type NetworkShape } from "../../src/learned/network.ts";
import { localRunner } from "../../src/meta/runner.ts";
import { initialCheckpoint, metaTrain, metaTrainDefaults } from "../../src/meta/train.ts";
import { quadratics } from "../../src/problems/quadratic.ts";

// This file's own copy of the library meets an engine that knows none of our instructions: before the first kernel.
vi.spyOn(WebAssembly, "Module").mockImplementation(function none() {
  throw new WebAssembly.CompileError("no SIMD");
});

const lstm = { ...defaultLstm, hidden: 5 };
const n = 11;
const gradients = Array.from({ length: 4 }, (_, t) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + 3 * t)));

function steps(shape: NetworkShape): Float32Array[] {
  const optimizer = bindNetwork(shape, initNetwork(shape, createRng(1)));
  const state = optimizer.init(layout({ w: [n] }));
  const first = gradients.map((g) => {
    const delta = new Float32Array(n);
    optimizer.update(state, g, delta);
    return delta;
  });
  state.restoreState(state.saveState());
  expect(() => state.restoreState(new Float32Array(3))).toThrow("state: expected Float32Array(");
  return first;
}

it("without SIMD the default takes the reference's steps, instead of an error", () => {
  expect(simdAvailable("strict")).toBe(false);
  const reference = referenceKernel(lstm, n);
  reference.load(initNetwork(lstm, createRng(1)));
  const expected = gradients.map((g) => {
    const delta = new Float32Array(n);
    reference.forward(g, delta);
    return delta;
  });
  expect(steps(lstm)).toEqual(expected);
});

it("without SIMD a coupled network steps too", () => {
  const deltas = steps({ ...lstm, kind: "coupled", averaging: { ...averagingDefaults, cells: 2 } });
  expect(deltas.every((d) => d.every(Number.isFinite) && d.some((v) => v !== 0))).toBe(true);
});

it("without SIMD meta-training goes on", async () => {
  const o = { ...metaTrainDefaults, shape: lstm, steps: 4, unroll: 2, iterations: 1, validationTrajectories: 1 };
  for (const secondDerivatives of [false, true]) {
    const c = initialCheckpoint(o);
    for await (const _ of metaTrain({ ...o, secondDerivatives }, localRunner(quadratics()), c));
    expect(c.largestGradient).toBeGreaterThan(0);
    expect(c.phi).not.toEqual(initialCheckpoint(o).phi);
  }
});

it("what was asked for by name is still an error", () => {
  const relaxed = bindNetwork(lstm, initNetwork(lstm, createRng(1)), "relaxed");
  expect(() => relaxed.init(layout({ w: [n] }))).toThrow(
    'simd: expected an instruction set that this engine has, got "relaxed". Use "strict"',
  );
  expect(() => wasmKernel(lstm, n)).toThrow('got "strict". Use a newer engine');
});
