import { expect, test } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import {
  bootstrapMean,
  compare,
  comparisonFromJson,
  comparisonToJson,
  final,
  mean,
  meanOver,
  metric,
  paired,
  quantile,
  ratioOfMeans,
  runTrajectory,
  stepsToTarget,
  sum,
  summarize,
  toCsv,
  tuneLearningRate,
  tuningRuns,
  verdict,
} from "../../src/evaluation/index.ts";
import type { Method, Optimizer } from "../../src/optimizers/optimizer.ts";
import type { Problem, ProblemFamily } from "../../src/problems/problem.ts";
import { quadratics } from "../../src/problems/quadratic.ts";

const descent = (rate: number): Optimizer => ({
  name: "descent",
  init: () => undefined,
  update(_, grad, delta) {
    for (let i = 0; i < grad.length; i++) delta[i] = -rate * grad[i]!;
  },
});
const method: Method = { name: "descent", label: "Descent", learningRates: [1e-3, 1], create: descent };

/** f(x) = ½ a x², x₀ = 1: descent at rate r gives x_t = (1 − r a)^t, best r = 1/a. */
function parabola(a: number): ProblemFamily {
  const problem: Problem<undefined> = {
    layout: layout({ x: [1] }),
    init: (_, theta) => void theta.fill(1),
    batch: () => undefined,
    lossAndGrad(theta, _, grad) {
      grad[0] = a * theta[0]!;
      return 0.5 * a * theta[0]! ** 2;
    },
  };
  return { name: "parabola", sample: () => problem };
}

/** Records the minibatches that it hands out. */
function recorder(seen: number[]): Problem<number> {
  return {
    layout: layout({ x: [2] }),
    init(rng, theta) {
      for (let i = 0; i < theta.length; i++) theta[i] = rng.normal();
    },
    batch: (rng) => rng.uniform(),
    async lossAndGrad(theta, batch, grad) {
      seen.push(batch, ...(seen.length === 0 ? theta : []));
      grad.fill(batch);
      return theta[0]! + 10;
    },
  };
}

test("a run follows the closed form; losses[0] is f(θ₀) and losses[t] is at θ_t", async () => {
  const problem = parabola(1).sample(createRng(1));
  const [run] = await runTrajectory(problem, descent(0.5), { steps: 5, rng: createRng(1) });
  expect([...run!.losses]).toEqual([0, 1, 2, 3, 4, 5].map((t) => 0.5 * 0.25 ** t));
  expect(run).not.toHaveProperty("seconds");
});

test("θ₀ and the minibatches are the same for every optimizer of one seed", async () => {
  const a: number[] = [];
  const b: number[] = [];
  await runTrajectory(recorder(a), descent(0.1), { steps: 6, rng: createRng(4) });
  await runTrajectory(recorder(b), descent(0.001), { steps: 6, rng: createRng(4) });
  expect(b).toEqual(a);
  expect(new Set(a).size).toBe(9);
});

test("functions side by side give one row each, the same as each step's mean", async () => {
  const problem = quadratics({ functions: 3 }).sample(createRng(2));
  let time = 0;
  const now = () => {
    time += 500;
    return time;
  };
  const runs = await runTrajectory(problem, descent(0.01), { steps: 4, rng: createRng(3), now });
  expect(runs).toHaveLength(3);
  expect(runs[0]!.seconds).toBe(0.5);
  const grad = new Float32Array(30);
  const theta = new Float32Array(30);
  problem.init(createRng(3).split("theta"), theta);
  expect(runs.reduce((s, r) => s + r.losses[0]! / 3, 0)).toBeCloseTo(
    (await problem.lossAndGrad(theta, undefined, grad)) as number,
    10,
  );
});

test("a diverging run is recorded as Infinity from there on", async () => {
  const [run] = await runTrajectory(parabola(1).sample(createRng(1)), descent(1e30), { steps: 20, rng: createRng(1) });
  expect(run!.diverged).toBe(true);
  expect(run!.losses[20]).toBe(Infinity);
  expect(run!.losses.some(Number.isNaN)).toBe(false);
});

test("metrics by function and by name", () => {
  const losses = Float64Array.of(5, 3, 2, 1);
  expect(final(3).of(losses)).toBe(1);
  expect(sum(0, 2).of(losses)).toBe(10);
  expect(meanOver(2, 3).of(losses)).toBe(1.5);
  for (const m of [final(3), sum(0, 2), meanOver(2, 3)]) expect(metric(m.name).of(losses)).toBe(m.of(losses));
  expect(() => metric("final(1,2)")).toThrow("metric: expected final(K)");
  expect(() => final(4).of(losses)).toThrow("losses: expected at least 5 entries");
});

