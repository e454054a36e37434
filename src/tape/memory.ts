import { gradientOf, type Tape, type Value } from "./tape.ts";

// NTM-BFGS's external memory M = m₀·I + D, one for each function, D a sum of outer products. Source: paper, appendix D.
// D is what is stored: a zero state is BFGS's M₀ = I for m₀ = 1.

/** i_t = M_t r_t with D as it is: D [functions·n, n], r [functions·n, heads]. */
export function readDense(tape: Tape, D: Value, r: Value, start: number): Value {
  const { columns: heads } = r;
  const n = D.columns;
  const y = tape.value(r.rows, heads);
  for (let row = 0; row < r.rows; row++) {
    const first = row - (row % n); // of this row's function
    for (let q = 0; q < heads; q++) {
      let sum = start * r.data[row * heads + q]!;
      for (let j = 0; j < n; j++) sum += D.data[row * n + j]! * r.data[(first + j) * heads + q]!;
      y.data[row * heads + q] = sum;
    }
  }
  tape.record(y, (dy) => {
    const dr = gradientOf(tape, r);
    const dD = gradientOf(tape, D);
    for (let row = 0; row < r.rows; row++) {
      const first = row - (row % n);
      for (let q = 0; q < heads; q++) {
        const g = dy[row * heads + q]!;
        dr[row * heads + q]! += start * g;
        for (let j = 0; j < n; j++) {
          dD[row * n + j]! += g * r.data[(first + j) * heads + q]!;
          dr[(first + j) * heads + q]! += D.data[row * n + j]! * g;
        }
      }
    }
  });
  return y;
}

/** Keeps a memory bounded; both are off in the paper. */
export interface Bounds {
  /** Share of D that is forgotten each step; 0 keeps all. */
  readonly decay: number;
  /** Largest Frobenius norm of D; 0 sets no limit. */
  readonly cap: number;
}

/**
 * D_{t+1} = (1 − decay)·D_t + Σ_heads a bᵀ, then scaled down to the norm `cap` where it is above: a, b [functions·n, heads].
 * dD_t = (1 − decay)·dD, da = dD·b, db = dDᵀ·a.
 */
export function writeDense(tape: Tape, D: Value, a: Value, b: Value, bounds: Bounds): Value {
  const n = D.columns;
  const heads = a.columns;
  const keep = 1 - bounds.decay;
  const y = tape.value(D.rows, n);
  const functions = D.rows / n;
  const norms = new Float64Array(functions);
  for (let f = 0; f < functions; f++) {
    let squares = 0;
    for (let i = f * n; i < (f + 1) * n; i++)
      for (let j = 0; j < n; j++) {
        let v = keep * D.data[i * n + j]!;
        for (let q = 0; q < heads; q++) v += a.data[i * heads + q]! * b.data[(f * n + j) * heads + q]!;
        y.data[i * n + j] = v;
        squares += v * v;
      }
    norms[f] = Math.sqrt(squares);
    if (bounds.cap > 0 && norms[f]! > bounds.cap)
      for (let i = f * n * n; i < (f + 1) * n * n; i++) y.data[i]! *= bounds.cap / norms[f]!;
  }
  tape.record(y, (dy) => {
    const dD = gradientOf(tape, D);
    const da = gradientOf(tape, a);
    const db = gradientOf(tape, b);
    for (let f = 0; f < functions; f++) {
      const from = f * n * n;
      if (bounds.cap > 0 && norms[f]! > bounds.cap) {
        // y = cap·v/‖v‖: its derivative keeps what is across v.
        let along = 0;
        for (let i = from; i < from + n * n; i++) along += dy[i]! * y.data[i]!;
        along /= bounds.cap * bounds.cap;
        for (let i = from; i < from + n * n; i++) dy[i] = (bounds.cap / norms[f]!) * (dy[i]! - along * y.data[i]!);
      }
      for (let i = f * n; i < (f + 1) * n; i++)
        for (let j = 0; j < n; j++) {
          const g = dy[i * n + j]!;
          dD[i * n + j]! += keep * g;
          for (let q = 0; q < heads; q++) {
            da[i * heads + q]! += g * b.data[(f * n + j) * heads + q]!;
            db[(f * n + j) * heads + q]! += g * a.data[i * heads + q]!;
          }
        }
    }
  });
  return y;
}

/** Vectors that were written at one step. */
export interface Written {
  readonly a: Value;
  readonly b: Value;
}

/**
 * The same read from a history, newest last: i = m₀·r + Σ_τ (1 − decay)^age a_τ(b_τᵀ r). O(n·window) instead of O(n²).
 * Source: paper, appendix D (NTM-L-BFGS).
 */
export function readHistory(
  tape: Tape,
  history: readonly Written[],
  r: Value,
  functions: number,
  start: number,
  decay: number,
): Value {
  const { columns: heads, rows } = r;
  const n = rows / functions;
  const y = tape.value(rows, heads);
  for (let i = 0; i < rows * heads; i++) y.data[i] = start * r.data[i]!;
  // dots[entry][f][write head][read head] = b_τᵀ r, and the factor of the entry's age
  const factors = new Float64Array(history.length);
  for (let at = history.length - 1, factor = 1; at >= 0; at--, factor *= 1 - decay) factors[at] = factor;
  const dots = history.map(({ a, b }, at) => {
    const writes = a.columns;
    const factor = factors[at]!;
    const dot = new Float64Array(functions * writes * heads);
    for (let row = 0; row < rows; row++) {
      const f = Math.floor(row / n);
      for (let w = 0; w < writes; w++)
        for (let q = 0; q < heads; q++)
          dot[(f * writes + w) * heads + q]! += b.data[row * writes + w]! * r.data[row * heads + q]!;
    }
    for (let row = 0; row < rows; row++) {
      const f = Math.floor(row / n);
      for (let w = 0; w < writes; w++)
        for (let q = 0; q < heads; q++)
          y.data[row * heads + q]! += factor * a.data[row * writes + w]! * dot[(f * writes + w) * heads + q]!;
    }
    return { dot, factor };
  });
  tape.record(y, (dy) => {
    const dr = gradientOf(tape, r);
    for (let i = 0; i < rows * heads; i++) dr[i]! += start * dy[i]!;
    history.forEach(({ a, b }, at) => {
      const { dot, factor } = dots[at]!;
      const writes = a.columns;
      const da = gradientOf(tape, a);
      const db = gradientOf(tape, b);
      const dDot = new Float64Array(dot.length);
      for (let row = 0; row < rows; row++) {
        const f = Math.floor(row / n);
        for (let w = 0; w < writes; w++)
          for (let q = 0; q < heads; q++) {
            const g = factor * dy[row * heads + q]!;
            da[row * writes + w]! += g * dot[(f * writes + w) * heads + q]!;
            dDot[(f * writes + w) * heads + q]! += g * a.data[row * writes + w]!;
          }
      }
      for (let row = 0; row < rows; row++) {
        const f = Math.floor(row / n);
        for (let w = 0; w < writes; w++)
          for (let q = 0; q < heads; q++) {
            const d = dDot[(f * writes + w) * heads + q]!;
            db[row * writes + w]! += d * r.data[row * heads + q]!;
            dr[row * heads + q]! += d * b.data[row * writes + w]!;
          }
      }
    });
  });
  return y;
}
