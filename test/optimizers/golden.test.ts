import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { runTrajectory } from "../../src/evaluation/run.ts";
import { lbfgs } from "../../src/optimizers/lbfgs.ts";
import { methods } from "../../src/optimizers/registry.ts";
import type { Problem } from "../../src/problems/problem.ts";
import { quadratics } from "../../src/problems/quadratic.ts";

// Written by golden/make.py with PyTorch in float64; ours keep θ in float32.
interface Golden {
  W: number[][];
  y: number[];
  start: number[];
  methods: Record<string, { learningRate: number; rows: Row[] }>;
  lbfgs: { quadratic: Row[]; rosenbrock: Row[] };
}
interface Row {
  loss: number;
  theta: number[];
  evaluations: number;
}
const golden = JSON.parse(readFileSync(new URL("golden/golden.json", import.meta.url), "utf8")) as Golden;
const theta = Float32Array.from(golden.start);

const problem = (f: (t: Float32Array, g: Float32Array) => number): Problem => ({
  layout: layout({ theta: [3] }),
  init: (_, out) => out.set(theta),
  batch: () => undefined,
  lossAndGrad: (t, _, g) => f(t, g),
});
const quadratic = problem((t, g) => {
  const r = golden.W.map((row, i) => row.reduce((a, w, j) => a + w * t[j]!, -golden.y[i]!));
  for (let j = 0; j < 3; j++) g[j] = 2 * golden.W.reduce((a, row, i) => a + row[j]! * r[i]!, 0);
  return r.reduce((a, v) => a + v * v, 0);
});
const rosenbrock = problem((t, g) => {
  const [a, b, c] = t as unknown as [number, number, number];
  g[0] = -2 * (1 - a) - 40 * a * (b - a * a);
  g[1] = 20 * (b - a * a) - 2 * (c - b);
  g[2] = 2 * (c - b);
  return (1 - a) ** 2 + 10 * (b - a * a) ** 2 + (c - b) ** 2;
});

describe("golden trajectories from PyTorch", () => {
  it.each(methods.map((m) => [m.name, m] as const))("%s", async (name, method) => {
    const { learningRate, rows } = golden.methods[name]!;
    const [run] = await runTrajectory(quadratic, method.create(learningRate), {
      steps: rows.length - 1,
      rng: createRng(0),
    });
    rows.forEach((row, t) => {
      expect(Math.abs(run!.losses[t]! - row.loss)).toBeLessThan(1e-4 * (1 + row.loss));
    });
  });

  it.each([
    ["quadratic", quadratic, 1e-4],
    ["rosenbrock", rosenbrock, 1e-2],
  ] as const)("L-BFGS with its line search on %s, evaluations counted", async (name, p, tolerance) => {
    const rows = golden.lbfgs[name];
    const [run] = await runTrajectory(p, lbfgs(), { steps: rows.length - 1, rng: createRng(0) });
    rows.forEach((row, t) => {
      expect(Math.abs(run!.losses[t]! - row.loss)).toBeLessThan(tolerance * (row.loss + 1e-2));
    });
    // PyTorch calls at the last point too; ours stops there.
    expect(run!.evaluations).toBe(rows.reduce((a, r) => a + r.evaluations, 0) - rows.at(-1)!.evaluations + 1);
  });
});

it("L-BFGS takes functions that stand side by side one by one, and ends each quadratic", async () => {
  const family = quadratics({ functions: 3, data: "gaussian", dimension: 5 });
  const runs = await runTrajectory(family.sample(createRng(1)), lbfgs(), { steps: 60, rng: createRng(2) });
  expect(runs).toHaveLength(3);
  for (const r of runs) expect(r.losses[60]!).toBeLessThan(1e-5 * r.losses[0]!);
});
