import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { averagingDefaults, type CoupledShape, memoryDefaults } from "../../src/learned/coupled-shape.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import type { Carry } from "../../src/meta/rollout.ts";
import { localRunner } from "../../src/meta/runner.ts";
import {
  type Checkpoint,
  initialCheckpoint,
  isFinished,
  metaTrain,
  metaTrainDefaults,
  outOfPatience,
  type Runner,
} from "../../src/meta/train.ts";
import { runUnroll } from "../../src/meta/unroll.ts";
import { runValidation } from "../../src/meta/validate.ts";
import { loadImages } from "../../src/node/images.ts";
import { poolRunner } from "../../src/node/pool.ts";
import { problemFamily } from "../../src/problems/family.ts";
import { mlp } from "../../src/problems/mlp.ts";
import type { ProblemFamily } from "../../src/problems/problem.ts";
import { quadraticDefaults, quadratics } from "../../src/problems/quadratic.ts";

const shape = { layers: 2, hidden: 20, preprocessing: { kind: "scale" as const }, inputScale: 1, outputScale: 1 };
const o = {
  ...metaTrainDefaults,
  shape,
  iterations: 4,
  metaBatch: 3,
  validateEvery: 2,
  validationTrajectories: 2,
  learningRate: 0.005,
};
const family = quadratics({ functions: 2 });

async function run(checkpoint: Checkpoint, runner = localRunner(family), rounds = Infinity): Promise<Checkpoint> {
  for await (const r of metaTrain(o, runner, checkpoint)) if (r.iteration >= rounds) break;
  await runner.close();
  return checkpoint;
}

it("gives the same bytes on one thread, on two worker threads, and when stopped and resumed", async () => {
  const whole = await run(initialCheckpoint(o));
  const resumed = await run(structuredClone(await run(initialCheckpoint(o), localRunner(family), 2)));
  expect(resumed).toEqual(whole);
  const spec = { kind: "quadratic" as const, ...quadraticDefaults, functions: 2 };
  const { href } = new URL("../../dist/node/worker.js", import.meta.url);
  expect(await run(initialCheckpoint(o), poolRunner({ train: spec, validation: spec }, 2, href))).toEqual(whole);
});

it.each([
  ["all coordinates", {}],
  ["a sample by importance", { fraction: 0.7, sampling: "importance" as const }],
])("one trajectory's replay on several threads gives the bytes of one: %s", async (_, more) => {
  const spec = { kind: "quadratic" as const, ...quadraticDefaults, dimension: 50, functions: 40 };
  const options = { ...o, ...more, steps: 10, unroll: 5, validationSteps: 5, iterations: 2, metaBatch: 1 };
  const { href } = new URL("../../dist/node/worker.js", import.meta.url);
  const trained = async (runner: Runner): Promise<Checkpoint> => {
    const c = initialCheckpoint(options);
    for await (const { metaLoss } of metaTrain(options, runner, c)) expect(metaLoss).toBeGreaterThan(0);
    await runner.close();
    return c;
  };
  const alone = await trained(localRunner(quadratics(spec)));
  for (const threads of [2, 3])
    expect(await trained(poolRunner({ train: spec, validation: spec }, threads, href))).toEqual(alone);
});

it("gives these bytes on every engine", async () => {
  const { phi } = await run(initialCheckpoint(o));
  expect(createHash("sha256").update(new Uint8Array(phi.buffer)).digest("hex").slice(0, 16)).toBe("e14ce0d994976ae2");
});

it("leaves out a trajectory whose loss is not finite, says so, and keeps φ finite", async () => {
  const sick: ProblemFamily = {
    name: "sick",
    sample(rng) {
      const problem = family.sample(rng);
      const ill = rng.uniform() < 0.5;
      return {
        ...problem,
        lossAndGrad(theta, batch, grad) {
          const loss = problem.lossAndGrad(theta, batch, grad) as number;
          if (ill) grad[0] = Number.NaN;
          return loss;
        },
      };
    },
  };
  const c = await run(initialCheckpoint(o), localRunner(sick, family));
  expect(c.history.reduce((a, r) => a + r.nonFinite, 0)).toBeGreaterThan(0);
  expect(c.phi.every(Number.isFinite)).toBe(true);
});

it("keeps the start where training from it makes nothing better, by validateStart", async () => {
  const start = (await run(initialCheckpoint(o))).bestPhi;
  const worse = { ...o, learningRate: 1, clip: 0, warmup: 0, iterations: 2 };
  for (const validateStart of [true, false]) {
    const c = initialCheckpoint(worse, start);
    for await (const _ of metaTrain({ ...worse, validateStart }, localRunner(family), c));
    expect(c.bestPhi.every((v, i) => v === start[i])).toBe(validateStart);
  }
});

