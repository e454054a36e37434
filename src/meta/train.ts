import { check, checkInteger, checkPositive, checkRange, checkVec } from "../core/check.ts";
import { didYouMean } from "../core/did-you-mean.ts";
import type { Vec } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import { checkNetwork, initNetwork, isCoupled, type NetworkShape, networkLayout } from "../learned/network.ts";
import { methodByName } from "../optimizers/registry.ts";
import { createMetaAdam, type MetaAdam, metaAdamStep } from "./adam.ts";
import type { Teacher } from "./imitate.ts";
import type { Sampling } from "./sample.ts";
import type { UnrollResult, UnrollTask } from "./unroll.ts";
import type { ValidationTask } from "./validate.ts";

/** Everything that decides a meta-training run. With the problem family it fixes the result to the byte. */
export interface MetaTrainOptions {
  readonly shape: NetworkShape;
  /**
   * Longest memory of a cell at the start, in steps: biases by `chronoBiases`, for trajectories far longer than an unroll. By
   * default all are 0, as in the paper, which forgets within four steps until training has learned otherwise.
   */
  readonly chrono?: number;
  /** Streams of meta-training and meta-validation follow from it. */
  readonly seed: number;
  /** Steps of a trajectory. */
  readonly steps: number;
  /** Steps of an unroll: one φ-update each. Divides `steps`. */
  readonly unroll: number;
  /** w_t of equation 3: 1 for all, 1 for the last step only, or steps + 1 values given. */
  readonly weights: "all" | "last" | readonly number[];
  /** Rounds; each runs one meta-batch of trajectories from start to end. */
  readonly iterations: number;
  /** Trajectories side by side. */
  readonly metaBatch: number;
  /** Adam's learning rate on φ at the start. */
  readonly learningRate: number;
  /** φ-updates over which the rate rises from zero: Adam's first steps are full-sized in every direction. */
  readonly warmup: number;
  /** "cosine" falls to zero at the last update. */
  readonly schedule: "constant" | "cosine";
  /** The meta-gradient's norm is cut to this; 0 leaves it. */
  readonly clip: number;
  /**
   * Share of the running mean of φ that a round keeps; what is validated and saved is that mean, which is far less noisy
   * than φ itself. 0 validates φ. The first rounds keep round/(round + 10) at most.
   */
  readonly average: number;
  /** Share of each tensor's coordinates to replay; 1 is all. */
  readonly fraction: number;
  /**
   * How the replayed share is drawn: a random part of each tensor (default), or by importance: coordinates that the meta-loss
   * depends on most are likelier, and count less in turn. For one coordinatewise LSTM, or several.
   */
  readonly sampling?: Sampling;
  /**
   * γ in (0, 1] of λ_t = γ λ_{t+1} + w_t ∇_t, where ∂L/∂g_t = λ_{t+1}. First-order meta-gradients (the dashed edges dropped) take
   * what a step changed to last for ever; in truth curvature takes it back. γ < 1 stands for that.
   * Default 1, the paper's.
   */
  readonly discount?: number;
  /** Meta-validation every so many rounds; also after the last. */
  readonly validateEvery: number;
  readonly validationTrajectories: number;
  /** Steps of a validation trajectory. */
  readonly validationSteps: number;
  /** What chooses the best φ: the loss after the last step (mean of the last 10) or the mean over all steps. */
  readonly select: "final" | "sum";
  /** Validate the starting φ too, which then stays where training from it makes nothing better. */
  readonly validateStart?: boolean;
  /**
   * Ends the run after so many validations in a row without a better score. Rates fall as `iterations` says all the same.
   * Default none: every round is run, and the best φ kept.
   */
  readonly patience?: number;
  readonly simd: Simd;
  /** Differentiate through ∇_t too, by Hessian-vector products: slow, for problems that have `hvp`; needs fraction 1. */
  readonly secondDerivatives: boolean;
  /**
   * Learn to make this optimizer's steps, as a start for meta-training: see `imitate`. `weights` count for nothing; losses are
   * those of imitation, and validation is as ever. For one coordinatewise LSTM, or several.
   */
  readonly teacher?: Teacher;
}

/** The paper's unrolls of 20 in 100 steps, all weights 1; Adam's rate warmed up and falling. An experiment changes what it needs. */
export const metaTrainDefaults: Omit<MetaTrainOptions, "shape"> = {
  seed: 0,
  steps: 100,
  unroll: 20,
  weights: "all",
  iterations: 1000,
  metaBatch: 2,
  learningRate: 0.01,
  warmup: 100,
  schedule: "cosine",
  clip: 1,
  average: 0.97,
  fraction: 1,
  validateEvery: 50,
  validationTrajectories: 10,
  validationSteps: 100,
  select: "final",
  simd: "strict",
  secondDerivatives: false,
};

