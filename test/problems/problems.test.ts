import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { makeDigits } from "../../src/data/digits.ts";
import { makePainting, makeScenes } from "../../src/data/scenes.ts";
import { makeShapes } from "../../src/data/shapes.ts";
import { checkGradient } from "../../src/problems/check-gradient.ts";
import { convnet } from "../../src/problems/convnet.ts";
import { differenceHvp } from "../../src/problems/difference-hvp.ts";
import { mlp } from "../../src/problems/mlp.ts";
import { neuralArt } from "../../src/problems/neural-art.ts";
import type { Problem, ProblemFamily } from "../../src/problems/problem.ts";
import { quadratics } from "../../src/problems/quadratic.ts";
import { randomFeatures } from "../../src/problems/random-features.ts";
import { mlpReference } from "./mlp-reference.ts";

const images = await makeDigits(200, 7);

describe("classifier", () => {
  it.each([
    ["sigmoid", [20]],
    ["relu", [12, 8]],
    ["tanh", [6]],
  ] as const)("%s %j: loss and gradient agree with those derived by hand", async (activation, hidden) => {
    const problem = mlp({ name: "t", images, hidden, activation, batchSize: 16, initScale: 0.3 }).sample(createRng(1));
    const theta = new Float32Array(problem.layout.size);
    problem.init(createRng(2), theta);
    const batch = problem.batch(createRng(3)) as Int32Array;
    const grad = new Float32Array(theta.length);
    const loss = await problem.lossAndGrad(theta, batch, grad);
    const reference = mlpReference(images, [784, ...hidden, 10], activation, theta, batch);
    expect(loss).toBeCloseTo(reference.loss, 5);
    const scale = reference.grad.reduce((a, g) => Math.max(a, Math.abs(g)), 0);
    grad.forEach((g, i) => {
      if (Math.abs(g - reference.grad[i]!) > 2e-5 * scale) expect(g, `gradient ${i}`).toBe(reference.grad[i]);
    });
    const checks = await checkGradient(problem, { rng: createRng(4), tolerance: activation === "relu" ? 0.05 : 0.01 });
    expect(checks.map((c) => c.tensor)).toEqual(problem.layout.slots.map((s) => s.name));
  });

  it("draws the weights between hidden layers wider where it is told to, and nothing else", () => {
    const draw = (hiddenInitScale?: number): Float32Array => {
      const wider = hiddenInitScale === undefined ? {} : { hiddenInitScale };
      const problem = mlp({ name: "t", images, hidden: [12, 8], ...wider }).sample(createRng(1));
      const theta = new Float32Array(problem.layout.size);
      problem.init(createRng(2), theta);
      return theta;
    };
    const [plain, wide] = [draw(), draw(0.2)];
    const { offset, size } = mlp({ name: "t", images, hidden: [12, 8] })
      .sample(createRng(1))
      .layout.slots.find((s) => s.shape[0] === 12 && s.shape[1] === 8)!;
    wide.forEach((w, i) => {
      expect(w).toBeCloseTo((i >= offset && i < offset + size ? 20 : 1) * plain[i]!, 6);
    });
  });

  it("keeps its gradient finite where sigmoid units are saturated", async () => {
    const problem = mlp({ name: "t", images, initScale: 50 }).sample(createRng(1));
    const theta = new Float32Array(problem.layout.size);
    problem.init(createRng(2), theta);
    const grad = new Float32Array(theta.length);
    expect(Number.isFinite(await problem.lossAndGrad(theta, problem.batch(createRng(3)), grad))).toBe(true);
    expect(grad.every(Number.isFinite)).toBe(true);
  });

  it("says what is wrong with its options", () => {
    expect(() => mlp({ name: "t", images, hidden: [0] })).toThrow("hidden: expected a whole number >= 1, got 0");
    expect(() => mlp({ name: "t", images, activation: "gelu" as "relu" })).toThrow(
      'activation: expected sigmoid, relu or tanh, got "gelu"',
    );
  });
});

