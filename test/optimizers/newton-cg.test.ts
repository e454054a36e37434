import { describe, expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { makeDigits } from "../../src/data/digits.ts";
import { runTrajectory } from "../../src/evaluation/index.ts";
import { watched } from "../../src/evaluation/watched.ts";
import { lbfgs } from "../../src/optimizers/lbfgs.ts";
import { newtonCg } from "../../src/optimizers/newton-cg.ts";
import type { LineSearchOptimizer } from "../../src/optimizers/optimizer.ts";
import { onScaledLoss } from "../../src/optimizers/scaled-loss.ts";
import { differenceHvp } from "../../src/problems/difference-hvp.ts";
import { problemFamily } from "../../src/problems/family.ts";
import { mlp } from "../../src/problems/mlp.ts";
import { quadratics } from "../../src/problems/quadratic.ts";

describe("Newton-CG", () => {
  const family = quadratics({ data: "gaussian", dimension: 8, initScale: 1 });

  it("ends a quadratic in a few steps, and counts its Hessian-vector products", async () => {
    const [run] = await runTrajectory(family.sample(createRng(1)), newtonCg(), { steps: 8, rng: createRng(2) });
    expect(run!.losses[8]).toBeLessThan(1e-6 * run!.losses[0]!);
    expect(run!.evaluations).toBeGreaterThan(9 + 8); // losses with gradients, and products besides
  });

  it("takes differences of gradients where the problem has no hvp: the same path at more evaluations", async () => {
    const whole = family.sample(createRng(1));
    const { hvp: _, single: __, ...without } = whole;
    const runs = await Promise.all(
      [whole, without].map(async (p) => (await runTrajectory(p, newtonCg(), { steps: 4, rng: createRng(2) }))[0]!),
    );
    for (let t = 0; t <= 4; t++) {
      const apart = Math.abs(runs[0]!.losses[t]! - runs[1]!.losses[t]!);
      expect(apart).toBeLessThan(0.02 * runs[0]!.losses[t]! + 1e-5 * runs[0]!.losses[0]!);
    }
    expect(runs[1]!.evaluations!).toBeGreaterThan(runs[0]!.evaluations!);
  });

  it("counts what a product costs: every gradient, where products are differences of two", async () => {
    const images = makeDigits(100, 7);
    const own = mlp({ name: "t", images, hidden: [4], batchSize: 32, initScale: 0.1 }).sample(createRng(1));
    let calls = 0;
    const counted = watched(own, () => calls++);
    const { hvp: _, ...rest } = counted;
    const problem = { ...rest, hvp: differenceHvp(rest) };
    const [run] = await runTrajectory(problem, newtonCg({ most: 4 }), { steps: 3, rng: createRng(3) });
    expect(own.hvpEvaluations).toBe(2);
    expect(run!.evaluations).toBe(calls);
    expect(calls).toBeGreaterThan(4 + 3 * 2);
  });

  it("takes a product's cost from any problem that states it, on a scaled loss too", async () => {
    const counts = async (hvpEvaluations?: number, c?: number) => {
      const problem = { ...family.sample(createRng(1)), ...(hvpEvaluations ? { hvpEvaluations } : {}) };
      const optimizer = c ? onScaledLoss(newtonCg(), c) : newtonCg();
      return (await runTrajectory(problem, optimizer, { steps: 1, rng: createRng(2) }))[0]!.evaluations!;
    };
    const [none, one, three] = [await counts(), await counts(1), await counts(3)];
    expect(one).toBe(none);
    expect((three - one) % 2).toBe(0);
    expect(three).toBeGreaterThan(one);
    expect(await counts(3, 4)).toBe(three);
    const of = (hvpEvaluations: number) =>
      problemFamily({ parameters: { w: [1] }, draw: () => 0, lossAndGrad: () => 0, hvp: () => {}, hvpEvaluations });
    expect(of(3).sample(createRng(1)).hvpEvaluations).toBe(3);
    expect(() => of(0)).toThrow("hvpEvaluations: expected a whole number >= 1, got 0");
  });

  it("goes down on a classifier, whose Hessian is not positive, and stops at a flat place", async () => {
    const images = makeDigits(200, 7);
    const problem = mlp({ name: "t", images, hidden: [6], batchSize: 64, initScale: 0.1 }).sample(createRng(1));
    const [run] = await runTrajectory(problem, newtonCg({ most: 10 }), { steps: 12, rng: createRng(3) });
    expect(run!.diverged).toBe(false);
    expect(run!.losses[12]).toBeLessThan(0.8 * run!.losses[0]!);
    const flat = {
      ...family.sample(createRng(1)),
      lossAndGrad: (_: unknown, __: unknown, g: Float32Array) => {
        g.fill(0);
        return 1;
      },
    };
    const [still] = await runTrajectory(flat, newtonCg(), { steps: 2, rng: createRng(3) });
    expect([...still!.losses]).toEqual([1, 1, 1]);
  });
});

it.each([
  ["L-BFGS", lbfgs],
  ["Newton-CG", newtonCg],
])("%s comes back from where the loss is not defined", async (_, optimizer) => {
  // x − 0.05 · log x, whose first steps go below 0.
  const problem = {
    layout: layout({ x: [1] }),
    init: (_: unknown, theta: Float32Array) => theta.fill(0.3),
    batch: () => undefined,
    lossAndGrad: ([x]: Float32Array, _: unknown, grad: Float32Array) => {
      grad[0] = 1 - 0.05 / x!;
      return x! - 0.05 * Math.log(x!);
    },
  } as unknown as Parameters<typeof runTrajectory>[0];
  const [run] = await runTrajectory(problem, optimizer(), { steps: 20, rng: createRng(1) });
  expect(run!.diverged).toBe(false);
  expect(run!.losses[20]).toBeCloseTo(0.05 - 0.05 * Math.log(0.05), 5);
});

it.each([
  ["L-BFGS", lbfgs],
  ["Newton-CG", newtonCg],
])("%s on a scaled loss takes the steps that it takes on the loss", async (_, make) => {
  const whole = quadratics({ dimension: 6 }).sample(createRng(1));
  const c = 2 ** -40;
  const small: typeof whole = {
    ...whole,
    async lossAndGrad(theta, batch, grad) {
      const loss = await whole.lossAndGrad(theta, batch, grad);
      for (let i = 0; i < grad.length; i++) grad[i]! *= c;
      return c * loss;
    },
    async hvp(theta, batch, v, out) {
      await whole.hvp!(theta, batch, v, out);
      for (let i = 0; i < out.length; i++) out[i]! *= c;
    },
  };
  const steps = 4;
  const optimizer = make() as LineSearchOptimizer;
  const [expected] = await runTrajectory(whole, optimizer, { steps, rng: createRng(2) });
  const [stuck] = await runTrajectory(small, optimizer, { steps, rng: createRng(2) });
  const [run] = await runTrajectory(small, onScaledLoss(optimizer, 1 / c), { steps, rng: createRng(2) });
  expect(expected!.losses[steps]).toBeLessThan(0.2 * expected!.losses[0]!);
  expect(stuck!.losses[steps]).toBe(stuck!.losses[0]);
  expect(run!.losses.map((l) => l / c)).toEqual(expected!.losses);
  expect(run!.evaluations).toBe(expected!.evaluations);
});