/** Runs tasks, here or on other threads; results come in the order of the tasks. */
export interface Runner {
  /** Runs unrolls: losses, ∂L/∂φ, and what the next unroll goes on from. */
  unroll(tasks: readonly UnrollTask[]): Promise<UnrollResult[]>;
  /** Runs validation trajectories: f(θ₀) … of each. */
  validate(tasks: readonly ValidationTask[]): Promise<number[][]>;
  /** Ends its threads, where it has any. */
  close(): Promise<void>;
}

/** One line of progress. */
export interface Report {
  readonly iteration: number;
  readonly of: number;
  /** Mean loss over the round's steps. */
  readonly metaLoss: number;
  /** Mean loss at the round's last step. */
  readonly finalLoss: number;
  /** Norm of the last update's meta-gradient, before clipping. */
  readonly gradientNorm: number;
  /** Trajectories of this round that met a non-finite loss or gradient and were left out. */
  readonly nonFinite: number;
  readonly validation?: number;
  readonly best: number;
}

/** A whole run at a round's end, as plain data: `metaTrain` continues from it to the same bytes. */
export interface Checkpoint {
  iteration: number;
  phi: Vec;
  /** The running mean of φ. */
  meanPhi: Vec;
  adam: MetaAdam;
  bestPhi: Vec;
  bestScore: number;
  /** Validations since the one of `bestScore`; none in a checkpoint of an older version. */
  waited?: number;
  largestGradient: number;
  history: Report[];
}

const optional: readonly (keyof MetaTrainOptions)[] = [
  "chrono",
  "sampling",
  "discount",
  "validateStart",
  "patience",
  "teacher",
];
const names: readonly string[] = ["shape", ...Object.keys(metaTrainDefaults), ...optional];

/** The words that an option may be. */
const words = {
  schedule: ["constant", "cosine"],
  select: ["final", "sum"],
  sampling: ["stratified", "importance"],
  simd: ["strict", "relaxed"],
} as const;

/** What TypeScript would see, for those who do without. */
function checkNamesAndWords(o: MetaTrainOptions): void {
  for (const name of Object.keys(o))
    check(names.includes(name), "option", `one of ${names.join(", ")}`, name, didYouMean(name, names));
  for (const [name, allowed] of Object.entries(words) as [keyof typeof words, readonly string[]][]) {
    const word = o[name];
    const quoted = allowed.map((a) => `"${a}"`).join(" or ");
    check(word === undefined || allowed.includes(word), name, quoted, word, didYouMean(String(word), allowed));
  }
  const { weights } = o;
  const known = typeof weights !== "string" || weights === "all" || weights === "last";
  check(known, "weights", '"all", "last" or a number for each step', weights);
}

/** Throws ArgumentError for the first option that is unknown or out of range. */
export function checkOptions(o: MetaTrainOptions): void {
  checkNamesAndWords(o);
  checkNetwork(o.shape);
  if (isCoupled(o.shape))
    check(
      o.fraction === 1,
      "fraction",
      "1 with a coupled network",
      o.fraction,
      "A sample of its coordinates is biased",
    );
  for (const name of [
    "steps",
    "unroll",
    "iterations",
    "metaBatch",
    "validateEvery",
    "validationTrajectories",
    "validationSteps",
  ] as const)
    checkInteger(name, o[name]);
  checkInteger("warmup", o.warmup, 0);
  if (o.patience !== undefined) checkInteger("patience", o.patience);
  if (o.chrono !== undefined) checkInteger("chrono", o.chrono, 3);
  check(o.steps % o.unroll === 0, "unroll", `a divisor of steps = ${o.steps}`, o.unroll);
  checkPositive("learningRate", o.learningRate);
  checkRange("clip", o.clip, 0, Number.MAX_VALUE);
  checkRange("average", o.average, 0, 1);
  check(o.fraction > 0 && o.fraction <= 1, "fraction", "a number in (0, 1]", o.fraction);
  check(!o.secondDerivatives || o.fraction === 1, "fraction", "1 with secondDerivatives", o.fraction);
  if (o.discount !== undefined) {
    check(o.discount > 0 && o.discount <= 1, "discount", "a number in (0, 1]", o.discount);
    const fix = "They know how much of a step lasts";
    check(!o.secondDerivatives || o.discount === 1, "discount", "1 with secondDerivatives", o.discount, fix);
  }
  if (o.teacher) {
    check(
      o.sampling !== "importance",
      "sampling",
      '"stratified" with a teacher',
      o.sampling,
      "Imitation has no meta-loss to weigh coordinates by",
    );
    methodByName(o.teacher.name);
    checkPositive("teacher.learningRate", o.teacher.learningRate);
    const { steps = o.steps, fade = 1, fadeShare = 1 } = o.teacher;
    checkInteger("teacher.steps", steps);
    check(fade >= 1 && Number.isFinite(fade), "teacher.fade", "a finite number >= 1", fade);
    check(fadeShare > 0 && fadeShare <= 1, "teacher.fadeShare", "a number in (0, 1]", fadeShare);
    check(
      steps >= o.steps,
      "teacher.steps",
      `at least steps = ${o.steps}`,
      steps,
      "Where its rate is 0 nothing is learned",
    );
    check(!isCoupled(o.shape), "teacher", "coordinatewise LSTMs", "a coupled network");
    check(!o.secondDerivatives, "secondDerivatives", "false with a teacher", o.secondDerivatives);
  }
  if (typeof o.weights !== "string")
    check(
      o.weights.length === o.steps + 1 && o.weights.every((w) => w >= 0),
      "weights",
      `${o.steps + 1} numbers >= 0`,
      o.weights,
    );
}