test.each([2.5, 40, 1e-3])("tuning finds the best rate 1/a of a parabola, a = %d", async (a) => {
  const runs = tuningRuns(parabola(a), 3, createRng("tune"), 1);
  const tuned = await tuneLearningRate(method, runs, { metric: final(3), extensions: 8, refinements: 2 });
  // The grid's step is √10 and is halved twice: within half of the finest step, in logarithm (and 1 − r a is symmetric in r, not in log r).
  expect(Math.abs(Math.log10(tuned.learningRate * a))).toBeLessThan(0.125 + 0.01);
  expect(tuned.score).toBe(Math.min(...tuned.tried.map((t) => t.score)));
  const rates = tuned.tried.map((t) => t.learningRate);
  expect(rates).toEqual([...new Set(rates)].sort((x, y) => x - y));
  expect(tuned.onEdge).toBe(false);
});

test("a search that knows what an earlier one tried runs only the rest, and ends as one from the start", async () => {
  const runs = tuningRuns(parabola(3), 3, createRng("tune"), 1);
  const coarse = await tuneLearningRate(method, runs, { metric: final(3), refinements: 2 });
  const ran: number[] = [];
  const onTried = ({ learningRate }: { learningRate: number }): void => void ran.push(learningRate);
  const whole = await tuneLearningRate(method, runs, { metric: final(3) });
  const fine = await tuneLearningRate(method, runs, { metric: final(3), known: coarse.tried, onTried });
  expect(fine).toEqual(whole);
  expect(fine.score).toBeLessThan(coarse.score);
  expect(ran).toHaveLength(whole.tried.length - coarse.tried.length);
});

test("tuning survives rates that diverge and says when the best is on the edge", async () => {
  const tuned = await tuneLearningRate(method, tuningRuns(parabola(1e-6), 2, createRng(1), 1), {
    metric: final(2),
    extensions: 0,
    refinements: 0,
  });
  expect(tuned).toMatchObject({ learningRate: 1, onEdge: true });
  const wild = await tuneLearningRate(
    { ...method, learningRates: [1e-2, 1e30] },
    tuningRuns(parabola(1), 9, createRng(1), 1),
    { metric: final(9) },
  );
  expect(wild.tried.at(-1)!.score).toBe(Infinity);
  expect(Number.isFinite(wild.score)).toBe(true);
});

test.each([2, 3, 5, 10, 50])("the interval of %i values covers the true mean about 95%% of the time", (n) => {
  const rng = createRng(`coverage ${n}`);
  let covered = 0;
  for (let k = 0; k < 400; k++) {
    const values = Array.from({ length: n }, () => 3 + 2 * rng.normal());
    const [low, high] = bootstrapMean(values, { rng: rng.split(k), resamples: 600 });
    if (low <= 3 && high >= 3) covered++;
  }
  // Percentiles alone cover 50% at 2, 84% at 5; the standard error of this estimate is 1.1%.
  expect(covered / 400).toBeGreaterThan(0.91);
  expect(covered / 400).toBeLessThan(0.985);
});

test("one value has no interval", () => {
  expect(bootstrapMean([1], { rng: createRng(1) })).toEqual([Number.NaN, Number.NaN]);
});

test("the width of the interval is that of the normal theory", () => {
  const rng = createRng(5);
  const values = Array.from({ length: 1000 }, () => rng.normal());
  const [low, high] = bootstrapMean(values, { rng: createRng(6), resamples: 4000 });
  const m = mean(values);
  const deviation = Math.sqrt(mean(values.map((x) => (x - m) ** 2)));
  const ratio = (high - low) / ((2 * 1.96 * deviation) / Math.sqrt(1000));
  expect(Math.abs(ratio - 1)).toBeLessThan(0.04);
});

test("quantiles are NumPy's; a pair cancels what both share", () => {
  expect([0, 0.1, 0.5, 0.9, 1].map((p) => quantile([4, 1, 3, 2], p))).toEqual([
    1,
    expect.closeTo(1.3),
    2.5,
    expect.closeTo(3.7),
    4,
  ]);
  const rng = createRng(1);
  const shared = Array.from({ length: 200 }, () => 100 * rng.normal());
  const result = paired(
    shared.map((x) => x - 0.1 + 0.01 * rng.normal()),
    shared,
    { rng, resamples: 1000 },
  );
  expect(result.ci95[1]).toBeLessThan(-0.09);
  expect(result.winRate).toBe(1);
  expect(paired([Infinity, 1], [Infinity, 2], { rng, resamples: 10 })).toMatchObject({
    difference: -0.5,
    winRate: 0.75,
  });
  expect(stepsToTarget([4, 2, 3], 2)).toBe(1);
  // Problems differ a hundredfold, but in pairs the ratio is steady.
  const sizes = Array.from({ length: 50 }, () => 100 ** rng.uniform());
  const over = ratioOfMeans(
    sizes.map((s) => s * (1.2 + 0.01 * rng.normal())),
    sizes,
    { rng, resamples: 500 },
  );
  expect(over.ratio).toBeCloseTo(1.2, 1);
  expect(over.ci95[1] - over.ci95[0]).toBeLessThan(0.02);
  expect(ratioOfMeans([1, Infinity], [1, 1], { rng, resamples: 10 }).ratio).toBeNaN();
  expect(stepsToTarget([4], 2)).toBe(Infinity);
});

