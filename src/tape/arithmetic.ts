import { sigmoid, tanh } from "../core/math.ts";

/** Numbers of one precision. */
export type Numbers = Float32Array | Float64Array;

/** The heavy loops of a tape's operations, in one precision. All matrices are [row][column]. */
export interface Arithmetic {
  create(length: number): Numbers;
  /** y[n, m] = x[n, k]·w[k, m] + b[m]. */
  affine(x: Numbers, w: Numbers, b: Numbers, y: Numbers, n: number, k: number, m: number): void;
  /** dw += xᵀ·dy, db += Σ dy, dx += dy·wᵀ. */
  affineGradient(job: AffineGradient): void;
  /**
   * The LSTM cell of n rows of H units: z = [i, j, f, o] becomes its activations σ(i), tanh(j), σ(f + 1), σ(o) in place;
   * c = f·c₀ + i·j, tc = tanh(c), h = o·tc.
   */
  cell(z: Numbers, c0: Numbers, c: Numbers, tc: Numbers, h: Numbers, n: number, H: number): void;
}

/** What `affineGradient` reads and adds to. */
export interface AffineGradient {
  readonly x: Numbers;
  readonly w: Numbers;
  readonly dy: Numbers;
  readonly dx: Numbers | undefined;
  readonly dw: Float64Array;
  readonly db: Float64Array;
  readonly n: number;
  readonly k: number;
  readonly m: number;
}

/** Plain loops: the slow, obvious arithmetic that the fast one is held against, and the one for gradient checks. */
export function plainArithmetic(create: (length: number) => Numbers = (n) => new Float64Array(n)): Arithmetic {
  return {
    create,
    affine(x, w, b, y, n, k, m) {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) y[i * m + j] = b[j]!;
        for (let q = 0; q < k; q++) {
          const v = x[i * k + q]!;
          for (let j = 0; j < m; j++) y[i * m + j]! += v * w[q * m + j]!;
        }
      }
    },
    affineGradient({ x, w, dy, dx, dw, db, n, k, m }) {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) db[j]! += dy[i * m + j]!;
        for (let q = 0; q < k; q++) {
          const v = x[i * k + q]!;
          let sum = 0;
          for (let j = 0; j < m; j++) {
            const d = dy[i * m + j]!;
            dw[q * m + j]! += v * d;
            sum += w[q * m + j]! * d;
          }
          if (dx) dx[i * k + q]! += sum;
        }
      }
    },
    cell(z, c0, c, tc, h, n, H) {
      for (let r = 0; r < n; r++)
        for (let u = 0; u < H; u++) {
          const at = r * 4 * H + u;
          const s = r * H + u;
          z[at] = sigmoid(z[at]!);
          z[at + H] = tanh(z[at + H]!);
          z[at + 2 * H] = sigmoid(z[at + 2 * H]! + 1);
          z[at + 3 * H] = sigmoid(z[at + 3 * H]!);
          c[s] = z[at + 2 * H]! * c0[s]! + z[at]! * z[at + H]!;
          tc[s] = tanh(c[s]!);
          h[s] = z[at + 3 * H]! * tc[s]!;
        }
    },
  };
}