/** w_t of an unroll's steps 0 … K, by the step of the trajectory. */
export function unrollWeights(o: Pick<MetaTrainOptions, "weights" | "steps" | "unroll">, first: number): Float64Array {
  const w = (t: number): number =>
    o.weights === "all" ? 1 : o.weights === "last" ? Number(t === o.steps) : o.weights[t]!;
  return Float64Array.from({ length: o.unroll + 1 }, (_, k) => w(first + k));
}

function norm(v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]! * v[i]!;
  return Math.sqrt(sum);
}

/** cos by its series around 0 and symmetry: the same bits on every engine. x in [0, π]. */
function cosine(x: number): number {
  if (x > Math.PI / 2) return -cosine(Math.PI - x);
  const u = x * x;
  return 1 - (u / 2) * (1 - (u / 12) * (1 - (u / 30) * (1 - (u / 56) * (1 - (u / 90) * (1 - u / 132)))));
}

/**
 * A run at round 0.
 *
 * @param start φ to start from, of an optimizer trained earlier; drawn as the paper does by default.
 * @throws ArgumentError where its length is not this network's.
 */
export function initialCheckpoint(o: MetaTrainOptions, start?: Vec): Checkpoint {
  if (start) checkVec("start", start, networkLayout(o.shape).size);
  const phi = start?.slice() ?? initNetwork(o.shape, createRng(o.seed).split("phi"), o.chrono);
  return {
    iteration: 0,
    phi,
    meanPhi: phi.slice(),
    adam: createMetaAdam(phi.length),
    bestPhi: phi.slice(),
    bestScore: Infinity,
    waited: 0,
    largestGradient: 0,
    history: [],
  };
}

