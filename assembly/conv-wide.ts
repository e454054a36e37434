// Tiles twice as wide as those of conv.ts, for kernels with fused multiply-add: 16 output channels keep both of its pipes
// busy where 8 wait for each other. Sixteen sums need the wide registers that V8's revectorization gives.

import { madd } from "./elementary";

/** One tile of `convolve`: 4 pixels × 16 output channels, whose weights lie in two panels. */
// @ts-ignore: decorator
@inline
export function wideTile(
  x: usize, w: usize, panel: usize, y: usize, kernelRows: i32, segment: usize, xStep: usize, xRow: usize, yStep: usize,
): void {
  let a0 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let e0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  let e1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let d2 = f32x4.splat(0);
  let e2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  let d3 = f32x4.splat(0);
  let e3 = f32x4.splat(0);
  for (let r = 0; r < kernelRows; r++) {
    let p0 = x;
    let p1 = x + xStep;
    let p2 = p1 + xStep;
    let p3 = p2 + xStep;
    const end = x + segment;
    while (p0 < end) {
      const u = v128.load(w);
      const v = v128.load(w, 16);
      const u2 = v128.load(w + panel);
      const v2 = v128.load(w + panel, 16);
      let s = v128.load32_splat(p0);
      a0 = madd(s, u, a0);
      c0 = madd(s, v, c0);
      d0 = madd(s, u2, d0);
      e0 = madd(s, v2, e0);
      s = v128.load32_splat(p1);
      a1 = madd(s, u, a1);
      c1 = madd(s, v, c1);
      d1 = madd(s, u2, d1);
      e1 = madd(s, v2, e1);
      s = v128.load32_splat(p2);
      a2 = madd(s, u, a2);
      c2 = madd(s, v, c2);
      d2 = madd(s, u2, d2);
      e2 = madd(s, v2, e2);
      s = v128.load32_splat(p3);
      a3 = madd(s, u, a3);
      c3 = madd(s, v, c3);
      d3 = madd(s, u2, d3);
      e3 = madd(s, v2, e3);
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
      w += 32;
    }
    x += xRow;
  }
  v128.store(y, a0);
  v128.store(y, c0, 16);
  v128.store(y, d0, 32);
  v128.store(y, e0, 48);
  y += yStep;
  v128.store(y, a1);
  v128.store(y, c1, 16);
  v128.store(y, d1, 32);
  v128.store(y, e1, 48);
  y += yStep;
  v128.store(y, a2);
  v128.store(y, c2, 16);
  v128.store(y, d2, 32);
  v128.store(y, e2, 48);
  y += yStep;
  v128.store(y, a3);
  v128.store(y, c3, 16);
  v128.store(y, d3, 32);
  v128.store(y, e3, 48);
}

/** One tile of `convolveGradient`: 4 inputs × 16 output channels, whose gradients lie in two panels. */
// @ts-ignore: decorator
@inline
export function wideGradientTile(
  x: usize, dy: usize, dw: usize, panel: usize, height: i32, width: i32, xStep: usize, xRow: usize, yStep: usize,
  yRow: usize, skip: i32,
): void {
  let a0 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let e0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  let e1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let d2 = f32x4.splat(0);
  let e2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  let d3 = f32x4.splat(0);
  let e3 = f32x4.splat(0);
  for (let row = 0; row < height; row++) {
    let p = x;
    let q = dy;
    const end = q + <usize>width * yStep;
    while (q < end) {
      const u = v128.load(q);
      const v = v128.load(q, 16);
      const u2 = v128.load(q, 32);
      const v2 = v128.load(q, 48);
      let s = v128.load32_splat(p);
      a0 = madd(s, u, a0);
      c0 = madd(s, v, c0);
      d0 = madd(s, u2, d0);
      e0 = madd(s, v2, e0);
      s = v128.load32_splat(p, 4);
      a1 = madd(s, u, a1);
      c1 = madd(s, v, c1);
      d1 = madd(s, u2, d1);
      e1 = madd(s, v2, e1);
      s = v128.load32_splat(p, 8);
      a2 = madd(s, u, a2);
      c2 = madd(s, v, c2);
      d2 = madd(s, u2, d2);
      e2 = madd(s, v2, e2);
      s = v128.load32_splat(p, 12);
      a3 = madd(s, u, a3);
      c3 = madd(s, v, c3);
      d3 = madd(s, u2, d3);
      e3 = madd(s, v2, e3);
      p += xStep;
      q += yStep;
    }
    x += xRow;
    dy += yRow;
  }
  addPair(dw, a0, c0, panel, d0, e0, skip < 1);
  addPair(dw + 32, a1, c1, panel, d1, e1, skip < 2);
  addPair(dw + 64, a2, c2, panel, d2, e2, skip < 3);
  addPair(dw + 96, a3, c3, panel, d3, e3, true);
}

// @ts-ignore: decorator
@inline
function addPair(at: usize, a: v128, c: v128, panel: usize, d: v128, e: v128, wanted: bool): void {
  if (!wanted) return;
  add(at, a, c);
  add(at + panel, d, e);
}

// @ts-ignore: decorator
@inline
export function add(at: usize, low: v128, high: v128): void {
  v128.store(at, f32x4.add(v128.load(at), low));
  v128.store(at, f32x4.add(v128.load(at, 16), high), 16);
}
