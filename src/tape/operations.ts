import { gradientOf, type Tape, type Value, type Weights } from "./tape.ts";

/** y = x·W + b, the same for every row. dW += xᵀ·dy, db += Σ dy, dx += dy·Wᵀ. */
export function affine(tape: Tape, x: Value, p: Weights): Value {
  const { rows: n, columns: k } = x;
  const m = p.outputs;
  const y = tape.value(n, m);
  tape.arithmetic.affine(x.data, p.w, p.b, y.data, n, k, m);
  tape.record(y, (dy) => {
    const dx = gradientOf(tape, x);
    tape.arithmetic.affineGradient({ x: x.data, w: p.w, dy, dx, dw: p.dw, db: p.db, n, k, m });
  });
  return y;
}

/**
 * The LSTM cell, gates in the order i, j, f, o: c = σ(f + 1)·c₀ + σ(i)·tanh(j), h = σ(o)·tanh(c). `z` becomes the gates'
 * activations.
 */
export function lstmCell(tape: Tape, z: Value, c0: Value): { h: Value; c: Value } {
  const { rows: n, columns: H } = c0;
  const c = tape.value(n, H);
  const h = tape.value(n, H);
  const tc = tape.arithmetic.create(n * H);
  tape.arithmetic.cell(z.data, c0.data, c.data, tc, h.data, n, H);
  const a = z.data;
  // What c gave the step after lies in c.grad already: that step went back first.
  tape.record(h, (dh) => {
    const dc = gradientOf(tape, c);
    const dz = gradientOf(tape, z);
    const dc0 = gradientOf(tape, c0);
    for (let r = 0; r < n; r++)
      for (let u = 0; u < H; u++) {
        const s = r * H + u;
        const at = r * 4 * H + u;
        const [i, j, f, o] = [a[at]!, a[at + H]!, a[at + 2 * H]!, a[at + 3 * H]!];
        const t = tc[s]!;
        const g = dh[s]!;
        const d = dc[s]! + g * o * (1 - t * t);
        dz[at]! += d * j * i * (1 - i);
        dz[at + H]! += d * i * (1 - j * j);
        dz[at + 2 * H]! += d * c0.data[s]! * f * (1 - f);
        dz[at + 3 * H]! += g * t * o * (1 - o);
        dc0[s]! += d * f;
      }
    c.grad = undefined;
  });
  return { h, c };
}

/** The columns of several values side by side. */
export function concat(tape: Tape, parts: readonly Value[]): Value {
  const n = parts[0]!.rows;
  const m = parts.reduce((a, p) => a + p.columns, 0);
  const y = tape.value(n, m);
  let at = 0;
  for (const p of parts) {
    for (let r = 0; r < n; r++) for (let q = 0; q < p.columns; q++) y.data[r * m + at + q] = p.data[r * p.columns + q]!;
    at += p.columns;
  }
  tape.record(y, (dy) => {
    let from = 0;
    for (const p of parts) {
      const dx = gradientOf(tape, p);
      for (let r = 0; r < n; r++) for (let q = 0; q < p.columns; q++) dx[r * p.columns + q]! += dy[r * m + from + q]!;
      from += p.columns;
    }
  });
  return y;
}

/** Columns `from` … `to` − 1. */
export function columns(tape: Tape, x: Value, from: number, to: number): Value {
  const { rows: n, columns: k } = x;
  const m = to - from;
  const y = tape.value(n, m);
  for (let r = 0; r < n; r++) for (let q = 0; q < m; q++) y.data[r * m + q] = x.data[r * k + from + q]!;
  tape.record(y, (dy) => {
    const dx = gradientOf(tape, x);
    for (let r = 0; r < n; r++) for (let q = 0; q < m; q++) dx[r * k + from + q]! += dy[r * m + q]!;
  });
  return y;
}

/**
 * Global averaging cells: the first `cells` columns become their mean over all coordinates of the same function; the others
 * stay. h̃ᵢ = (1/n) Σⱼ hⱼ, dhᵢ = (1/n) Σⱼ dh̃ⱼ. The rows are `functions` functions of equally many coordinates.
 * Source: paper, appendix D.
 */
export function average(tape: Tape, x: Value, cells: number, functions: number): Value {
  const { rows: n, columns: k } = x;
  const each = n / functions;
  const y = tape.value(n, k);
  y.data.set(x.data as Float64Array & Float32Array);
  const means = (v: Value["data"]): void => {
    for (let b = 0; b < functions; b++)
      for (let q = 0; q < cells; q++) {
        let sum = 0;
        for (let r = b * each; r < (b + 1) * each; r++) sum += v[r * k + q]!;
        sum /= each;
        for (let r = b * each; r < (b + 1) * each; r++) v[r * k + q] = sum;
      }
  };
  means(y.data);
  tape.record(y, (dy) => {
    const dx = gradientOf(tape, x);
    means(dy);
    for (let i = 0; i < dx.length; i++) dx[i]! += dy[i]!;
  });
  return y;
}
