// The elementwise half of an LSTM cell, forward and back, on rows of 8 coordinates. Separate passes over rows in L1 beat
// one fused body: V8 moves all loads of a loop body to its start, so a body with more than about 14 live vectors spills.
// The two vectors of a row are written out in the forward passes, so that V8 can pair them where it revectorizes.
import { HALF, madd, ONE, TWO, V } from "./elementary";

/** c' = f·c + i·j, with σ = ½ + ½ tanh written back for i, f and o. */
export function combine(units: i32, z: usize, c: usize, c1: usize): void {
  const end = z + <usize>units * 4 * V;
  const half = v128.load32_splat(HALF);
  while (z < end) {
    const i = madd(v128.load(z), half, half);
    const i2 = madd(v128.load(z, 16), half, half);
    const f = madd(v128.load(z, 64), half, half);
    const f2 = madd(v128.load(z, 80), half, half);
    const n = madd(f, v128.load(c), f32x4.mul(i, v128.load(z, 32)));
    const n2 = madd(f2, v128.load(c, 16), f32x4.mul(i2, v128.load(z, 48)));
    v128.store(c1, n);
    v128.store(c1, n2, 16);
    v128.store(z, i);
    v128.store(z, i2, 16);
    v128.store(z, f, 64);
    v128.store(z, f2, 80);
    const o = madd(v128.load(z, 96), half, half);
    const o2 = madd(v128.load(z, 112), half, half);
    v128.store(z, o, 96);
    v128.store(z, o2, 112);
    z += 4 * V;
    c += V;
    c1 += V;
  }
}
/** h = o·tanh(c') into two places. */
export function output(units: i32, z: usize, tc: usize, h: usize, h2: usize): void {
  const end = z + <usize>units * 4 * V;
  while (z < end) {
    const out = f32x4.mul(v128.load(z, 96), v128.load(tc));
    const out2 = f32x4.mul(v128.load(z, 112), v128.load(tc, 16));
    v128.store(h, out);
    v128.store(h, out2, 16);
    v128.store(h2, out);
    v128.store(h2, out2, 16);
    z += 4 * V;
    tc += V;
    h += V;
    h2 += V;
  }
}

/** Derivatives of one cell step: activations z become dL/d(packed gate input); dh, dc move to step t−1. */
export function cellBackward(units: i32, z: usize, c: usize, tc: usize, dh: usize, dc: usize): void {
  const end = z + <usize>units * 4 * V;
  const one = v128.load32_splat(ONE);
  const two = v128.load32_splat(TWO);
  while (z < end) {
    for (let v: usize = 0; v < V; v += 16) {
      const i = v128.load(z + v);
      const j = v128.load(z + v, 32);
      const f = v128.load(z + v, 64);
      const o = v128.load(z + v, 96);
      const t = v128.load(tc + v);
      const h = v128.load(dh + v);
      const ho = f32x4.mul(h, o);
      const d = f32x4.add(v128.load(dc + v), f32x4.sub(ho, f32x4.mul(f32x4.mul(t, t), ho)));
      const d2 = f32x4.mul(d, two);
      v128.store(z + v, f32x4.mul(f32x4.mul(d2, j), f32x4.sub(i, f32x4.mul(i, i))));
      v128.store(z + v, f32x4.mul(f32x4.mul(d, i), f32x4.sub(one, f32x4.mul(j, j))), 32);
      v128.store(z + v, f32x4.mul(f32x4.mul(d2, v128.load(c + v)), f32x4.sub(f, f32x4.mul(f, f))), 64);
      v128.store(z + v, f32x4.mul(f32x4.mul(f32x4.mul(two, h), t), f32x4.sub(o, f32x4.mul(o, o))), 96);
      v128.store(dc + v, f32x4.mul(d, f));
    }
    z += 4 * V;
    c += V;
    tc += V;
    dh += V;
    dc += V;
  }
}
