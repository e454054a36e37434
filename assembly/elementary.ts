// Elementary functions on vectors of four float32: log and tanh by basic arithmetic, the same bits on every engine.

/** Bytes of one row: 8 coordinates. */
export const V: usize = 32;

/**
 * ½, 2 and tanh's constants: clamp, P₃ and Q₃ from the highest power down. They are loaded before a loop because V8 14 makes
 * a constant anew, three instructions each, wherever it is used.
 */
export const CONSTANTS: usize = memory.data<f32>([
  0.5, 2, -7, 7,
  3.930005732399877e-6, 2.2769877687096596e-3, 0.12302181869745255, 0.9999957084655762,
  1.423507055733353e-4, 0.021072175353765488, 0.45634031295776367, 1,
]);
export const HALF: usize = CONSTANTS;
export const TWO: usize = CONSTANTS + 4;
export const ONE: usize = CONSTANTS + 44;

/** a·b + c, in one rounding where relaxed SIMD and the machine have it. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Natural logarithm of positive normal numbers. Source: Cephes logf (Moshier). */
export function log4(x: v128): v128 {
  const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3)); // √½
  const e = i32x4.shr_s(bits, 23);
  const m = f32x4.sub(i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3)), f32x4.splat(1));
  const k = f32x4.convert_i32x4_s(e);
  const z = f32x4.mul(m, m);
  let y = madd(f32x4.splat(7.0376836292e-2), m, f32x4.splat(-1.1514610310e-1));
  y = madd(y, m, f32x4.splat(1.1676998740e-1));
  y = madd(y, m, f32x4.splat(-1.2420140846e-1));
  y = madd(y, m, f32x4.splat(1.4249322787e-1));
  y = madd(y, m, f32x4.splat(-1.6668057665e-1));
  y = madd(y, m, f32x4.splat(2.0000714765e-1));
  y = madd(y, m, f32x4.splat(-2.4999993993e-1));
  y = madd(y, m, f32x4.splat(3.3333331174e-1));
  y = f32x4.mul(f32x4.mul(y, m), z);
  y = madd(k, f32x4.splat(-2.12194440e-4), y);
  y = madd(f32x4.splat(-0.5), z, y);
  return madd(k, f32x4.splat(0.693359375), f32x4.add(m, y));
}

/** tanh of `rows` rows, in place or from one run to another: x·P₃(x²)/Q₃(x²), x clamped at ±7, absolute error 1.2e-6. */
export function tanhRows(from: usize, to: usize, rows: i32): void {
  const end = from + <usize>rows * V;
  const lo = v128.load32_splat(CONSTANTS, 8);
  const hi = v128.load32_splat(CONSTANTS, 12);
  const p3 = v128.load32_splat(CONSTANTS, 16);
  const p2 = v128.load32_splat(CONSTANTS, 20);
  const p1 = v128.load32_splat(CONSTANTS, 24);
  const p0 = v128.load32_splat(CONSTANTS, 28);
  const q3 = v128.load32_splat(CONSTANTS, 32);
  const q2 = v128.load32_splat(CONSTANTS, 36);
  const q1 = v128.load32_splat(CONSTANTS, 40);
  const q0 = v128.load32_splat(CONSTANTS, 44);
  while (from < end) {
    const x0 = f32x4.pmin(f32x4.pmax(v128.load(from), lo), hi);
    const u0 = f32x4.mul(x0, x0);
    const a0 = f32x4.mul(x0, madd(madd(madd(p3, u0, p2), u0, p1), u0, p0));
    const b0 = madd(madd(madd(q3, u0, q2), u0, q1), u0, q0);
    const x1 = f32x4.pmin(f32x4.pmax(v128.load(from, 16), lo), hi);
    const u1 = f32x4.mul(x1, x1);
    const a1 = f32x4.mul(x1, madd(madd(madd(p3, u1, p2), u1, p1), u1, p0));
    const b1 = madd(madd(madd(q3, u1, q2), u1, q1), u1, q0);
    v128.store(to, f32x4.div(a0, b0));
    v128.store(to, f32x4.div(a1, b1), 16);
    from += 32;
    to += 32;
  }
}
