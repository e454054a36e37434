import { check, checkInteger, checkPositive, checkRange } from "../core/check.ts";
import { type Layout, layout } from "../core/layout.ts";
import { checkShape, featureCount, type LstmShape } from "../kernels/lstm-shape.ts";

/** Global averaging cells. Source: paper, appendix D, which gives neither their number nor what feeds the recurrence. */
export interface Averaging {
  /** Cells of each layer whose outgoing activation is averaged over all coordinates of one function. */
  readonly cells: number;
  /** Layers that have them, counted from 1; or all. */
  readonly layers: "all" | readonly number[];
  /**
   * Whether the average also feeds the cell's own layer at the next step. Default true: an activation goes out to both places.
   * false averages only what goes up.
   */
  readonly recurrent: boolean;
}

/** The external memory of NTM-BFGS. Source: paper, appendix D, which gives none of these numbers. */
export interface MemoryShape {
  /** Read heads: i = M r, one more input each. BFGS needs 1. */
  readonly reads: number;
  /** Write heads: M ← M + Σ a bᵀ. BFGS needs 3. */
  readonly writes: number;
  /** 0 keeps M whole (n² numbers a function); else the last so many steps' (a, b): NTM-L-BFGS. */
  readonly window: number;
  /** M₀ = start · I. BFGS starts at 1. */
  readonly start: number;
  /** Initial weights of the heads, relative to the others: with large ones M explodes within a trajectory. */
  readonly headScale: number;
  /** Share of what was written that is forgotten each step; 0, the paper's, keeps all. */
  readonly decay: number;
  /** Largest norm of what was written; 0, the paper's, sets no limit. Needs the whole M. */
  readonly cap: number;
}

/** LSTM+GAC, and with `memory` NTM-BFGS: networks whose coordinates share information, so they step in lockstep. */
export interface CoupledShape extends LstmShape {
  readonly kind: "coupled";
  readonly averaging: Averaging;
  readonly memory?: MemoryShape;
}

/** Five averaging cells in every layer, as the one earlier implementation had. */
export const averagingDefaults: Averaging = { cells: 5, layers: "all", recurrent: true };

/** What can simulate BFGS: one read head, three write heads, M₀ = I. */
export const memoryDefaults: MemoryShape = {
  reads: 1,
  writes: 3,
  window: 0,
  start: 1,
  headScale: 0.1,
  decay: 0,
  cap: 0,
};

/** Columns of the output layer: the update, then r of each read head, then a and b of each write head. */
export function outputCount({ memory }: CoupledShape): number {
  return memory ? 1 + memory.reads + 2 * memory.writes : 1;
}

/** Features of a coordinate: the gradient's, then one number a read head. */
export function inputCount(shape: CoupledShape): number {
  return featureCount(shape) + (shape.memory?.reads ?? 0);
}

/** Throws ArgumentError unless every field is in its range. */
export function checkCoupled(shape: CoupledShape): void {
  checkShape(shape);
  checkInteger("layers", shape.layers, 1);
  const { averaging: a, memory: m } = shape;
  checkInteger("averaging.cells", a.cells, 0);
  check(a.cells <= shape.hidden, "averaging.cells", `at most hidden = ${shape.hidden}`, a.cells);
  if (a.layers !== "all")
    check(
      a.layers.every((l) => Number.isInteger(l) && l >= 1 && l <= shape.layers),
      "averaging.layers",
      `"all", or layers from 1 to ${shape.layers}`,
      a.layers.join(", "),
    );
  if (!m) return;
  checkInteger("memory.reads", m.reads);
  checkInteger("memory.writes", m.writes);
  checkInteger("memory.window", m.window, 0);
  // A file is read by these checks too: none of its numbers may ask for more memory than a network could use.
  check(m.reads <= 64 && m.writes <= 64, "memory heads", "at most 64 of a kind", `${m.reads} and ${m.writes}`);
  check(m.window <= 1024, "memory.window", "at most 1,024 steps", m.window);
  checkRange("memory.start", m.start, -1e6, 1e6);
  checkPositive("memory.headScale", m.headScale);
  checkRange("memory.decay", m.decay, 0, 1);
  checkRange("memory.cap", m.cap, 0, Number.MAX_VALUE);
  check(m.cap === 0 || m.window === 0, "memory.cap", "0 with a window", m.cap, "Use decay, or the whole memory");
}

/** φ of a coupled network: as the LSTM's, with an input for each read head and an output for each number that heads take. */
export function coupledLayout(shape: CoupledShape): Layout {
  checkCoupled(shape);
  const { hidden: H, layers } = shape;
  const shapes: Record<string, number[]> = {};
  for (let l = 0; l < layers; l++) {
    shapes[`lstm_${l + 1}/w_gates`] = [(l === 0 ? inputCount(shape) : H) + H, 4 * H];
    shapes[`lstm_${l + 1}/b_gates`] = [4 * H];
  }
  shapes["linear/w"] = [H, outputCount(shape)];
  shapes["linear/b"] = [outputCount(shape)];
  return layout(shapes);
}

/** Coordinates of a function up to which the memory may be whole: each step of an unroll keeps n² numbers, here 64 MiB. */
const MOST_WHOLE = 4096;

/** Floats of state of n coordinates of one function. Throws ArgumentError where the whole memory of so many is too large. */
export function coupledStateSize(shape: CoupledShape, n: number): number {
  const { layers, hidden, memory: m } = shape;
  check(
    !m || m.window > 0 || n <= MOST_WHOLE,
    "memory.window",
    `at least 1 with ${n} coordinates, more than ${MOST_WHOLE}`,
    m?.window,
    "The whole memory is n² numbers; a window of 8 keeps the last 8 steps",
  );
  const own = n * layers * 2 * hidden;
  return m ? own + n * m.reads + (m.window > 0 ? 2 * m.window * n * m.writes : n * n) : own;
}
