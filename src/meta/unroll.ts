import type { Vec } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import { type NetworkShape, networkLayout, networkStateLength, openNetwork, type Place } from "../learned/network.ts";
import type { Problem, ProblemFamily } from "../problems/problem.ts";
import { type Imitation, imitate } from "./imitate.ts";
import { replay, type TakeReplay } from "./replay.ts";
import { addReplayParts, type ReplayPart, splitReplay } from "./replay-parts.ts";
import { type Carry, rollout } from "./rollout.ts";
import type { Sampling } from "./sample.ts";
import { replaySecondDerivatives } from "./second-derivatives.ts";

/** One unroll of one trajectory: everything it needs, as plain data, so that any thread may do it. */
export interface UnrollTask {
  readonly shape: NetworkShape;
  readonly phi: Vec;
  /** Names the trajectory: its problem, θ₀, minibatches and samples follow from it. */
  readonly seed: string;
  /** undefined starts the trajectory. */
  readonly carry?: Carry;
  readonly K: number;
  /** w_t of this unroll's steps 0 … K. */
  readonly weights: Float64Array;
  readonly fraction: number;
  readonly sampling?: Sampling;
  readonly discount?: number;
  readonly simd: Simd;
  /** Keep the paper's dashed edges: see `replaySecondDerivatives`. */
  readonly secondDerivatives?: boolean;
  /** Learn its steps instead: see `imitate`. */
  readonly teacher?: Imitation["teacher"];
  /** Leave the replay to other threads, each LSTM's in so many parts. Default 1: it is done here. */
  readonly parts?: number;
}

/** What comes back from one unroll. */
export interface UnrollResult {
  readonly gradient: Float64Array;
  readonly losses: number[];
  readonly carry: Carry;
  readonly nonFinite?: number;
  /** Largest |∇| seen, for the optimizer file. */
  readonly largestGradient: number;
  /** What was left to do: what `runReplayPart` gives for each is missing in `gradient`. */
  readonly parts?: readonly ReplayPart[];
}

/** The problem of a trajectory, the same whenever it is asked for. */
export function problemOf(family: ProblemFamily, seed: string): Problem {
  return family.sample(createRng(seed).split("problem"));
}

/** Where a problem's optimizer works. */
export function placeOf(problem: Problem, simd: Simd): Place {
  return { layout: problem.layout, functions: problem.functions ?? 1, simd };
}

/** θ₀, a zero optimizer state and the minibatch stream of a new trajectory. */
export function startTrajectory(problem: Problem, shape: NetworkShape, seed: string): Carry {
  const rng = createRng(seed);
  const theta = new Float32Array(problem.layout.size);
  problem.init(rng.split("theta"), theta);
  const state = new Float32Array(networkStateLength(shape, placeOf(problem, "strict")));
  return { step: 0, theta, state, batches: rng.split("batches").state() };
}

/** Rolls out K steps, then replays them: the meta-gradient of one unroll. A pure function of the task. */
export async function runUnroll(family: ProblemFamily, task: UnrollTask): Promise<UnrollResult> {
  const { shape, phi, seed, K } = task;
  const problem = problemOf(family, seed);
  const carry = task.carry ?? startTrajectory(problem, shape, seed);
  const rng = createRng(seed);
  const place = placeOf(problem, task.simd);
  if (task.teacher) {
    const { teacher, ...rest } = task;
    const result = await imitate(problem, place, carry, { ...rest, teacher, shape: shape as Imitation["shape"] });
    problem.dispose?.();
    return result;
  }
  const network = openNetwork(shape, place);
  network.load(phi);
  const out = await rollout(problem, network, carry, K, rng, task.secondDerivatives);
  network.close();
  const gradient = new Float64Array(networkLayout(shape).size);
  const parts: ReplayPart[] = [];
  const take: TakeReplay | undefined =
    (task.parts ?? 1) > 1
      ? (whole, own) => void parts.push(...splitReplay(whole, own.byteOffset / own.BYTES_PER_ELEMENT, task.parts!))
      : undefined;
  let largestGradient = 0;
  for (const g of out.gradients)
    for (let i = 0; i < g.length; i++) largestGradient = Math.max(largestGradient, Math.abs(g[i]!));
  if (out.nonFinite === undefined && task.secondDerivatives)
    await replaySecondDerivatives(problem, shape, place, phi, out, task.weights, gradient);
  else if (out.nonFinite === undefined) {
    const stream = rng.split(`sample ${carry.step}`);
    const { weights, fraction, sampling, discount } = task;
    replay(shape, place, phi, out, weights, fraction, stream, gradient, sampling, discount, take);
  }
  problem.dispose?.();
  const { losses, nonFinite } = out;
  return {
    gradient,
    losses,
    carry: out.carry,
    largestGradient,
    ...(nonFinite === undefined ? {} : { nonFinite }),
    ...(parts.length > 0 ? { parts } : {}),
  };
}

/** An unroll's result with what its parts gave. */
export function gathered({ parts, ...result }: UnrollResult, chunks: readonly Float64Array[]): UnrollResult {
  addReplayParts(result.gradient, parts ?? [], chunks);
  return result;
}
