// The matrix product that every layer is made of.

import { madd, V } from "./elementary";

/** z[4·groups][8] = w·x + b, by tiles of 4 rows × 8 coordinates. b = 0 starts from zero. */
export function product(w: usize, b: usize, x: usize, z: usize, k: i32, groups: i32): void {
  const end = x + <usize>k * V;
  for (let g = 0; g < groups; g++) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    if (b) {
      a0 = v128.load32_splat(b);
      a1 = v128.load32_splat(b, 4);
      a2 = v128.load32_splat(b, 8);
      a3 = v128.load32_splat(b, 12);
      b += 16;
    }
    let c0 = a0;
    let c1 = a1;
    let c2 = a2;
    let c3 = a3;
    for (let q = x; q < end; q += V) {
      const u = v128.load(q);
      const v = v128.load(q, 16);
      let s = v128.load32_splat(w);
      a0 = madd(s, u, a0);
      c0 = madd(s, v, c0);
      s = v128.load32_splat(w, 4);
      a1 = madd(s, u, a1);
      c1 = madd(s, v, c1);
      s = v128.load32_splat(w, 8);
      a2 = madd(s, u, a2);
      c2 = madd(s, v, c2);
      s = v128.load32_splat(w, 12);
      a3 = madd(s, u, a3);
      c3 = madd(s, v, c3);
      w += 16;
    }
    v128.store(z, a0);
    v128.store(z, c0, 16);
    v128.store(z, a1, 32);
    v128.store(z, c1, 48);
    v128.store(z, a2, 64);
    v128.store(z, c2, 80);
    v128.store(z, a3, 96);
    v128.store(z, c3, 112);
    z += 128;
  }
}
