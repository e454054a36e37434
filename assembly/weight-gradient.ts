// The gradient of an LSTM layer's weights: half of the work of a replay.

import { madd, V } from "./elementary";

/** GW += Σ over steps and coordinates of dz·xᵀ, by tiles of 4 gates × 2 inputs; lanes stay apart. */
export function weightGradient(H: i32, kp: i32, X: usize, A: usize, GW: usize, GB: usize, steps: i32): void {
  const zRow = <usize>(4 * H) * V;
  const tiles = kp / 2;
  const xRow = <usize>kp * V;
  const zEnd = A + <usize>steps * zRow;
  const row = <usize>kp * 16;
  let out = GW;
  let gb = GB;
  for (let r: usize = 0; r < zRow; r += 4 * V) {
    for (let k = 0; k < tiles; k++) {
      const o1 = out + row;
      const o2 = o1 + row;
      const o3 = o2 + row;
      let a0 = v128.load(out);
      let b0 = v128.load(out, 16);
      let a1 = v128.load(o1);
      let b1 = v128.load(o1, 16);
      let a2 = v128.load(o2);
      let b2 = v128.load(o2, 16);
      let a3 = v128.load(o3);
      let b3 = v128.load(o3, 16);
      let x: usize;
      x = X + <usize>k * 2 * V;
      for (let z = A + r; z < zEnd; z += zRow) {
        const p = v128.load(x, 0);
        const q = v128.load(x, 32);
        let d = v128.load(z, 0);
        a0 = madd(d, p, a0);
        b0 = madd(d, q, b0);
        d = v128.load(z, 32);
        a1 = madd(d, p, a1);
        b1 = madd(d, q, b1);
        d = v128.load(z, 64);
        a2 = madd(d, p, a2);
        b2 = madd(d, q, b2);
        d = v128.load(z, 96);
        a3 = madd(d, p, a3);
        b3 = madd(d, q, b3);
        x += xRow;
      }
      x = X + <usize>k * 2 * V;
      for (let z = A + r; z < zEnd; z += zRow) {
        const p = v128.load(x, 16);
        const q = v128.load(x, 48);
        let d = v128.load(z, 16);
        a0 = madd(d, p, a0);
        b0 = madd(d, q, b0);
        d = v128.load(z, 48);
        a1 = madd(d, p, a1);
        b1 = madd(d, q, b1);
        d = v128.load(z, 80);
        a2 = madd(d, p, a2);
        b2 = madd(d, q, b2);
        d = v128.load(z, 112);
        a3 = madd(d, p, a3);
        b3 = madd(d, q, b3);
        x += xRow;
      }
      v128.store(out, a0);
      v128.store(out, b0, 16);
      v128.store(o1, a1);
      v128.store(o1, b1, 16);
      v128.store(o2, a2);
      v128.store(o2, b2, 16);
      v128.store(o3, a3);
      v128.store(o3, b3, 16);
      out += 32;
    }
    out += 3 * row;
  }
  for (let r: usize = 0; r < zRow; r += V) {
    let a = v128.load(gb);
    for (let z = A + r; z < zEnd; z += zRow) a = f32x4.add(a, f32x4.add(v128.load(z), v128.load(z, 16)));
    v128.store(gb, a);
    gb += 16;
  }
}
