import { createRng } from "../core/rng.ts";
import { type Finding, finding } from "../evaluation/finding.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { type MetaTrainOptions, type Report, unrollWeights } from "../meta/train.ts";
import { runUnroll, type UnrollResult } from "../meta/unroll.ts";
import { runValidation } from "../meta/validate.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { historyFindings } from "./doctor-history.ts";
import { networkFindings } from "./doctor-network.ts";

/** A run to look at. */
export interface Patient {
  readonly file: OptimizerFile;
  readonly options: MetaTrainOptions;
  readonly family: ProblemFamily;
  /** Rounds of the training, where its record is there. */
  readonly history?: readonly Report[];
}

/** How long the doctor looks. */
export interface DoctorOptions {
  readonly seed: number;
  /** Trajectories that are looked at. Default 4. */
  readonly trajectories?: number;
  readonly onProgress?: (done: number, of: number, words: string) => void;
}

const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
const words = (x: number): string => (Number.isFinite(x) ? x.toPrecision(3) : "diverged");

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
const similarity = (a: Float64Array, b: Float64Array): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

/** The mean of the `window` losses that end with a step's, so that one minibatch does not decide. */
function at(losses: readonly number[], step: number, window: number): number {
  if (losses.length <= step) return Number.POSITIVE_INFINITY;
  return mean(losses.slice(Math.max(0, step + 1 - window), step + 1));
}

/**
 * Looks at a trained optimizer, and at the record of its training, for what goes wrong in meta-training: dead φ, saturated
 * inputs, meta-gradients that are noise, unrolls too short to see what matters, training and use that differ, a horizon beyond
 * which the loss rises. Each finding says what to do.
 */
export async function examine(patient: Patient, options: DoctorOptions): Promise<Finding[]> {
  const { file, family, history } = patient;
  const { shape, phi } = file;
  const o = patient.options;
  const { seed, trajectories = 4, onProgress } = options;
  const seeds = Array.from({ length: trajectories }, (_, k) => `doctor/${seed}/${k}`);
  const findings: Finding[] = [];
  let looked = 0;
  const tell = (words: string): void => onProgress?.(looked++, 2 * trajectories + 2, words);

  const runs: number[][] = [];
  for (const s of seeds) {
    tell("runs of twice the horizon");
    runs.push(await runValidation(family, { shape, phi, seed: s, steps: 2 * o.steps, simd: o.simd }));
  }
  findings.push(...curveFindings(runs, o.steps));

  tell("states and updates");
  findings.push(...(await networkFindings(family, shape, phi, seeds[0]!, o.steps)));

  // As the run took them: its weights, sample, discount and order.
  const { fraction, sampling = "stratified", discount = 1, secondDerivatives } = o;
  const task = { shape, phi, fraction, sampling, discount, simd: o.simd, secondDerivatives };
  const whole: UnrollResult[] = [];
  const cut: Float64Array[] = [];
  let sameAsChain: boolean | undefined;
  for (const s of seeds) {
    tell("meta-gradients");
    const inOne = unrollWeights({ ...o, unroll: o.steps }, 0);
    const all = await runUnroll(family, { ...task, seed: s, K: o.steps, weights: inOne });
    whole.push(all);
    const sum = new Float64Array(all.gradient.length);
    const chain: number[] = [];
    let carry: UnrollResult["carry"] | undefined;
    for (let t = 0; t < o.steps; t += o.unroll) {
      const u = await runUnroll(family, {
        ...task,
        seed: s,
        K: o.unroll,
        weights: unrollWeights(o, t),
        ...(carry ? { carry } : {}),
      });
      carry = u.carry;
      chain.push(...u.losses.slice(t === 0 ? 0 : 1));
      for (let i = 0; i < sum.length; i++) sum[i]! += u.gradient[i]!;
      if (u.nonFinite !== undefined) break;
    }
    cut.push(sum);
    // Every unroll closes on a minibatch of its own: only without minibatches are the losses the same.
    if (isDeterministic(family, s))
      sameAsChain = (sameAsChain ?? true) && chain.every((l, t) => Object.is(l, all.losses[t]));
  }
  findings.push(equality(runs, whole, sameAsChain, o));
  // An imitation follows another gradient than equation 3's.
  if (!o.teacher) findings.push(signal(cut, o), truncation(cut, whole, o));

  tell("the record");
  if (history) findings.push(...historyFindings(history, o));
  tell("done");
  return findings;
}

