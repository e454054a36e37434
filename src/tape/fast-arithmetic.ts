import { up8 } from "../core/math.ts";
import { convArena } from "../kernels/conv-wasm.ts";
import { type Arithmetic, plainArithmetic } from "./arithmetic.ts";

/**
 * The arithmetic of a tape in float32, its matrix products and tanh in WebAssembly SIMD (strict: the same bytes on every
 * engine). Operands are copied in and out: that is little beside a product.
 *
 * @param rows most rows of a matrix; `inputs` and `outputs` the most columns that an affine map takes and gives.
 */
export function fastArithmetic(rows: number, inputs: number, outputs: number): Arithmetic {
  const plain = plainArithmetic((n) => new Float32Array(n));
  const arena = convArena();
  const widest = up8(Math.max(inputs, outputs));
  const X = arena.take(rows * widest);
  const Y = arena.take(rows * widest);
  const P = arena.take(widest * widest);
  const G = arena.take(widest * widest);
  const { x: wasm, f32 } = arena.open();

  /** The panels of w[k, m], or of its transpose. */
  function pack(w: ArrayLike<number>, k: number, m: number, transpose: boolean): void {
    const to = P / 4;
    const [inner, outer] = transpose ? [up8(m), up8(k)] : [k, up8(m)];
    f32.fill(0, to, to + inner * outer);
    for (let q = 0; q < k; q++)
      for (let j = 0; j < m; j++) {
        const [row, column] = transpose ? [j, q] : [q, j];
        f32[to + (column >> 3) * inner * 8 + row * 8 + (column & 7)] = w[q * m + j]!;
      }
  }

  return {
    create: plain.create,
    affine(x, w, b, y, n, k, m) {
      if (n < 4) return plain.affine(x, w, b, y, n, k, m);
      const M = up8(m);
      pack(w, k, m, false);
      f32.set(x, X / 4);
      wasm.convolve(X, P, Y, 1, n, 1, k * 4, k * 4, 0, M / 8, M * 4, 0);
      for (let i = 0, at = Y / 4; i < n; i++, at += M) for (let j = 0; j < m; j++) y[i * m + j] = f32[at + j]! + b[j]!;
    },
    affineGradient(job) {
      const { x, w, dy, dx, dw, db, n, k, m } = job;
      if (n < 4 || k < 4) return plain.affineGradient(job);
      const M = up8(m);
      f32.set(x, X / 4);
      for (let i = 0, at = Y / 4; i < n; i++, at += M) {
        for (let j = 0; j < m; j++) {
          const d = dy[i * m + j]!;
          f32[at + j] = d;
          db[j]! += d;
        }
        for (let j = m; j < M; j++) f32[at + j] = 0;
      }
      f32.fill(0, G / 4, G / 4 + k * M);
      wasm.convolveGradient(X, Y, G, 1, n, 1, k * 4, k * 4, 0, M / 8, M * 4, 0, 1);
      for (let q = 0; q < k; q++)
        for (let j = 0; j < m; j++) dw[q * m + j]! += f32[G / 4 + (j >> 3) * k * 8 + q * 8 + (j & 7)]!;
      if (!dx) return;
      pack(w, k, m, true);
      const N = up8(k);
      wasm.convolve(Y, P, X, 1, n, 1, M * 4, M * 4, 0, N / 8, N * 4, 0);
      for (let i = 0, at = X / 4; i < n; i++, at += N) for (let q = 0; q < k; q++) dx[i * k + q]! += f32[at + q]!;
    },
    cell(z, c0, c, tc, h, n, H) {
      // σ(v) = ½ + ½ tanh(v/2). A row of gates at a time keeps to the scratch, however many rows there are.
      const at = X / 4;
      const width = 4 * H;
      const most = Math.max(1, Math.floor((rows * widest) / up8(width)));
      for (let first = 0; first < n; first += most) {
        const count = Math.min(most, n - first);
        for (let r = 0; r < count; r++)
          for (let u = 0; u < H; u++) {
            const from = (first + r) * width + u;
            const to = at + r * width + u;
            f32[to] = 0.5 * z[from]!;
            f32[to + H] = z[from + H]!;
            f32[to + 2 * H] = 0.5 * (z[from + 2 * H]! + 1);
            f32[to + 3 * H] = 0.5 * z[from + 3 * H]!;
          }
        wasm.tanhRows(X, X, Math.ceil((count * width) / 8));
        for (let r = 0; r < count; r++)
          for (let u = 0; u < H; u++) {
            const from = at + r * width + u;
            const to = (first + r) * width + u;
            const s = (first + r) * H + u;
            z[to] = 0.5 + 0.5 * f32[from]!;
            z[to + H] = f32[from + H]!;
            z[to + 2 * H] = 0.5 + 0.5 * f32[from + 2 * H]!;
            z[to + 3 * H] = 0.5 + 0.5 * f32[from + 3 * H]!;
            c[s] = z[to + 2 * H]! * c0[s]! + z[to]! * z[to + H]!;
            f32[Y / 4 + r * H + u] = c[s]!;
          }
        wasm.tanhRows(Y, Y, Math.ceil((count * H) / 8));
        for (let r = 0; r < count; r++)
          for (let u = 0; u < H; u++) {
            const s = (first + r) * H + u;
            tc[s] = f32[Y / 4 + r * H + u]!;
            h[s] = z[(first + r) * width + 3 * H + u]! * tc[s]!;
          }
      }
    },
  };
}
