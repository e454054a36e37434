import { check, checkVec } from "../core/check.ts";
import { type Vec, view } from "../core/layout.ts";
import { preprocess, preprocessDerivative } from "../kernels/lstm-reference.ts";
import { featureCount } from "../kernels/lstm-shape.ts";
import type { Arithmetic, Numbers } from "../tape/arithmetic.ts";
import { readDense, readHistory, type Written, writeDense } from "../tape/memory.ts";
import { affine, average, columns, concat, lstmCell } from "../tape/operations.ts";
import { createTape, gradientOf, type Tape, type Value, type Weights } from "../tape/tape.ts";
import { type CoupledShape, coupledLayout, coupledStateSize } from "./coupled-shape.ts";

/** The network's state between two steps. */
interface State {
  readonly h: Value[];
  readonly c: Value[];
  readonly r?: Value;
  readonly D?: Value;
  readonly history?: readonly Written[];
}

/** An unroll that is gone back through with all its coordinates, last step first. */
export interface Lockstep {
  /** From λ_{t+1} = ∂L/∂g_t to q = ∂L/∂d_t through the network. */
  stepBack(t: number, lambda: Vec, q: Vec): void;
  /** Adds ∂L/∂φ to `gradient`, once, after step 0. */
  finish(gradient: Float64Array): void;
}

/** A coupled network on the coordinates of `functions` functions side by side, with φ bound. */
export interface CoupledNetwork {
  load(phi: Vec): void;
  reset(): void;
  saveState(): Vec;
  restoreState(state: Vec): void;
  forward(grad: Vec, delta: Vec): void;
  /**
   * Adds ∂L/∂φ of one unroll to `gradient`: all coordinates in lockstep, from the state at the unroll's start.
   * λ_K = w_K d_K, λ_t = γ λ_{t+1} + w_t d_t, ∂L/∂g_t = λ_{t+1}, divided by the number of functions; γ is the discount.
   */
  replay(
    gradients: readonly Vec[],
    weights: ArrayLike<number>,
    state: Vec,
    gradient: Float64Array,
    discount?: number,
  ): void;
  /** The unroll, to go back through step by step: for second derivatives. */
  lockstep(gradients: readonly Vec[], state: Vec): Lockstep;
}

/**
 * LSTM+GAC and NTM-BFGS, written once on the tape: [gᵏ, hᵏ, rᵏ, aᵏ, bᵏ] = m(∇ᵏ, iᵏ, hᵏ; φ) for every coordinate k, some cells
 * averaged over the coordinates of a function; i = M r, M ← M + Σ a bᵀ.
 * Source: paper, appendix D.
 *
 * @throws ArgumentError for a shape out of range, or coordinates that the functions do not divide.
 */
