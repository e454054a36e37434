import { expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { createFamily, mnistMlp } from "../../src/experiments/families.ts";
import { averagingDefaults } from "../../src/learned/coupled-shape.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork } from "../../src/learned/network.ts";
import type { SeveralShape } from "../../src/learned/several.ts";
import type { Imitation } from "../../src/meta/imitate.ts";
import { initialCheckpoint, type MetaTrainOptions, metaTrain, metaTrainDefaults } from "../../src/meta/train.ts";
import { runUnroll, type UnrollResult, type UnrollTask } from "../../src/meta/unroll.ts";
import { runValidation } from "../../src/meta/validate.ts";
import { loadImages } from "../../src/node/images.ts";
import { quadraticDefaults, quadratics } from "../../src/problems/quadratic.ts";

const family = quadratics({ ...quadraticDefaults, functions: 4 });
const shape = { ...defaultLstm, hidden: 5, outputScale: 0.1 };
const phi = initNetwork(shape, createRng(3)).map((x) => 3 * x);
const task: UnrollTask & Pick<Imitation, "teacher"> = {
  shape,
  phi,
  seed: "t",
  K: 6,
  weights: new Float64Array(7).fill(1),
  fraction: 1,
  simd: "strict",
  teacher: { name: "adam-linear", learningRate: 0.1, steps: 20 },
};

it("imitation: the gradient of Σ‖g − a‖² / Σ‖a‖² agrees with differences, in a later unroll too", async () => {
  const first = await runUnroll(family, task);
  for (const carry of [undefined, first.carry]) {
    const own = carry ? { ...task, carry } : task;
    const { gradient, losses } = await runUnroll(family, own);
    expect(losses).toHaveLength(7);
    /** The teacher's path does not depend on φ: with one step an unroll, what is returned is L itself. */
    const at = async (p: Float32Array): Promise<number> => {
      let [sum, teachers] = [0, 0];
      let c = carry;
      for (let t = 0; t < 6; t++) {
        const before = c?.theta;
        const r = await runUnroll(family, { ...own, phi: p, K: 1, ...(c ? { carry: c } : {}) });
        const start = before ?? startOf;
        const a2 = r.carry.theta.reduce((s, x, i) => s + (x - start[i]!) ** 2, 0);
        sum += r.losses[0]! * a2;
        teachers += a2;
        c = r.carry;
      }
      return sum / teachers;
    };
    const startOf = await theta0();
    expect(losses.slice(1).reduce((a, b) => a + b) / 6).toBeCloseTo(await at(phi), 5);
    for (const i of [0, 40, 111, 200, phi.length - 1]) {
      const h = 0.01;
      const moved = (by: number): Float32Array => phi.map((x, k) => (k === i ? x + by : x));
      const difference = ((await at(moved(h))) - (await at(moved(-h)))) / (2 * h);
      expect(gradient[i]!).toBeCloseTo(difference, 3);
    }
  }
});

async function theta0(): Promise<Float32Array> {
  const { startTrajectory, problemOf } = await import("../../src/meta/unroll.ts");
  return startTrajectory(problemOf(family, "t"), shape, "t").theta;
}

it("a network that imitates gradient descent ends where it ends", async () => {
  const o: MetaTrainOptions = {
    ...metaTrainDefaults,
    shape: { ...defaultLstm, preprocessing: { kind: "scale" }, hidden: 8, inputScale: 0.3, outputScale: 0.1 },
    teacher: { name: "sgd", learningRate: 0.01 },
    steps: 20,
    unroll: 10,
    iterations: 150,
    learningRate: 0.02,
    warmup: 10,
    validateEvery: 150,
    validationTrajectories: 1,
    validationSteps: 20,
  };
  const c = initialCheckpoint(o);
  const runner = {
    unroll: (tasks: readonly UnrollTask[]) => Promise.all(tasks.map((t) => runUnroll(family, t))),
    validate: (tasks: Parameters<typeof runValidation>[1][]) => Promise.all(tasks.map((t) => runValidation(family, t))),
    close: async () => {},
  };
  const errors: number[] = [];
  for await (const r of metaTrain(o, runner as never, c)) errors.push(r.metaLoss);
  expect(errors[0]!).toBeGreaterThan(0.5);
  expect(errors.slice(-10).reduce((a, b) => a + b) / 10).toBeLessThan(0.02);
});

it("two networks of the same φ imitate as one does: their gradients add up to its own", async () => {
  const mlp = await createFamily({ ...mnistMlp("digits-train"), pool: 2 }, loadImages);
  const several: SeveralShape = {
    kind: "several",
    groups: [
      { name: "matrices", rank: 2, net: shape },
      { name: "biases", net: shape },
    ],
  };
  const both = Float32Array.from([...phi, ...phi]);
  let [one, two]: (UnrollResult | undefined)[] = [undefined, undefined];
  for (let unroll = 0; unroll < 2; unroll++) {
    const own = { ...task, fraction: 0.1 };
    one = await runUnroll(mlp, { ...own, ...(one ? { carry: one.carry } : {}) });
    two = await runUnroll(mlp, { ...own, shape: several, phi: both, ...(two ? { carry: two.carry } : {}) });
    for (const [t, loss] of one.losses.entries()) expect(two.losses[t]!).toBeCloseTo(loss, 5);
    const most = Math.max(...one.gradient.map(Math.abs));
    for (const [i, g] of one.gradient.entries())
      expect((two.gradient[i]! + two.gradient[phi.length + i]!) / most).toBeCloseTo(g / most, 4);
    expect(Math.max(...two.gradient.subarray(phi.length).map(Math.abs))).toBeGreaterThan(0);
  }
});

it("with fade, both see gradients that shrink by F^(−u·t/T), each trajectory by its own u", async () => {
  const plain = { ...task, teacher: { name: "sgd", learningRate: 1e-3, steps: 20 }, K: 1 };
  const step = async (fade: number, seed: string, carry?: UnrollResult["carry"]) => {
    const own = { ...plain, seed, teacher: { ...plain.teacher, fade }, ...(carry ? { carry } : {}) };
    const r = await runUnroll(family, own);
    return r.carry;
  };
  const shares: number[] = [];
  for (const seed of ["a", "b"]) {
    const zero = (await step(1, seed)).theta.map(() => 0);
    const ten = { ...(await step(1, seed)), step: 10, theta: zero };
    const [kept, faded] = [await step(1, seed, ten), await step(100, seed, ten)];
    const ratio = faded.theta.map((d, i) => d / kept.theta[i]!);
    for (const r of ratio) expect(r).toBeCloseTo(ratio[0]!, 5);
    shares.push(ratio[0]!);
    expect((await step(1, seed)).theta).toEqual((await step(100, seed)).theta); // nothing has faded at step 0
  }
  for (const share of shares) {
    expect(share).toBeLessThan(1);
    expect(share).toBeGreaterThan(0.1); // 100^(−u/2)
  }
  expect(shares[0]).not.toBeCloseTo(shares[1]!, 3);
});

it("with fade, the network sees the same shrunken gradients, and fadeShare says how many trajectories do", async () => {
  const own = { ...task, teacher: { name: "sgd", learningRate: 1e-3, steps: 20 }, K: 1 };
  const { carry } = await runUnroll(family, own);
  const later = { ...own, carry: { ...carry, step: 10 } };
  const fades = (more: object, seed = "t"): Promise<UnrollResult> =>
    runUnroll(family, { ...later, seed, teacher: { ...own.teacher, fade: 100, ...more } });
  const move = ({ carry: c }: UnrollResult): number[] => Array.from(c.theta, (x, i) => x - carry.theta[i]!);
  const [kept, faded] = [await runUnroll(family, later), await fades({})];
  const share = move(faded)[0]! / move(kept)[0]!;
  const scaled = await runUnroll(family, { ...later, shape: { ...shape, inputScale: share } });
  for (const [i, x] of faded.carry.state.entries()) expect(x).toBeCloseTo(scaled.carry.state[i]!, 4);
  expect(faded.carry.state).not.toEqual(kept.carry.state);

  const seeds = Array.from({ length: 40 }, (_, k) => `s${k}`);
  const unfaded = await Promise.all(
    seeds.map(async (seed) => {
      const [some, all] = [await fades({ fadeShare: 0.5 }, seed), await fades({}, seed)];
      const none = await runUnroll(family, { ...later, seed });
      const same = (r: UnrollResult): boolean => some.carry.theta.every((x, i) => x === r.carry.theta[i]);
      expect(same(none) || same(all)).toBe(true);
      return same(none);
    }),
  );
  expect(unfaded.filter(Boolean).length).toBeGreaterThan(10);
  expect(unfaded.filter(Boolean).length).toBeLessThan(30);
});

it("a teacher is for coordinatewise LSTMs, and must exist", async () => {
  const run = (more: Partial<MetaTrainOptions>): Promise<unknown> =>
    metaTrain(
      { ...metaTrainDefaults, shape, teacher: task.teacher, ...more } as MetaTrainOptions,
      {} as never,
      {} as never,
    ).next();
  await expect(run({ teacher: { name: "adamm", learningRate: 1 } })).rejects.toThrow("adamm");
  await expect(run({ fraction: 0.5, sampling: "importance" })).rejects.toThrow(
    'sampling: expected "stratified" with a',
  );
  await expect(run({ teacher: { name: "adam-linear", learningRate: 0.1, steps: 50 } })).rejects.toThrow(
    "teacher.steps: expected at least steps = 100, got 50",
  );
  await expect(run({ teacher: { ...task.teacher, steps: 100, fade: 0.5 } })).rejects.toThrow("teacher.fade");
  for (const fadeShare of [0, 1.5, Number.NaN])
    await expect(run({ teacher: { ...task.teacher, steps: 100, fadeShare } })).rejects.toThrow("teacher.fadeShare");
  await expect(run({ teacher: { name: "adam", learningRate: 0 } })).rejects.toThrow("teacher.learningRate");
  const coupled = { ...shape, kind: "coupled" as const, averaging: averagingDefaults };
  await expect(run({ shape: coupled, steps: 20 })).rejects.toThrow("teacher: expected coordinatewise LSTMs");
  await expect(run({ secondDerivatives: true, fraction: 1, steps: 20 })).rejects.toThrow(
    "secondDerivatives: expected false",
  );
});