const contestants = (ours: number, theirs: number) => [
  { name: "ours", label: "Ours", role: "learned" as const, optimizer: descent(ours) },
  { name: "theirs", label: "Theirs", optimizer: descent(theirs) },
  { name: "wild", label: "Wild", optimizer: descent(1e9) },
];

test.each([
  [0.02, 0.005, "wins"],
  [0.005, 0.02, "loses"],
  [0.02, 0.02, "not distinguishable"],
])("the verdict follows the interval: %d against %d %s", async (ours, theirs, outcome) => {
  const options = { family: quadratics({ functions: 10 }), rng: createRng(1), trajectories: 5, steps: 30 };
  const comparison = await compare({ ...options, contestants: contestants(ours, theirs) });
  const summary = summarize(comparison, { metric: final(30), rng: createRng(2), resamples: 1000 });
  expect(summary).toMatchObject({ reference: "ours", bestBaseline: "theirs" });
  expect(summary.rows[2]).toMatchObject({ mean: Infinity, diverged: 50 });
  expect(summary.rows.map((r) => r.n)).toEqual([50, 50, 50]);
  expect(verdict(summary).outcome).toBe(outcome);
  expect(verdict(summary).sentence).toContain(outcome);
});

test.each([
  [0, 1, "wins"],
  [1, 0, "loses"],
  [1, 2, "not distinguishable"],
  [1, 20, "wins"],
  [20, 1, "loses"],
])("%d diverged runs of ours against %d of theirs: %s", (ours, theirs, outcome) => {
  const trajectories = (count: number) =>
    Array.from({ length: 20 }, (_, k) => ({
      losses: Float64Array.of(1, k < count ? Infinity : 0.5 + 0.01 * k),
      diverged: k < count,
    }));
  const entry = (name: string, role: "learned" | "baseline", count: number) => ({
    name,
    label: name,
    role,
    timedSteps: 1,
    trajectories: trajectories(count),
  });
  const entries = [entry("ours", "learned", ours), entry("worst", "baseline", 20), entry("theirs", "baseline", theirs)];
  const summary = summarize(
    { family: "f", steps: 1, entries },
    { metric: final(1), rng: createRng(1), resamples: 200 },
  );
  expect(summary.bestBaseline).toBe(theirs === 20 ? "worst" : "theirs");
  expect(verdict(summary).outcome).toBe(outcome);
  expect(verdict(summary).sentence).toMatch(/runs? diverged/);
});

/** A comparison of two by their last losses. */
const lastLosses = (ours: number[], theirs: number[]) => {
  const entry = (name: string, role: "learned" | "baseline", losses: number[]) => ({
    name,
    label: name,
    role,
    timedSteps: 1,
    trajectories: losses.map((l) => ({ losses: Float64Array.of(1, l), diverged: false })),
  });
  const entries = [entry("ours", "learned", ours), entry("theirs", "baseline", theirs)];
  return summarize({ family: "f", steps: 1, entries }, { metric: final(1), rng: createRng(1), resamples: 500 });
};

test("a difference's interval is the same from either side, and no interval of losses goes below 0", () => {
  const [low, high] = [
    [0, 0, 0, 0.01],
    [0, 0.01, 0.02, 5],
  ];
  const interval = (a: number[], b: number[]) => lastLosses(a, b).rows[1]!.reference!.ci95;
  const [over, under] = [interval(high, low), interval(low, high)];
  expect(over[0]).toBeLessThan(0);
  expect(under.map((x) => -x).reverse()).toEqual(over);
  for (const row of lastLosses(low, high).rows) expect(row.ci95[0]).toBe(0);
});

test("of one run there is no interval, and the verdict says so", () => {
  const { outcome, sentence } = verdict(lastLosses([0.1], [0.2]));
  expect(outcome).toBe("not distinguishable");
  expect(sentence).toContain("paired difference −0.1, of which there is no interval; lower on the one run");
});

test("rows to CSV and to JSON and back", async () => {
  const comparison = await compare({
    family: parabola(1),
    contestants: contestants(0.5, 0.1),
    rng: createRng(1),
    trajectories: 2,
    steps: 8,
  });
  const lines = toCsv(comparison).trim().split("\n");
  expect(lines).toHaveLength(1 + 3 * 2 * 9);
  expect(lines[2]).toBe("ours,0,1,0.125");
  expect(lines.at(-1)).toBe("wild,1,8,Infinity");
  const back = comparisonFromJson(JSON.parse(JSON.stringify(comparisonToJson(comparison))));
  expect(toCsv(back)).toBe(toCsv(comparison));
  const counted = {
    ...comparison,
    entries: comparison.entries.map((e) => ({
      ...e,
      trajectories: e.trajectories.map((t) => ({ ...t, evaluations: 17 })),
    })),
  };
  const json = JSON.parse(JSON.stringify(comparisonToJson(counted)));
  expect(comparisonFromJson(json).entries[0]!.trajectories[1]!.evaluations).toBe(17);
  json.entries[1].losses[0].pop();
  expect(() => comparisonFromJson(json)).toThrow("theirs losses: expected 9 of each run");
});