export function coupledNetwork(
  shape: CoupledShape,
  n: number,
  functions: number,
  arithmetic: Arithmetic,
): CoupledNetwork {
  check(n % functions === 0, "coordinates", `a multiple of ${functions} functions`, n);
  const phi = coupledLayout(shape);
  const { layers, hidden: H, memory, averaging } = shape;
  const each = n / functions;
  const size = functions * coupledStateSize(shape, each);
  const plain = createTape(arithmetic, false);
  const convert = (from: ArrayLike<number>): Numbers => {
    const to = arithmetic.create(from.length);
    to.set(from as Float64Array & Float32Array);
    return to;
  };

  let weights: Weights[] = [];
  let state = unpack(new Float32Array(size));

  function load(vec: Vec): void {
    checkVec("phi", vec, phi.size);
    const layer = (w: string, b: string): Weights => {
      const [inputs, outputs] = phi.slots.find((s) => s.name === w)!.shape as [number, number];
      const [dw, db] = [new Float64Array(inputs * outputs), new Float64Array(outputs)];
      return { inputs, outputs, w: convert(view(phi, vec, w)), b: convert(view(phi, vec, b)), dw, db };
    };
    weights = Array.from({ length: layers }, (_, l) => layer(`lstm_${l + 1}/w_gates`, `lstm_${l + 1}/b_gates`));
    weights.push(layer("linear/w", "linear/b"));
  }

  /** One step: the network's only definition, for use and for back-propagation. */
  function step(tape: Tape, grad: Vec, s: State): { features: Value; update: Value; next: State } {
    const F = featureCount(shape);
    const features = tape.value(n, F);
    for (let k = 0; k < n; k++) features.data.set(preprocess(shape, grad[k]!), k * F);
    let x = features;
    if (memory) {
      const i = s.D
        ? readDense(tape, s.D, s.r!, memory.start)
        : readHistory(tape, s.history!, s.r!, functions, memory.start, memory.decay);
      x = concat(tape, [features, i]);
    }
    const h: Value[] = [];
    const c: Value[] = [];
    for (let l = 0; l < layers; l++) {
      const cell = lstmCell(tape, affine(tape, concat(tape, [x, s.h[l]!]), weights[l]!), s.c[l]!);
      const averaged = averaging.cells > 0 && (averaging.layers === "all" || averaging.layers.includes(l + 1));
      x = averaged ? average(tape, cell.h, averaging.cells, functions) : cell.h;
      h.push(averaging.recurrent ? x : cell.h);
      c.push(cell.c);
    }
    const y = affine(tape, x, weights[layers]!);
    if (!memory) return { features, update: y, next: { h, c } };
    const { reads, writes, window } = memory;
    const update = columns(tape, y, 0, 1);
    const r = columns(tape, y, 1, 1 + reads);
    const a = columns(tape, y, 1 + reads, 1 + reads + writes);
    const b = columns(tape, y, 1 + reads + writes, 1 + reads + 2 * writes);
    if (window > 0) return { features, update, next: { h, c, r, history: [...s.history!, { a, b }].slice(-window) } };
    return { features, update, next: { h, c, r, D: writeDense(tape, s.D!, a, b, memory) } };
  }

  function parts(s: State): Value[] {
    return [
      ...s.h,
      ...s.c,
      ...(s.r ? [s.r] : []),
      ...(s.D ? [s.D] : []),
      ...(s.history ?? []).flatMap(({ a, b }) => [a, b]),
    ];
  }

  function unpack(saved: Vec): State {
    let at = 0;
    const take = (rowWidth: number): Value => {
      const v = plain.value(n, rowWidth, convert(saved.subarray(at, at + n * rowWidth)));
      at += n * rowWidth;
      return v;
    };
    const h = Array.from({ length: layers }, () => take(H));
    const c = Array.from({ length: layers }, () => take(H));
    if (!memory) return { h, c };
    const { reads, writes, window } = memory;
    const r = take(reads);
    if (window === 0) return { h, c, r, D: take(each) };
    return { h, c, r, history: Array.from({ length: window }, () => ({ a: take(writes), b: take(writes) })) };
  }

  return {
    load,
    reset() {
      state = unpack(new Float32Array(size));
    },
    saveState() {
      const out = new Float32Array(size);
      let at = 0;
      for (const { data } of parts(state)) {
        out.set(data, at);
        at += data.length;
      }
      return out;
    },
    restoreState(saved) {
      checkVec("state", saved, size);
      state = unpack(saved);
    },
    forward(grad, delta) {
      const { update, next } = step(plain, grad, state);
      for (let k = 0; k < n; k++) delta[k] = shape.outputScale * update.data[k]!;
      state = next;
    },
    replay(gradients, w, saved, gradient, discount = 1) {
      const { tape, updates } = record(gradients, saved);
      const lambda = Float64Array.from(gradients.at(-1)!, (d) => (w[updates.length]! * d) / functions);
      for (let t = updates.length - 1; t >= 0; t--) {
        seed(tape, updates[t]!, lambda);
        for (let k = 0; k < n; k++) lambda[k] = discount * lambda[k]! + (w[t]! * gradients[t]![k]!) / functions;
      }
      tape.backward();
      collect(gradient);
    },
    lockstep(gradients, saved) {
      const { tape, updates, features, starts } = record(gradients, saved);
      const F = featureCount(shape);
      return {
        stepBack(t, lambda, q) {
          seed(tape, updates[t]!, lambda);
          tape.backward(starts[t]!);
          const df = features[t]!.grad!;
          const d = gradients[t]!;
          for (let k = 0; k < n; k++)
            q[k] = preprocessDerivative(shape, d[k]!).reduce((a, s, f) => a + s * df[k * F + f]!, 0);
        },
        finish: collect,
      };
    },
  };

  /** The unroll on a tape: every step's update, features and where its part of the tape begins. */
  function record(gradients: readonly Vec[], saved: Vec) {
    for (const p of weights) {
      p.dw.fill(0);
      p.db.fill(0);
    }
    const tape = createTape(arithmetic);
    let s = unpack(saved);
    const updates: Value[] = [];
    const features: Value[] = [];
    const starts: number[] = [];
    for (const d of gradients.slice(0, -1)) {
      starts.push(tape.length());
      const out = step(tape, d, s);
      updates.push(out.update);
      features.push(out.features);
      s = out.next;
    }
    return { tape, updates, features, starts };
  }

  /** ∂L/∂g = λ, through the output's scale. */
  function seed(tape: Tape, update: Value, lambda: Numbers): void {
    const g = gradientOf(tape, update);
    for (let k = 0; k < n; k++) g[k]! += shape.outputScale * lambda[k]!;
  }

  function collect(gradient: Float64Array): void {
    let at = 0;
    for (const { dw, db } of weights)
      for (const d of [dw, db]) for (let i = 0; i < d.length; i++) gradient[at++]! += d[i]!;
  }
}
