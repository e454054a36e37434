import { describe, expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { bindNetwork, initNetwork } from "../../src/learned/network.ts";
import type { Optimizer } from "../../src/optimizers/optimizer.ts";
import { methodByName, methods, scheduledMethods } from "../../src/optimizers/registry.ts";

// One suite for every optimizer, hand-designed or learned: a new one is one line here.
const all: [string, () => Optimizer][] = [
  ...methods.map((m): [string, () => Optimizer] => [m.name, () => m.create(m.learningRates[0])]),
  ...scheduledMethods.map((m): [string, () => Optimizer] => [m.name, () => m.create(m.learningRates[0], 10)]),
  ["lstm", () => bindNetwork(defaultLstm, initNetwork(defaultLstm, createRng(3)))],
];

const N = 11;
const l = layout({ w: [N] });
const gradients = (seed: number, steps = 6): Float32Array[] => {
  const rng = createRng(seed);
  return Array.from({ length: steps }, () => Float32Array.from({ length: N }, () => rng.normal()));
};
function run(make: () => Optimizer, sequence: Float32Array[]): Float32Array[] {
  const optimizer = make();
  const state = optimizer.init(l);
  return sequence.map((g) => {
    const delta = new Float32Array(N).fill(Number.NaN);
    optimizer.update(state, g, delta);
    return delta;
  });
}

describe.each(all)("%s", (_, make) => {
  it("writes every delta, leaves the gradient alone and repeats itself to the bit", () => {
    const sequence = gradients(1);
    const before = sequence.map((g) => g.slice());
    const first = run(make, sequence);
    expect(sequence).toEqual(before);
    for (const d of first) expect(d.every(Number.isFinite)).toBe(true);
    expect(run(make, sequence)).toEqual(first);
  });

  it("keeps the states of two runs apart", () => {
    const optimizer = make();
    const [a, b] = [optimizer.init(l), optimizer.init(l)];
    const alone = run(make, gradients(1));
    const delta = new Float32Array(N);
    gradients(1).forEach((g, t) => {
      optimizer.update(b, gradients(2)[t]!, delta);
      optimizer.update(a, g, delta);
      expect(delta).toEqual(alone[t]);
    });
  });

  it("treats coordinates alike: reordering them reorders the updates", () => {
    const turn = (v: Float32Array): Float32Array => Float32Array.from(v, (_x, i) => v[(i * 4 + 3) % N]!);
    const plain = run(make, gradients(1));
    expect(run(make, gradients(1).map(turn))).toEqual(plain.map(turn));
  });
});

it("an unknown optimizer's error names those that exist", () => {
  expect(() => methodByName("adm")).toThrow(
    /optimizer: expected one of sgd, .*adam, .*adam-linear, nag-linear, got "adm". Did you mean adam\?$/,
  );
  expect(() => methodByName("sophia")).toThrow(/got "sophia"$/);
});
