import { type Layout, layout, type Vec } from "../core/layout.ts";
import { exp, log } from "../core/math.ts";
import { createRng } from "../core/rng.ts";
import { lendKernel } from "../kernels/kernel-pool.ts";
import type { LstmShape } from "../kernels/lstm-shape.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import { networkStateLength, openNetwork, type Place, type PlacedPart, placedParts } from "../learned/network.ts";
import type { SeveralShape } from "../learned/several.ts";
import { methodByName } from "../optimizers/registry.ts";
import type { Problem } from "../problems/problem.ts";
import type { Carry } from "./rollout.ts";
import { sampleCoordinates } from "./sample.ts";
import type { UnrollResult } from "./unroll.ts";

/** A hand-designed optimizer whose steps the network learns to make: "adam", 0.01. */
export interface Teacher {
  readonly name: string;
  readonly learningRate: number;
  /** Steps of the run that it is made for, where its rate falls; those of a trajectory by default. */
  readonly steps?: number;
  /**
   * F ≥ 1: step t of T sees its gradients times F^(−u·t/T), and the teacher too, each trajectory with its own u ~ U(0, 1). Where
   * the loss goes to zero gradients do the same, and a network that never saw small ones has no steps for them. Default 1.
   */
  readonly fade?: number;
  /** Share of the trajectories whose gradients fade, in (0, 1]; the others see theirs as they are. Default 1. */
  readonly fadeShare?: number;
}

/** One unroll along a teacher's trajectory, as plain data. */
export interface Imitation {
  /** One coordinatewise LSTM, or several. */
  readonly shape: LstmShape | SeveralShape;
  readonly phi: Vec;
  /** Names the trajectory; the coordinates that are looked at follow from it. */
  readonly seed: string;
  readonly teacher: Teacher & { readonly steps: number };
  /** θ, minibatches, and the student's state on the coordinates that are looked at; none at the trajectory's start. */
  readonly carry?: Carry;
  readonly K: number;
  /** Share of each tensor's coordinates to look at. */
  readonly fraction: number;
  readonly simd: Simd;
}

/** Blocks of coordinates that share one pass over the weights' gradient. */
const SLOTS = 16;

const squares = (v: Vec): number => v.reduce((a, x) => a + x * x, 0);

/** The tensors of the coordinates that are looked at, each with its name and number of dimensions: what groups go by. */
function sampledLayout({ layout: l, functions }: Place, coordinates: Int32Array): Layout {
  if (functions > 1) return layout({ sampled: [coordinates.length] });
  const count = (from: number, to: number): number => coordinates.filter((i) => i >= from && i < to).length;
  return layout(
    Object.fromEntries(
      l.slots.map(({ name, shape, offset, size }) => [
        name,
        shape.map((_, d) => (d > 0 ? 1 : count(offset, offset + size))),
      ]),
    ),
  );
}

type Student = Pick<PlacedPart, "place" | "gather" | "phiOf" | "stateOf"> & { readonly net: LstmShape };

/** Each network with its part of the coordinates, of φ and of the state. */
function networks(shape: Imitation["shape"], place: Place): Student[] {
  if (!("kind" in shape)) {
    const all = <V>(v: V): V => v;
    return [{ net: shape, place, gather: all, phiOf: all, stateOf: all }];
  }
  return placedParts(shape, place).map((p) => ({ ...p, net: p.group.net as LstmShape }));
}

/**
 * One unroll of imitation: θ moves by the teacher's steps a_t, the network sees the same gradients, and
 * L(φ) = Σ_t ‖g_t − a_t‖² / Σ_t ‖a_t‖² over a sample of the coordinates. A start for meta-training where the loss is far away:
 * the gradient of L says at every step how long the step should be.
 *
 * @param start θ₀ and the minibatch stream.
 * @returns as an unroll of meta-training; `losses` are ‖g_t − a_t‖² over the unroll's mean ‖a_t‖², so that their mean is L; the first one stands twice.
 */