/** Mean over trajectories of what selects φ; a trajectory that ended early counts as infinite. */
export function score(curves: readonly (readonly number[])[], steps: number, select: "final" | "sum"): number {
  const each = curves.map((c) => {
    if (c.length <= steps) return Infinity;
    const part = select === "final" ? c.slice(Math.max(1, steps - 9)) : c;
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
  const mean = each.reduce((a, b) => a + b, 0) / each.length;
  return Number.isFinite(mean) ? mean : Infinity;
}

/** Whether `patience` ended the run. */
export function outOfPatience(o: MetaTrainOptions, c: Checkpoint): boolean {
  return o.patience !== undefined && (c.waited ?? 0) >= o.patience;
}

/** Whether the run came to its end: after all its rounds, or where `patience` did not wait for them. */
export function isFinished(o: MetaTrainOptions, c: Checkpoint): boolean {
  return c.iteration >= o.iterations || outOfPatience(o, c);
}

/**
 * Meta-trains φ on L(φ) = Σ_t w_t f(θ_t) (equation 3) by truncated back-propagation: rollout, replay, Adam, for each
 * unroll; validation at fixed intervals chooses the φ that is kept, and ends the run where `patience` is set. Yields after every round; `checkpoint` is then whole.
 *
 * @param checkpoint `initialCheckpoint(options)`, or one saved from an earlier run; advanced in place.
 * @throws ArgumentError for options out of range.
 */
export async function* metaTrain(
  o: MetaTrainOptions,
  runner: Runner,
  checkpoint: Checkpoint,
): AsyncGenerator<Report, Checkpoint> {
  checkOptions(o);
  const c = checkpoint;
  const perRound = o.steps / o.unroll;
  const updates = o.iterations * perRound;
  if (o.validateStart && c.iteration === 0) await validate(o, runner, c);
  while (!isFinished(o, c)) {
    const round = c.iteration;
    const carries: (UnrollResult["carry"] | undefined)[] = Array.from({ length: o.metaBatch });
    const alive = carries.map(() => true);
    const losses: number[] = [];
    let lastNorm = 0;
    let finals: number[] = [];
    for (let u = 0; u < perRound; u++) {
      const who = alive.flatMap((ok, b) => (ok ? [b] : []));
      if (who.length === 0) break;
      const weights = unrollWeights(o, u * o.unroll);
      const results = await runner.unroll(
        who.map((b) => ({
          shape: o.shape,
          phi: c.phi,
          seed: `${o.seed}/train/${round}/${b}`,
          K: o.unroll,
          weights,
          fraction: o.fraction,
          ...(o.sampling ? { sampling: o.sampling } : {}),
          ...(o.discount === undefined ? {} : { discount: o.discount }),
          simd: o.simd,
          secondDerivatives: o.secondDerivatives,
          ...(o.teacher ? { teacher: { steps: o.steps, ...o.teacher } } : {}),
          ...(carries[b] ? { carry: carries[b] } : {}),
        })),
      );
      const gradient = new Float64Array(c.phi.length);
      let used = 0;
      finals = [];
      results.forEach((r, index) => {
        const b = who[index]!;
        const sound = r.nonFinite === undefined && r.gradient.every(Number.isFinite);
        if (!sound) {
          alive[b] = false;
          return;
        }
        used++;
        carries[b] = r.carry;
        c.largestGradient = Math.max(c.largestGradient, r.largestGradient);
        for (let i = 0; i < gradient.length; i++) gradient[i]! += r.gradient[i]!;
        losses.push(...r.losses.slice(1));
        finals.push(r.losses.at(-1)!);
      });
      if (used === 0) continue;
      for (let i = 0; i < gradient.length; i++) gradient[i]! /= used;
      lastNorm = norm(gradient);
      if (o.clip > 0 && lastNorm > o.clip) for (let i = 0; i < gradient.length; i++) gradient[i]! *= o.clip / lastNorm;
      const done = (round * perRound + u) / updates;
      const fall = o.schedule === "cosine" ? (1 + cosine(Math.PI * done)) / 2 : 1;
      const rise = Math.min(1, (round * perRound + u + 1) / Math.max(1, o.warmup));
      metaAdamStep(c.adam, c.phi, gradient, o.learningRate * fall * rise);
    }
    c.iteration = round + 1;
    const keep = Math.min(o.average, c.iteration / (c.iteration + 10));
    for (let i = 0; i < c.phi.length; i++) c.meanPhi[i] = keep * c.meanPhi[i]! + (1 - keep) * c.phi[i]!;
    const due = c.iteration % o.validateEvery === 0 || c.iteration === o.iterations;
    const before = c.bestScore;
    const validation = due ? await validate(o, runner, c) : undefined;
    if (due) c.waited = c.bestScore < before ? 0 : (c.waited ?? 0) + 1;
    const report: Report = {
      iteration: c.iteration,
      of: o.iterations,
      metaLoss: mean(losses),
      finalLoss: mean(finals),
      gradientNorm: lastNorm,
      nonFinite: alive.filter((ok) => !ok).length,
      best: c.bestScore,
      ...(validation === undefined ? {} : { validation }),
    };
    c.history.push(report);
    yield report;
  }
  return c;
}

/** The score of the running mean of φ, which becomes the best where it is. */
async function validate(o: MetaTrainOptions, runner: Runner, c: Checkpoint): Promise<number> {
  const tasks = Array.from({ length: o.validationTrajectories }, (_, i) => ({
    shape: o.shape,
    phi: c.meanPhi,
    seed: `${o.seed}/validate/${i}`,
    steps: o.validationSteps,
    simd: o.simd,
  }));
  const validation = score(await runner.validate(tasks), o.validationSteps, o.select);
  if (validation < c.bestScore) {
    c.bestScore = validation;
    c.bestPhi = c.meanPhi.slice();
  }
  return validation;
}

function mean(v: readonly number[]): number {
  return v.reduce((a, b) => a + b, 0) / v.length;
}
