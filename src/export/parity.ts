import { check } from "../core/check.ts";
import { layout, type Vec } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import { referenceNetwork } from "../kernels/lstm-reference.ts";
import { type LstmShape, stateSize } from "../kernels/lstm-shape.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { bindNetwork, type NetworkShape, placedParts } from "../learned/network.ts";
import { groupOf, type SeveralShape } from "../learned/several.ts";
import { rowsOfState } from "../learned/state-rows.ts";

/** What `init` of an exported module gives. */
export interface ExportedOptimizer {
  readonly state: Float32Array;
  update(grad: Float32Array, delta: Float32Array): void;
}

type Init = (theta: readonly unknown[]) => ExportedOptimizer;

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

/** One network as the only one of several, so that both are gone through alike. */
const asSeveral = (shape: NetworkShape): SeveralShape =>
  "groups" in shape ? shape : { kind: "several", groups: [{ name: "all", net: shape }] };

/** Gradients of sizes from e⁻¹² to 1, the same whenever they are asked for. */
function* gradients(n: number): Generator<Vec> {
  const rng = createRng("parity");
  const sizes = Float64Array.from({ length: n }, () => Math.exp(-12 * rng.uniform()));
  for (let t = 0; t < STEPS; t++) yield Float32Array.from(sizes, (s) => s * rng.normal());
}

const largest = (a: ArrayLike<number>, b?: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - (b?.[i] ?? 0)));
  return most;
};

/**
 * The largest difference between an exported module's steps and the library's own, over the largest step: 100 steps on random
 * gradients of sizes from e⁻¹² to 1, each from the state that the steps before left, so that rounding may grow.
 */
export function parity(file: OptimizerFile, init: Init): number {
  const l = layout(tensorsFor(file.shape));
  const theirs = init(l.slots.map(({ name, shape }) => ({ name, shape })));
  const optimizer = bindNetwork(file.shape, file.phi);
  const state = optimizer.init(l);
  const [ours, exported] = [new Float32Array(l.size), new Float32Array(l.size)];
  let [difference, step] = [0, 0];
  for (const grad of gradients(l.size)) {
    optimizer.update(state, grad, ours);
    theirs.update(grad, exported);
    step = Math.max(step, largest(ours));
    difference = Math.max(difference, largest(ours, exported));
  }
  state.close();
  return difference / step;
}

/** Each step alone, from the same state: how far it is at most from another, over the largest step. */
export interface StepParity {
  /** The module's step from the library's. */
  readonly ofModule: number;
  /** The library's own, in single precision, from the float64 reference: what its rounding and its tanh are off by. */
  readonly ofLibrary: number;
}

/** As `parity`, each step from the state that the library's steps left: no rounding grows, and a wrong module shows at once. */
export function stepParity(file: OptimizerFile, init: Init): StepParity {
  const l = layout(tensorsFor(file.shape));
  const shape = asSeveral(file.shape);
  const theirs = init(l.slots.map(({ name, shape: dims }) => ({ name, shape: dims })));
  const optimizer = bindNetwork(shape, file.phi);
  const state = optimizer.init(l);
  const parts = placedParts(shape, { layout: l, functions: 1, simd: "strict" }).map((part) => {
    const net = part.group.net as LstmShape;
    return { part, per: stateSize(net), n: part.layout.size, reference: referenceNetwork(net, part.phiOf(file.phi)) };
  });
  const [ours, exported] = [new Float32Array(l.size), new Float32Array(l.size)];
  let [ofModule, ofLibrary, step] = [0, 0, 0];
  for (const grad of gradients(l.size)) {
    const before = state.saveState();
    const exact: Float64Array[] = [];
    let at = 0;
    for (const { part, per, n, reference } of parts) {
      const rows = rowsOfState(part.stateOf(before), per, n);
      const own = part.gather(grad);
      exact.push(
        Float64Array.from({ length: n }, (_, i) => {
          const s = Float64Array.from({ length: per }, (__, r) => rows[r * n + i]!);
          theirs.state.set(s, at + i * per);
          return reference.step(own[i]!, s).delta;
        }),
      );
      at += (n + 1) * per; // a module's part has one coordinate more
    }
    optimizer.update(state, grad, ours);
    theirs.update(grad, exported);
    step = Math.max(step, largest(ours));
    ofModule = Math.max(ofModule, largest(ours, exported));
    parts.forEach(({ part }, g) => {
      ofLibrary = Math.max(ofLibrary, largest(part.gather(ours), exact[g]!));
    });
  }
  state.close();
  return { ofModule: ofModule / step, ofLibrary: ofLibrary / step };
}