describe("quadratics", () => {
  const run = (functions: number): { theta: Float32Array; grad: Float32Array; problem: Problem } => {
    const problem = quadratics({ functions, dimension: 4 }).sample(createRng(5));
    const theta = Float32Array.from({ length: problem.layout.size }, (_, i) => Math.sin(i));
    const grad = new Float32Array(theta.length);
    problem.lossAndGrad(theta, undefined, grad);
    return { theta, grad, problem };
  };

  it("gradient agrees with differences, alone and side by side", async () => {
    for (const functions of [1, 5]) {
      const { problem, theta } = run(functions);
      await checkGradient(problem, { rng: createRng(1), theta, tolerance: 1e-3 });
    }
  });

  it("each function side by side has the loss and gradient that it has alone", () => {
    const { problem, theta, grad } = run(5);
    for (let i = 0; i < 5; i++) {
      const one = problem.single!(i);
      const g = new Float32Array(4);
      expect(one.lossAndGrad(theta.slice(4 * i, 4 * i + 4), undefined, g)).toBe(problem.losses![i]);
      expect(g).toEqual(grad.slice(4 * i, 4 * i + 4));
    }
  });

  it("Hessian-vector product is the change of the gradient", () => {
    const { problem, theta, grad } = run(1);
    const v = Float32Array.of(1, -2, 0.5, 3);
    const [hv, moved] = [new Float32Array(4), new Float32Array(4)];
    problem.hvp!(theta, undefined, v, hv);
    problem.lossAndGrad(
      theta.map((t, i) => t + v[i]!),
      undefined,
      moved,
    );
    hv.forEach((h, i) => {
      expect(moved[i]! - grad[i]!).toBeCloseTo(h, 3);
    });
  });
});

it("the checker names the tensor whose gradient is wrong", async () => {
  const good = quadratics().sample(createRng(1));
  const bad: Problem = {
    ...good,
    lossAndGrad(theta, batch, grad) {
      const loss = good.lossAndGrad(theta, batch, grad);
      for (let i = 0; i < grad.length; i++) grad[i]! *= 1.1;
      return loss;
    },
  };
  await expect(checkGradient(bad, { rng: createRng(2) })).rejects.toThrow("gradient of theta: expected");
});

it("Hessian-vector products by differences are the exact ones, to single precision", async () => {
  const problem = quadratics({ data: "gaussian", dimension: 6 }).sample(createRng(1));
  const rng = createRng(2);
  const [theta, v] = [0, 1].map(() => Float32Array.from({ length: 6 }, () => rng.normal()));
  const [exact, measured] = [new Float32Array(6), new Float32Array(6)];
  problem.hvp!(theta!, undefined, v!, exact);
  await differenceHvp(problem)(theta!, undefined, v!, measured);
  const size = Math.max(...exact.map(Math.abs));
  measured.forEach((x, i) => {
    expect(Math.abs(x - exact[i]!)).toBeLessThan(2e-4 * size);
  });
  await differenceHvp(problem)(theta!, undefined, new Float32Array(6), measured);
  expect([...measured]).toEqual([0, 0, 0, 0, 0, 0]);
});

const curved: [string, ProblemFamily, number][] = [
  ["a classifier", mlp({ name: "t", images, batchSize: 32, initScale: 0.3 }), 1e-3],
  ["a convnet", convnet({ name: "t", images: makeShapes(64, 1), channels: [8], batchSize: 32 }), 0.02], // kinks: ReLU and max
  [
    "neural art",
    neuralArt({
      name: "t",
      features: randomFeatures(),
      contents: makeScenes(1, 1),
      style: makePainting(1),
      side: 32,
      contentLayers: ["random3"],
      styleLayers: ["random1", "random2"],
      beta: 1,
      gamma: 1,
    }),
    0.02,
  ],
];
it.each(curved)("%s's Hessian-vector product is symmetric: uᵀHv = vᵀHu", async (_, family, tolerance) => {
  const problem = family.sample(createRng(1));
  const n = problem.layout.size;
  const rng = createRng(3);
  const theta = new Float32Array(n);
  problem.init(rng, theta);
  const batch = problem.batch(rng);
  const [u, v] = [0, 1].map(() => Float32Array.from({ length: n }, () => rng.normal()));
  const [hu, hv] = [new Float32Array(n), new Float32Array(n)];
  await problem.hvp!(theta, batch, u!, hu);
  await problem.hvp!(theta, batch, v!, hv);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((s, x, i) => s + x * b[i]!, 0);
  const scale = Math.sqrt(dot(hu, hu) * dot(v!, v!));
  expect(Math.abs(dot(u!, hv) - dot(v!, hu)) / scale).toBeLessThan(tolerance);
});
