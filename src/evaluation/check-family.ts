import { log } from "../core/math.ts";
import type { Rng } from "../core/rng.ts";
import { adamMethod } from "../optimizers/adam.ts";
import type { Problem, ProblemFamily } from "../problems/problem.ts";
import { type Finding, finding } from "./finding.ts";
import { meanOver } from "./metrics.ts";
import { tuneLearningRate, tuningRuns } from "./tune.ts";

/** How long `checkFamily` looks. */
export interface CheckFamilyOptions {
  readonly rng: Rng;
  /** Steps of the runs that are looked at. Default 100. */
  readonly steps?: number;
  /** Problems that are looked at. Default 4. */
  readonly problems?: number;
  /** The clock, in milliseconds, for the time a step takes; without it that is left out. */
  readonly now?: () => number;
}

/** What was found, and options of a meta-training that fit. */
export interface FamilyReport {
  readonly findings: readonly Finding[];
  readonly suggestion: {
    readonly preprocessing: "log-sign" | "scale";
    /** Brings large gradients to about 1. */
    readonly inputScale: number;
    /** Three times the step of tuned Adam. */
    readonly outputScale: number;
  };
}

/** What fits before anything is known. */
const UNKNOWN: FamilyReport["suggestion"] = { preprocessing: "log-sign", inputScale: 1, outputScale: 0.1 };

const words = (x: number): string => (x === 0 ? "0" : x.toPrecision(3));

/** The nearest of 1, 2 and 5 times a power of ten, in the logarithm. */
export function roundNumber(x: number): number {
  let best = 1;
  for (let e = -12; e <= 12; e++)
    for (const m of [1, 2, 5]) {
      const v = Number(`${m}e${e}`);
      if (Math.abs(log(v / x)) < Math.abs(log(best / x))) best = v;
    }
  return best;
}

/** The value below which a share of them lies; sorts in place. */
const quantile = (v: Float64Array, share: number): number =>
  v.sort()[Math.min(v.length - 1, Math.floor(share * v.length))]!;

/**
 * Looks at a problem family before it is trained on: are its problems pure functions of their seed, is the gradient that of the
 * loss, how large and how noisy are gradients, and which preprocessing and scales fit.
 *
 * @example
 * const { findings } = await checkFamily(family, { rng: createRng(0) });
 * for (const f of findings) console.log(f.verdict, f.about, f.words, f.advice ?? "");
 */
export async function checkFamily(family: ProblemFamily, options: CheckFamilyOptions): Promise<FamilyReport> {
  const { rng, steps = 100, problems = 4, now } = options;
  const findings: Finding[] = [];
  findings.push(...(await checkPurity(family, rng.split("purity"))));
  // What is not finite where a run starts has no gradient to compare, and no rate to tune.
  if (findings[0]!.verdict === "bad") return { findings, suggestion: UNKNOWN };
  findings.push(...(await gradients(family, rng.split("gradient"), problems)));
  const one = family.sample(rng.split("noise problem"));
  findings.push(await noise(one, rng.split("noise")));
  one.dispose?.();
  // A broken gradient tunes nothing.
  if (findings.some((f) => f.verdict === "bad")) return { findings, suggestion: UNKNOWN };

  const window = Math.max(1, Math.floor(steps / 10));
  const { learningRate, score } = await tuneLearningRate(
    adamMethod,
    tuningRuns(family, steps, rng.split("tune"), problems),
    { metric: meanOver(steps - window + 1, steps), refinements: 1 },
  );
  const seen = await alongAdam(family, rng.split("along"), steps, problems, learningRate, now);
  const inputScale = roundNumber(1 / seen.large);
  const decades = Math.log10(seen.large / seen.small);
  findings.push(
    finding(
      "scale of gradients",
      `along tuned Adam (rate ${words(learningRate)}, loss ${words(seen.before)} → ${words(score)}), nine in ten that are not zero lie between ${words(seen.small)} and ${words(seen.large)}, ${decades.toFixed(1)} decades`,
      !(seen.large > 1e-2 && seen.large < 100) && {
        verdict: "note",
        advice: `set shape.inputScale=${inputScale}, so that log|∇|/p is spread over its range`,
      },
    ),
    finding(
      "coordinates without a gradient",
      `${(100 * seen.zeros).toFixed(1)}% of all gradients are exactly zero`,
      seen.zeros > 0.99 && { verdict: "note", advice: "hardly any parameter matters to the loss" },
    ),
  );
  const outputScale = roundNumber(3 * learningRate);
  findings.push(
    finding(
      "size of steps",
      `tuned Adam moves a parameter by up to ${words(learningRate)} a step`,
      !(outputScale >= 0.02 && outputScale <= 0.5) && {
        verdict: "note",
        advice: `set shape.outputScale=${outputScale}: the network's output is of the order of 1`,
      },
    ),
  );
  if (seen.milliseconds !== undefined)
    findings.push(finding("time", `${words(seen.milliseconds)} ms for a loss and gradient`));
  const preprocessing = decades < 1 ? "scale" : "log-sign";
  findings.push(
    finding(
      "preprocessing",
      preprocessing === "scale"
        ? "gradients span less than a decade: a constant rescaling may do, and log-and-sign does no harm"
        : "gradients span more than a decade: log-and-sign (the default)",
    ),
  );
  return { findings, suggestion: { preprocessing, inputScale, outputScale } };
}