function isDeterministic(family: ProblemFamily, seed: string): boolean {
  const rng = createRng(seed);
  const problem = family.sample(rng.split("problem"));
  const none = problem.batch(rng) === undefined;
  problem.dispose?.();
  return none;
}

function curveFindings(runs: readonly (readonly number[])[], steps: number): Finding[] {
  const start = mean(runs.map((l) => l[0]!));
  const window = Math.max(1, Math.floor(steps / 10));
  const end = mean(runs.map((l) => at(l, steps, window)));
  const beyond = mean(runs.map((l) => at(l, 2 * steps, window)));
  // Means over as many steps, as the least of single minibatches is noise.
  const lowest = mean(runs.map((l) => Math.min(...Array.from({ length: steps }, (_, t) => at(l, t + 1, window)))));
  return [
    finding(
      "loss over the horizon",
      `${words(start)} → ${words(end)} in ${steps} steps`,
      !(end < 0.95 * start) && {
        verdict: "bad",
        advice:
          "it has learned nothing: see the findings below, and gradgrad check; then a lower learningRate, more rounds",
      },
    ),
    finding(
      "end of the horizon",
      `its lowest loss, a tenth of the steps together, is ${words(lowest)}, its last ${words(end)}`,
      end > 1.5 * lowest &&
        Number.isFinite(end) && { verdict: "note", advice: "it jumps about the minimum: train on, at a falling rate" },
    ),
    finding(
      "beyond the horizon",
      `after twice the steps ${words(beyond)}`,
      !(beyond < 1.1 * end) && {
        verdict: "note",
        advice: `use it for ${steps} steps at most, or go on training with larger steps: gradgrad train … --from FILE --set steps=${2 * steps}`,
      },
    ),
  ];
}

function equality(
  runs: readonly (readonly number[])[],
  whole: readonly UnrollResult[],
  sameAsChain: boolean | undefined,
  o: MetaTrainOptions,
): Finding {
  const same = runs.every((l, k) => whole[k]!.losses.every((x, t) => Object.is(x, l[t])));
  const ok = same && sameAsChain !== false;
  return finding(
    "training and use",
    ok
      ? `the same losses to the bit, frozen and in training${sameAsChain ? `, in unrolls of ${o.unroll} and of ${o.steps}` : ""}`
      : "training sees other losses than use",
    !ok && { verdict: "bad", advice: "the problem keeps something between calls: gradgrad check PROBLEM says what" },
  );
}

/** ‖E g‖² against the variance of one trajectory's meta-gradient, both without bias. */
function signal(gradients: readonly Float64Array[], o: MetaTrainOptions): Finding {
  const R = gradients.length;
  const sum = gradients[0]!.map((_, i) => mean(gradients.map((g) => g[i]!)));
  const variance = mean(gradients.map((g) => dot(g, g))) - dot(sum, sum);
  const noise = (variance * R) / (R - 1);
  const ratio = Math.max(0, dot(sum, sum) - noise / R) / (noise / o.metaBatch);
  return finding(
    "meta-gradient",
    `of a meta-batch of ${o.metaBatch} its mean's square is ${words(ratio)} times its variance`,
    !(ratio > 0.01) && {
      verdict: "note",
      advice: `at the end of a training that is as it should be; where the loss still falls, raise metaBatch${o.fraction < 1 ? " or fraction" : ""}, or lower learningRate`,
    },
  );
}

function truncation(cut: readonly Float64Array[], whole: readonly UnrollResult[], o: MetaTrainOptions): Finding {
  if (o.unroll === o.steps) return finding("truncation", "none: an unroll is a whole trajectory");
  const each = cut.map((g, k) => similarity(g, whole[k]!.gradient));
  const between = mean(each);
  return finding(
    "truncation",
    `unrolls of ${o.unroll} and whole trajectories of ${o.steps} give meta-gradients at a cosine of ${words(between)}`,
    !(between > 0.2) && {
      verdict: "note",
      advice: `short unrolls point elsewhere: try unroll=${Math.min(o.steps, largerDivisor(o.steps, o.unroll))}, from this optimizer, at a lower learningRate`,
    },
  );
}

/** The first divisor of the steps that is at least twice the unroll. */
function largerDivisor(steps: number, unroll: number): number {
  for (let d = 2 * unroll; d < steps; d++) if (steps % d === 0) return d;
  return steps;
}
