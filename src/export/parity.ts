import { check } from "../core/check.ts";
import { layout } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { bindNetwork, type NetworkShape } from "../learned/network.ts";
import { groupOf } from "../learned/several.ts";

/** What `init` of an exported module gives. */
export interface ExportedOptimizer {
  readonly state: Float32Array;
  update(grad: Float32Array, delta: Float32Array): void;
}

const STEPS = 100;

/** Names that a regular expression may mean: of each alternative, with one of what it repeats or leaves open. */
const guesses = (pattern: string): string[] =>
  [pattern, ...pattern.split("|")].map((p) =>
    p
      .replace(/\(\?[:=]?/g, "(")
      .replace(/(?<!\\)\./g, "x")
      .replace(/\\d/g, "1")
      .replace(/\\w/g, "w")
      .replace(/\[\^?(.)[^\]]*\]/g, "$1")
      .replace(/\\(.)/g, "$1")
      .replace(/\{[^}]*\}|[()^$*+?]/g, ""),
  );

/** Tensors of which each of several networks owns some. */
function tensorsFor(shape: NetworkShape): Record<string, number[]> {
  const few: Record<string, number[]> = { "conv1/w": [3, 3, 2, 2], "conv1/b": [3], "fc1/w": [6, 4], "fc1/b": [1] };
  if (!("kind" in shape) || shape.kind !== "several") return few;
  const takes = (g: number, name: string, rank: number): boolean => {
    try {
      return groupOf(shape, name, rank) === g;
    } catch {
      return false; // nobody does
    }
  };
  const chosen: Record<string, number[]> = {};
  shape.groups.forEach(({ name: group, tensors, rank }, g) => {
    const names = [...Object.keys(few), ...(tensors === undefined ? ["a"] : guesses(tensors))];
    for (const name of names) {
      const dims = few[name] ?? Array<number>(rank ?? 2).fill(3);
      if (takes(g, name, dims.length)) chosen[name] ??= dims;
    }
    const found = Object.entries(chosen).some(([name, dims]) => takes(g, name, dims.length));
    check(found, `group ${group}`, "tensors that can be guessed, to check its export on", tensors ?? `rank ${rank}`);
  });
  return chosen;
}

/**
 * The largest difference between an exported module's steps and the library's own, over the largest step: 100 steps on random
 * gradients of sizes from e⁻¹² to 1, each from the state that the steps before left.
 */
export function parity(file: OptimizerFile, init: (theta: readonly unknown[]) => ExportedOptimizer): number {
  const l = layout(tensorsFor(file.shape));
  const theirs = init(l.slots.map(({ name, shape }) => ({ name, shape })));
  const optimizer = bindNetwork(file.shape, file.phi);
  const state = optimizer.init(l);
  const rng = createRng("parity");
  const [ours, exported] = [new Float32Array(l.size), new Float32Array(l.size)];
  let largest = 0;
  let difference = 0;
  const sizes = Float64Array.from(ours, () => Math.exp(-12 * rng.uniform()));
  for (let t = 0; t < STEPS; t++) {
    const grad = Float32Array.from(sizes, (s) => s * rng.normal());
    optimizer.update(state, grad, ours);
    theirs.update(grad, exported);
    for (let i = 0; i < l.size; i++) {
      largest = Math.max(largest, Math.abs(ours[i]!));
      difference = Math.max(difference, Math.abs(ours[i]! - exported[i]!));
    }
  }
  state.close();
  return difference / largest;
}