/** Meta-training asks for the same problem at every unroll, and for the same minibatch of all optimizers. */
async function checkPurity(family: ProblemFamily, rng: Rng): Promise<Finding[]> {
  const state = rng.state();
  const look = async (): Promise<{
    loss: number;
    again: number;
    grad: Float32Array;
    repeat: Float32Array;
    moved: boolean;
  }> => {
    rng.restore(state);
    const problem = family.sample(rng.split("problem"));
    const n = problem.layout.size;
    const theta = new Float32Array(n);
    problem.init(rng.split("theta"), theta);
    const before = theta.slice();
    const batch = problem.batch(rng.split("batch"));
    const grad = new Float32Array(n);
    const repeat = new Float32Array(n).fill(Number.NaN); // what is not written stays
    const loss = await problem.lossAndGrad(theta, batch, grad);
    const again = await problem.lossAndGrad(theta, batch, repeat);
    problem.dispose?.();
    return { loss, again, grad, repeat, moved: theta.some((x, i) => x !== before[i]) };
  };
  const [a, b] = [await look(), await look()];
  const same = (x: Float32Array, y: Float32Array): boolean => x.every((v, i) => Object.is(v, y[i]));
  const bad = (advice: string): { verdict: "bad"; advice: string } => ({ verdict: "bad", advice });
  const finite = Number.isFinite(a.loss) && a.grad.every(Number.isFinite);
  return [
    finding(
      "loss at θ₀",
      `${words(a.loss)}, of ${a.grad.length} parameters`,
      !finite && bad("loss and gradient must be finite where a run starts: look at init"),
    ),
    finding(
      "one problem a seed",
      Object.is(a.loss, b.loss) && same(a.grad, b.grad)
        ? "the same rng gives the same loss and gradient"
        : "the same rng gave two problems",
      !(Object.is(a.loss, b.loss) && same(a.grad, b.grad)) &&
        bad("draw everything from the rng that is given: no Math.random, no state kept between problems"),
    ),
    finding(
      "whole gradient written",
      same(a.grad, a.repeat) && Object.is(a.loss, a.again)
        ? "every element, the same twice"
        : "a second call left elements unwritten, or differs",
      !(same(a.grad, a.repeat) && Object.is(a.loss, a.again)) &&
        bad("write every element of grad (begin with grad.fill(0)), and keep nothing between calls"),
    ),
    finding(
      "θ left alone",
      a.moved ? "lossAndGrad changed θ" : "lossAndGrad only reads it",
      a.moved && bad("copy θ before changing it"),
    ),
  ];
}

/** Gradients along a line, from one end to the other. */
const POINTS = 24;

/**
 * Each tensor's gradient against the loss: f(θ + hv) − f(θ − hv) = ∫ ∇f·v, by the midpoint rule, along a random direction v of
 * length 1 for each problem. Other than differences at a point it holds across the kinks of ReLU and max, and far from rounding.
 */
async function gradients(family: ProblemFamily, rng: Rng, problems: number): Promise<Finding[]> {
  const rows = new Map<string, { off: number; size: number; rounding: number }>();
  for (let k = 0; k < problems; k++) {
    const stream = rng.split(k);
    const problem = family.sample(stream.split("problem"));
    for (const l of await alongLines(problem, stream, 0.1)) {
      const row = rows.get(l.tensor) ?? { off: 0, size: 0, rounding: 0 };
      row.off += (l.given - l.measured) ** 2;
      row.size += l.measured ** 2;
      row.rounding += l.rounding ** 2;
      rows.set(l.tensor, row);
    }
    problem.dispose?.();
  }
  return [...rows].map(([tensor, { off, size, rounding }]) => {
    const about = `gradient of ${tensor}`;
    if (off <= rounding) return finding(about, "agrees with the loss, as far as its rounding shows");
    const error = Math.sqrt(off / size);
    if (size === 0)
      return finding(about, "the loss does not depend on it, but its gradient is not zero", {
        verdict: "bad",
        advice: "lossAndGrad must write ∇f of the loss that it returns, on the same minibatch",
      });
    if (!Number.isFinite(error))
      return finding(about, `along ${problems} random lines from θ₀ the loss or it is not finite`, {
        verdict: "bad",
        advice: "a step of 1e-5 leaves where the loss is defined: start farther inside, or return a large loss outside",
      });
    return finding(
      about,
      `along ${problems} random lines it differs from the loss by ${error < 0.1 ? (100 * error).toPrecision(2) : Math.round(100 * error)}%`,
      error > 0.03 && {
        verdict: error > 0.1 ? "bad" : "note",
        advice: `lossAndGrad must write ∇f of the loss that it returns, on the same minibatch${error > 0.1 ? "" : "; a few percent may also be kinks of the loss (ReLU, max)"}`,
      },
    );
  });
}

