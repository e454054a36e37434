import { coordinateUpdates } from "../../../src/experiments/updates.ts";
import { bindNetwork, type NetworkShape } from "../../../src/learned/network.ts";
import type { Optimizer } from "../../../src/optimizers/optimizer.ts";
import { methodByName } from "../../../src/optimizers/registry.ts";
import type { Problem, ProblemFamily } from "../../../src/problems/problem.ts";
import type { LabProblem } from "./experiments.ts";
import { breathe } from "./port.ts";
import { type Baseline, lookStream } from "./race.ts";
import { pathsIn, type Slice, sliceLosses, slicePlane } from "./slice.ts";

/** An optimizer's way on one function: its path in the slice, and how large its updates are. */
export interface Way {
  readonly name: string;
  readonly label: string;
  readonly learned: boolean;
  /** x, y of each step. */
  readonly path: Float32Array;
  /** Share of the updates by size, in bins of the power of ten. */
  readonly sizes: Float32Array;
}

/** The update for each gradient (columns) at each step (rows), after the same history. */
export interface UpdateMap {
  readonly name: string;
  readonly label: string;
  readonly updates: readonly (readonly number[])[];
}

/** What the lab shows of an optimizer: one function closely. */
export interface Look {
  readonly slice: Slice;
  readonly ways: readonly Way[];
  /** Undefined for a network whose coordinates share information: it has no update of one gradient alone. */
  readonly maps?: { readonly gradients: readonly number[]; readonly of: readonly UpdateMap[]; readonly scale: number };
}

/** Bins of the histogram: powers of ten of an update's size. */
export const SIZES = { from: -6, to: 1, bins: 42 } as const;

function sizesOf(updates: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(SIZES.bins);
  let count = 0;
  for (const u of updates)
    for (const v of u) {
      if (v === 0 || !Number.isFinite(v)) continue;
      const at = Math.floor(((Math.log10(Math.abs(v)) - SIZES.from) / (SIZES.to - SIZES.from)) * SIZES.bins);
      out[Math.min(SIZES.bins - 1, Math.max(0, at))]! += 1;
      count++;
    }
  return out.map((v) => v / Math.max(1, count));
}

/** θ of every step, and the updates between them; ends where a run stops being finite. */
async function walk(problem: Problem, optimizer: Optimizer, steps: number) {
  const rng = lookStream();
  const theta = new Float32Array(problem.layout.size);
  problem.init(rng.split("theta"), theta);
  const batches = rng.split("batch");
  const grad = new Float32Array(theta.length);
  const state = optimizer.init(problem.layout, 1);
  const points = [theta.slice()];
  const updates: Float32Array[] = [];
  for (let t = 0; t < steps; t++) {
    const loss = await problem.lossAndGrad(theta, problem.batch(batches.split(t)), grad);
    if (!Number.isFinite(loss)) break;
    const delta = new Float32Array(theta.length);
    optimizer.update(state, grad, delta);
    for (let i = 0; i < theta.length; i++) theta[i]! += delta[i]!;
    points.push(theta.slice());
    updates.push(delta);
    await breathe();
  }
  return { points, updates };
}

/** What does not change while φ is trained: the function, its slice, the baselines' ways. */
export interface Scene {
  readonly family: ProblemFamily;
  readonly problem: Problem;
  readonly steps: number;
  readonly plane: ReturnType<typeof slicePlane>;
  readonly slice: Slice;
  readonly ways: readonly Way[];
  readonly beside: readonly Baseline[];
  readonly tensor: string;
}

/** Walks the baselines on one function and draws the plane in which they move most. */
export async function setScene(family: ProblemFamily, p: LabProblem, baselines: readonly Baseline[]): Promise<Scene> {
  const problem = family.sample(lookStream().split("problem"));
  const steps = p.experiment.options.steps;
  const beside = baselines.filter((b) => b.name === "adam" || b.name === "sgd");
  const walks = [];
  for (const b of beside)
    walks.push({ ...b, ...(await walk(problem, methodByName(b.name).create(b.learningRate, steps), steps)) });
  const plane = slicePlane(walks.map((w) => w.points));
  const slice = await sliceLosses(problem, plane, p.test.kind === "quadratic" ? 56 : 28, lookStream().split("slice"));
  const ways = walks.map(({ name, label, points, updates }) => ({
    name,
    label,
    learned: false,
    path: pathsIn(plane, points),
    sizes: sizesOf(updates),
  }));
  return { family, problem, steps, plane, slice, ways, beside, tensor: p.tensor };
}

/** The learned optimizer in the scene. */
export async function lookAt(scene: Scene, shape: NetworkShape, phi: Float32Array): Promise<Look> {
  const { points, updates } = await walk(scene.problem, bindNetwork(shape, phi), scene.steps);
  const own: Way = {
    name: "learned",
    label: "learned",
    learned: true,
    path: pathsIn(scene.plane, points),
    sizes: sizesOf(updates),
  };
  const look = { slice: scene.slice, ways: [own, ...scene.ways] };
  if ("kind" in shape) return look;
  const [seen] = await coordinateUpdates(scene.family, { shape, phi }, scene.beside, {
    steps: 32,
    seed: 0,
    tensors: [scene.tensor],
  });
  const names = [{ name: "lstm", label: "Learned" }, ...scene.beside];
  const of = names.map(({ name, label }) => ({ name, label, updates: seen!.responses[name]! }));
  // The baselines set the colours: they stay the same while φ is trained.
  const scale = Math.max(...of.slice(1).flatMap((m) => m.updates.flat().map(Math.abs)), 1e-12);
  return { ...look, maps: { gradients: seen!.asked, of, scale } };
}