it("ends after `patience` validations without a better score, resumed to the same bytes", async () => {
  // Rates so large that every update after the first makes things worse.
  const worse = { ...o, learningRate: 0.5, clip: 0, warmup: 0, average: 0, iterations: 30, validateEvery: 1 };
  const run = async (options: typeof worse & { patience?: number }, c: Checkpoint, rounds = Infinity) => {
    let done = 0;
    for await (const _ of metaTrain(options, localRunner(family), c)) if (++done >= rounds) break;
    return c;
  };
  const patient = { ...worse, patience: 3 };
  const whole = await run(patient, initialCheckpoint(patient));
  const scores = whole.history.map((r) => r.validation!);
  const best = scores.indexOf(Math.min(...scores));
  expect(whole.iteration).toBe(best + 1 + 3);
  expect(whole.iteration).toBeLessThan(30);
  expect([isFinished(patient, whole), outOfPatience(patient, whole), isFinished(worse, whole)]).toEqual([
    ...[true, true, false],
  ]);
  // Stopped after every round, and once more at its end.
  let parts = initialCheckpoint(patient);
  for (let k = 0; k <= whole.iteration; k++) parts = await run(patient, structuredClone(parts), 1);
  expect(parts).toEqual(whole);
  // Nothing else of the run is different.
  expect((await run(worse, initialCheckpoint(worse), whole.iteration)).phi).toEqual(whole.phi);
  for (const patience of [0, 1.5])
    await expect(run({ ...worse, patience }, initialCheckpoint(worse))).rejects.toThrow(
      `patience: expected a whole number >= 1, got ${patience}`,
    );
});

it("meta-trains NTM-L-BFGS on MNIST's classifier, its memory of the last steps and not of n²", async () => {
  const images = await loadImages(process.env.GRADGRAD_DATA ? "mnist-train" : "digits-train");
  const classifiers = mlp({ name: "classifier", images });
  const window = 3;
  const net: CoupledShape = {
    ...{ ...defaultLstm, hidden: 6 },
    kind: "coupled",
    averaging: { ...averagingDefaults, cells: 2 },
    memory: { ...memoryDefaults, window },
  };
  const options = {
    ...{ ...metaTrainDefaults, shape: net, steps: 4, unroll: 2, iterations: 1, metaBatch: 1, warmup: 0 },
    ...{ validationTrajectories: 1, validationSteps: 4 },
  };
  const local = localRunner(classifiers);
  const carries: Carry[] = [];
  const runner: Runner = {
    ...local,
    async unroll(tasks) {
      const results = await local.unroll(tasks);
      carries.push(...results.map((r) => r.carry));
      return results;
    },
  };
  const c = initialCheckpoint(options);
  const start = c.phi.slice();
  for await (const _ of metaTrain(options, runner, c));
  const n = 15_910;
  expect(carries.map(({ theta }) => theta.length)).toEqual([n, n]);
  // h and c of each layer; r of the read head; a and b of three write heads for every step of the window.
  for (const { state } of carries) {
    expect(state.length).toBe(n * (2 * 2 * 6 + 1 + window * 2 * 3));
    expect(state.every(Number.isFinite) && state.some((v) => v !== 0)).toBe(true);
  }
  const [report] = c.history;
  expect(report).toMatchObject({ nonFinite: 0 });
  expect([report!.metaLoss, report!.finalLoss, report!.validation].every(Number.isFinite)).toBe(true);
  expect(report!.gradientNorm).toBeGreaterThan(0);
  expect(c.phi).not.toEqual(start);
});

it("refuses options out of range by name", async () => {
  const bad = { ...o, unroll: 30 };
  await expect(metaTrain(bad, localRunner(family), initialCheckpoint(o)).next()).rejects.toThrow(
    "unroll: expected a divisor of steps = 100, got 30",
  );
  const both = { ...o, discount: 0.9, secondDerivatives: true };
  await expect(metaTrain(both, localRunner(family), initialCheckpoint(o)).next()).rejects.toThrow(
    "discount: expected 1 with secondDerivatives, got 0.9. They know how much of a step lasts",
  );
});

it("refuses names and words that it does not know, and says what was meant", async () => {
  const start = initialCheckpoint(o);
  for (const [change, words] of [
    [{ metabatch: 9 }, /option: expected one of .*, got "metabatch". Did you mean metaBatch\?/],
    [{ schedule: "cosin" }, /schedule: expected "constant" or "cosine", got "cosin". Did you mean cosine\?/],
    [{ sampling: "importence" }, /sampling: expected/],
    [{ select: "mean" }, /select: expected "final" or "sum"/],
    [{ weights: "lst" }, /weights: expected "all", "last" or a number for each step, got "lst"/],
  ] as const)
    await expect(metaTrain({ ...o, ...change } as typeof o, localRunner(family), start).next()).rejects.toThrow(words);
});

it("validation draws minibatches as a rollout does, where they split the stream too", async () => {
  const seen: number[] = [];
  const draws = problemFamily({
    parameters: { theta: [1] },
    draw: () => 0,
    batch: (rng) => rng.split(rng.bits()).normal(),
    lossAndGrad(theta, grad, _data, x) {
      seen.push(x as number);
      grad[0] = theta[0]!;
      return theta[0]! ** 2;
    },
  });
  const task = { shape: o.shape, phi: initialCheckpoint(o).phi, seed: "a", simd: "strict" } as const;
  await runUnroll(draws, { ...task, K: 3, weights: new Float64Array(4).fill(1), fraction: 1 });
  await runValidation(draws, { ...task, steps: 3 });
  expect(seen.slice(4)).toEqual(seen.slice(0, 4));
});

it("a discount of 1 is none, and another reaches every unroll", async () => {
  const phi = async (discount?: number) => {
    const options = { ...o, iterations: 1, ...(discount === undefined ? {} : { discount }) };
    const c = initialCheckpoint(options);
    for await (const _ of metaTrain(options, localRunner(family), c));
    return c.phi;
  };
  const [none, one, half] = [await phi(), await phi(1), await phi(0.5)];
  expect(one).toEqual(none);
  expect(half).not.toEqual(none);
});