interface Line {
  readonly tensor: string;
  /** By the gradient. */
  readonly given: number;
  /** By the loss. */
  readonly measured: number;
  /** What single precision may have lost of it. */
  readonly rounding: number;
}

async function alongLines(problem: Problem, rng: Rng, h: number): Promise<Line[]> {
  const n = problem.layout.size;
  const functions = problem.functions ?? 1;
  const [theta, at, grad] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  problem.init(rng.split("theta"), theta);
  const batch = problem.batch(rng.split("batch"));
  const lines: Line[] = [];
  for (const { name, offset, size } of problem.layout.slots) {
    const stream = rng.split(name);
    const v = Float64Array.from({ length: size }, () => stream.normal());
    const length = Math.sqrt(v.reduce((a, x) => a + x * x, 0));
    const f = async (t: number): Promise<number> => {
      at.set(theta);
      for (let i = 0; i < size; i++) at[offset + i] = theta[offset + i]! + (t * v[i]!) / length;
      return problem.lossAndGrad(at, batch, grad);
    };
    const [low, high] = [await f(-h), await f(h)];
    let given = 0;
    for (let k = 0; k < POINTS; k++) {
      await f(h * ((2 * k + 1) / POINTS - 1));
      // Functions side by side: the loss is their mean, the gradient each one's own.
      for (let i = 0; i < size; i++) given += (2 * h * v[i]! * grad[offset + i]!) / (length * functions * POINTS);
    }
    const rounding = 4e-7 * (Math.abs(low) + Math.abs(high));
    if (Number.isFinite(low + high + given) || h < 1e-4)
      lines.push({ tensor: name, given, measured: high - low, rounding });
    else return alongLines(problem, rng, h / 10); // the loss explodes on the way
  }
  return lines;
}

/** ‖E∇‖² against E‖∇ − E∇‖² over minibatches at θ₀. */
async function noise(problem: Problem, rng: Rng): Promise<Finding> {
  const n = problem.layout.size;
  const theta = new Float32Array(n);
  problem.init(rng.split("theta"), theta);
  const count = 16;
  const sum = new Float64Array(n);
  const grad = new Float32Array(n);
  let squares = 0;
  for (let k = 0; k < count; k++) {
    await problem.lossAndGrad(theta, problem.batch(rng), grad);
    for (let i = 0; i < n; i++) {
      sum[i]! += grad[i]! / count;
      squares += (grad[i]! * grad[i]!) / count;
    }
  }
  const ofMean = sum.reduce((a, x) => a + x * x, 0);
  const variance = Math.max(0, (squares - ofMean) * (count / (count - 1)));
  // The mean of so many gradients has a part of their variance in its own square.
  const ratio = Math.max(0, ofMean - variance / count) / variance;
  const about = "noise of minibatches";
  if (!(variance > 1e-9 * ofMean)) return finding(about, "none: the gradient at a point is always the same");
  return finding(
    about,
    `at θ₀ the mean gradient's square is ${words(ratio)} times its variance`,
    ratio < 0.1 && {
      verdict: "note",
      advice: "larger minibatches would make every optimizer faster, and meta-training steadier",
    },
  );
}

async function alongAdam(
  family: ProblemFamily,
  rng: Rng,
  steps: number,
  problems: number,
  learningRate: number,
  now?: () => number,
): Promise<{ small: number; large: number; zeros: number; before: number; milliseconds: number | undefined }> {
  const sizes: number[] = [];
  let [zeros, all, before, calls] = [0, 0, 0, 0];
  let spent = 0;
  for (let k = 0; k < problems; k++) {
    const stream = rng.split(k);
    const problem = family.sample(stream.split("problem"));
    const n = problem.layout.size;
    const [theta, grad, delta] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
    problem.init(stream.split("theta"), theta);
    const optimizer = adamMethod.create(learningRate);
    const state = optimizer.init(problem.layout);
    const batches = stream.split("batches");
    for (let t = 0; t < steps; t++) {
      const batch = problem.batch(batches);
      const from = now?.() ?? 0;
      const loss = await problem.lossAndGrad(theta, batch, grad);
      spent += (now?.() ?? 0) - from;
      calls++;
      if (t === 0) before += loss / problems;
      const stride = Math.max(1, Math.floor(n / 500)); // a sample is enough
      for (let i = t % stride; i < n; i += stride) {
        all++;
        if (grad[i] === 0) zeros++;
        else sizes.push(Math.abs(grad[i]!));
      }
      optimizer.update(state, grad, delta);
      for (let i = 0; i < n; i++) theta[i]! += delta[i]!;
    }
    problem.dispose?.();
  }
  const v = Float64Array.from(sizes.length > 0 ? sizes : [1]);
  return {
    small: quantile(v, 0.05),
    large: quantile(v, 0.95),
    zeros: zeros / all,
    before,
    milliseconds: now ? spent / calls : undefined,
  };
}
