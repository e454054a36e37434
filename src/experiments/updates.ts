import { check } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import { bindNetwork, type NetworkShape } from "../learned/network.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { methodByName } from "../optimizers/registry.ts";
import type { ProblemFamily } from "../problems/problem.ts";

/** A hand-designed method beside the learned one. */
export interface Beside {
  readonly name: string;
  readonly label: string;
  readonly learningRate: number;
}

/** What the optimizers do on one coordinate. */
export interface CoordinateUpdates {
  readonly tensor: string;
  readonly index: number;
  /** ∇_0 … of the coordinate along the learned optimizer's trajectory. */
  readonly gradients: readonly number[];
  /** Updates by optimizer, step by step, all on those gradients. */
  readonly updates: Readonly<Record<string, readonly number[]>>;
  /** Gradients asked about. */
  readonly asked: readonly number[];
  /** By optimizer: for steps 1 … 32 the update for each gradient asked about, had the gradients before been what they were. */
  readonly responses: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const RESPONSES = 32;
const ASKED = 61;

/**
 * Runs the learned optimizer once and looks at one coordinate of some tensors: its updates against those of hand-designed
 * methods along the same trajectory, and the update as a function of the current gradient with the history held.
 * The coordinate is the one of its tensor with the largest mean |∇|; for a tensor named again, the one at the 0.9 quantile of
 * that, then at the median.
 * Source: paper, appendix B (Figures 10 to 13).
 */
export async function coordinateUpdates(
  family: ProblemFamily,
  learned: { readonly shape: NetworkShape; readonly phi: Float32Array },
  beside: readonly Beside[],
  options: { readonly steps: number; readonly seed: number; readonly tensors: readonly string[] },
): Promise<CoordinateUpdates[]> {
  const rng = createRng(`updates/${options.seed}`);
  const problem = family.sample(rng.split("problem"));
  const n = problem.layout.size;
  const theta = new Float32Array(n);
  problem.init(rng.split("theta"), theta);
  const batches = rng.split("batch");
  const optimizer = bindNetwork(learned.shape, learned.phi);
  const state = optimizer.init(problem.layout, problem.functions);
  const delta = new Float32Array(n);
  const gradients: Float32Array[] = [];
  for (let t = 0; t < options.steps; t++) {
    const grad = new Float32Array(n);
    await problem.lossAndGrad(theta, problem.batch(batches.split(t)), grad);
    gradients.push(grad);
    optimizer.update(state, grad, delta);
    for (let i = 0; i < n; i++) theta[i]! += delta[i]!;
  }
  const contestants: { name: string; optimizer: Optimizer }[] = [
    { name: "lstm", optimizer },
    ...beside.map((b) => ({ name: b.name, optimizer: methodByName(b.name).create(b.learningRate, options.steps) })),
  ];
  return options.tensors.map((tensor, nth) => {
    const slot = problem.layout.slots.find((s) => s.name === tensor);
    check(slot !== undefined, "tensor", problem.layout.slots.map((s) => s.name).join(", "), tensor);
    const size = (i: number): number => gradients.reduce((a, g) => a + Math.abs(g[slot.offset + i]!), 0);
    const order = Array.from({ length: slot.size }, (_, i) => ({ i, size: size(i) })).sort(
      (a, b) => b.size - a.size || a.i - b.i,
    );
    const times = options.tensors.slice(0, nth).filter((t) => t === tensor).length;
    const rank = [0, 0.1, 0.5][times];
    check(rank !== undefined, "tensors", "each at most three times", options.tensors.join(", "));
    const index = order[Math.floor(rank * slot.size)]!.i;
    const own = gradients.map((g) => g[slot.offset + index]!);
    const reach = own.slice(0, RESPONSES).reduce((a, g) => Math.max(a, Math.abs(g)), 0);
    const asked = Array.from({ length: ASKED }, (_, k) => reach * (-1 + (2 * k) / (ASKED - 1)));
    const updates: Record<string, number[]> = {};
    const responses: Record<string, number[][]> = {};
    for (const c of contestants) {
      updates[c.name] = along(c.optimizer, own);
      responses[c.name] = Array.from({ length: Math.min(RESPONSES, own.length) }, (_, t) =>
        response(c.optimizer, own.slice(0, t), asked),
      );
    }
    return { tensor, index, gradients: own, updates, asked, responses };
  });
}

/** A coordinatewise optimizer alone on one coordinate's gradients. */
function along(optimizer: Optimizer, gradients: readonly number[]): number[] {
  const state = optimizer.init({ size: 1, slots: [] });
  const delta = new Float32Array(1);
  return gradients.map((g) => {
    optimizer.update(state, Float32Array.of(g), delta);
    return delta[0]!;
  });
}

/** Its next update for each gradient asked about, after the same history. */
function response(optimizer: Optimizer, history: readonly number[], asked: readonly number[]): number[] {
  const state = optimizer.init({ size: asked.length, slots: [] });
  const delta = new Float32Array(asked.length);
  for (const g of history) optimizer.update(state, new Float32Array(asked.length).fill(g), delta);
  optimizer.update(state, Float32Array.from(asked), delta);
  return [...delta];
}
