import { check } from "../core/check.ts";
import { type Layout, layout, type Vec } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import { type LstmShape, stateSize } from "../kernels/lstm-shape.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { bindNetwork, type NetworkShape, placedParts } from "../learned/network.ts";
import { groupOf } from "../learned/several.ts";
import { rowsOfState } from "../learned/state-rows.ts";

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

/** Writes the library's state into the module's: [coordinate][row], and one coordinate more in each of its parts. */
function takeState(shape: NetworkShape, l: Layout, ours: Vec, theirs: Float32Array): void {
  const place = { layout: l, functions: 1, simd: "strict" } as const;
  const parts =
    "groups" in shape
      ? placedParts(shape, place).map((p) => ({ net: p.group.net, n: p.layout.size, state: p.stateOf(ours) }))
      : [{ net: shape, n: l.size, state: ours }];
  let at = 0;
  for (const { net, n, state } of parts) {
    const per = stateSize(net as LstmShape);
    const rows = rowsOfState(state, per, n);
    for (let i = 0; i < n; i++) for (let r = 0; r < per; r++) theirs[at + i * per + r] = rows[r * n + i]!;
    at += (n + 1) * per;
  }
}

/**
 * The largest difference between an exported module's steps and the library's own, over the largest step: 100 steps on random
 * gradients of sizes from e⁻¹² to 1.
 *
 * @param from whose state a step starts from: what the module's steps before left ("its own"), so that rounding may grow, or the
 *   library's, so that each step is compared alone.
 */
export function parity(
  file: OptimizerFile,
  init: (theta: readonly unknown[]) => ExportedOptimizer,
  from: "its own" | "the library's" = "its own",
): number {
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
    if (from === "the library's") takeState(file.shape, l, state.saveState(), theirs.state);
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