export async function imitate(
  problem: Problem,
  place: Place,
  start: Pick<Carry, "theta" | "batches">,
  task: Imitation,
): Promise<UnrollResult> {
  const { shape, phi, K, carry, simd } = task;
  const { coordinates } = sampleCoordinates(
    place.layout,
    place.functions,
    task.fraction,
    createRng(task.seed).split("imitate"),
  );
  const m = coordinates.length;
  const sampled: Place = { layout: sampledLayout(place, coordinates), functions: 1, simd };
  const teacher = methodByName(task.teacher.name).create(task.teacher.learningRate, task.teacher.steps);
  const teacherState = carry ? structuredClone(carry.teacher) : teacher.init(place.layout, place.functions);
  const network = openNetwork(shape, sampled);
  network.load(phi);
  const state = carry?.state ?? new Float32Array(networkStateLength(shape, sampled));
  network.restoreState(state);
  const { fade = 1, fadeShare = 1, steps: T } = task.teacher;
  const own = createRng(task.seed).split("fade");
  const depth = own.uniform();
  const fading = own.uniform() < fadeShare ? (depth * log(fade)) / T : 0;
  const theta = (carry ?? start).theta.slice();
  const batches = createRng(task.seed).split("batches");
  batches.restore((carry ?? start).batches);

  const grad = new Float32Array(theta.length);
  const delta = new Float32Array(theta.length);
  const at = (v: Vec): Vec => Float32Array.from(coordinates, (i) => v[i]!);
  const steps: { readonly grad: Vec; readonly state: Vec; readonly error: Vec }[] = [];
  const errors: number[] = [];
  let teachers = 0;
  const losses = (): number[] => {
    const relative = errors.map((e) => (e * errors.length) / Math.max(teachers, Number.MIN_VALUE));
    return relative.length ? [relative[0]!, ...relative] : [];
  };
  let largestGradient = 0;
  const gradient = new Float64Array(phi.length);
  const now = (t: number): Carry => ({
    step: (carry?.step ?? 0) + t,
    theta,
    state: network.saveState(),
    batches: batches.state(),
    teacher: teacherState,
  });
  for (let t = 0; t < K; t++) {
    const loss = await problem.lossAndGrad(theta, problem.batch(batches), grad);
    if (fading > 0) {
      const share = exp(-fading * ((carry?.step ?? 0) + t));
      for (let i = 0; i < grad.length; i++) grad[i]! *= share;
    }
    teacher.update(teacherState as never, grad, delta);
    if (!Number.isFinite(loss + squares(delta))) {
      const end = now(t);
      network.close();
      return { gradient, losses: losses(), carry: end, nonFinite: end.step, largestGradient };
    }
    for (let i = 0; i < theta.length; i++) {
      theta[i]! += delta[i]!;
      largestGradient = Math.max(largestGradient, Math.abs(grad[i]!));
    }
    const [seen, wanted, before] = [at(grad), at(delta), network.saveState()];
    const error = new Float32Array(m);
    network.forward(seen, error);
    for (let i = 0; i < m; i++) error[i]! -= wanted[i]!;
    steps.push({ grad: seen, state: before, error });
    teachers += squares(wanted);
    errors.push(squares(error));
  }
  const end = now(K);
  network.close();

  for (const { net, place: own, gather, phiOf, stateOf } of networks(shape, sampled)) {
    const { size } = own.layout;
    const { kernel, giveBack } = lendKernel(net, size, SLOTS, simd, true);
    kernel.load(phiOf(phi));
    kernel.beginBack();
    const q = new Float32Array(size);
    for (let t = K - 1; t >= 0; t--) {
      const { error, grad: seen, state: before } = steps[t]!;
      const lambda = gather(error).map((e) => (2 * e) / teachers);
      kernel.stepBack({ grad: gather(seen), state: stateOf(before), lambda }, q, phiOf(gradient));
    }
    giveBack();
  }
  return { gradient, losses: losses(), carry: end, largestGradient };
}
