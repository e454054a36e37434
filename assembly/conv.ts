// Convolution on images [row][column][channel] (NHWC), stride 1, by tiles of 4 pixels × 8 output channels. Nothing is
// gathered first (no im2col): in this layout the inputs under one row of a kernel lie side by side. All strides are in bytes.
//
// Weights come as panels: [output channels / 8][kernel row][kernel column · input channels][8].

import { add, wideGradientTile, wideTile } from "./conv-wide";
import { madd } from "./elementary";

/**
 * One image: y = x ∗ w. `x` is the corner of the padded input, `segment` the length of one kernel row's inputs, `xStep` and
 * `yStep` go from a pixel to the next, `xRow` and `yRow` from a row to the next; `groups` are output channels / 8.
 */
export function convolve(
  x: usize, w: usize, y: usize, height: i32, width: i32, kernelRows: i32, segment: usize,
  xStep: usize, xRow: usize, groups: i32, yStep: usize, yRow: usize,
): void {
  const panel = <usize>kernelRows * segment * 8;
  if (ASC_FEATURE_RELAXED_SIMD) {
    for (; groups >= 2; groups -= 2) {
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column += 4) {
          const first = <usize>min(column, width - 4);
          const p = x + <usize>row * xRow + first * xStep;
          wideTile(p, w, panel, y + <usize>row * yRow + first * yStep, kernelRows, segment, xStep, xRow, yStep);
        }
      }
      w += 2 * panel;
      y += 64;
    }
  }
  for (let g = 0; g < groups; g++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column += 4) {
        // The last tile is moved back over pixels that are done already, so that it is whole too.
        const first = <usize>min(column, width - 4);
        const p = x + <usize>row * xRow + first * xStep;
        tile(p, w, y + <usize>row * yRow + first * yStep, kernelRows, segment, xStep, xRow, yStep);
      }
    }
    w += panel;
    y += 32;
  }
}

// @ts-ignore: decorator
@inline
function tile(
  x: usize, w: usize, y: usize, kernelRows: i32, segment: usize, xStep: usize, xRow: usize, yStep: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let c0 = a0;
  let c1 = a0;
  let c2 = a0;
  let c3 = a0;
  for (let r = 0; r < kernelRows; r++) {
    let p0 = x;
    let p1 = x + xStep;
    let p2 = p1 + xStep;
    let p3 = p2 + xStep;
    const end = x + segment;
    while (p0 < end) {
      const u = v128.load(w);
      const v = v128.load(w, 16);
      let s = v128.load32_splat(p0);
      a0 = madd(s, u, a0);
      c0 = madd(s, v, c0);
      s = v128.load32_splat(p1);
      a1 = madd(s, u, a1);
      c1 = madd(s, v, c1);
      s = v128.load32_splat(p2);
      a2 = madd(s, u, a2);
      c2 = madd(s, v, c2);
      s = v128.load32_splat(p3);
      a3 = madd(s, u, a3);
      c3 = madd(s, v, c3);
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
  y += yStep;
  v128.store(y, a1);
  v128.store(y, c1, 16);
  y += yStep;
  v128.store(y, a2);
  v128.store(y, c2, 16);
  y += yStep;
  v128.store(y, a3);
  v128.store(y, c3, 16);
}

/**
 * One image: dw += the gradient of its weights, in panels as `convolve` reads them. Sums `rows` rows of pixels in registers
 * before it adds to memory, so that both operands stay in the first cache. `segment` is at least 16 bytes (4 inputs).
 */
export function convolveGradient(
  x: usize, dy: usize, dw: usize, height: i32, width: i32, kernelRows: i32, segment: usize,
  xStep: usize, xRow: usize, groups: i32, yStep: usize, yRow: usize, rows: i32,
): void {
  const panelRow = segment * 8;
  const panel = <usize>kernelRows * panelRow;
  for (let row = 0; row < height; row += rows) {
    const count = min(rows, height - row);
    const xr = x + <usize>row * xRow;
    const yr = dy + <usize>row * yRow;
    let out = dw;
    let g = 0;
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (; g + 1 < groups; g += 2) {
        for (let r = 0; r < kernelRows; r++) {
          for (let k: usize = 0; k < segment; k += 16) {
            const first = min(k, segment - 16);
            wideGradientTile(
              xr + <usize>r * xRow + first, yr + <usize>g * 32, out + first * 8, panel, count, width, xStep, xRow, yStep, yRow,
              <i32>(k - first) >> 2,
            );
          }
          out += panelRow;
        }
        out += panel;
      }
    }
    for (; g < groups; g++) {
      for (let r = 0; r < kernelRows; r++) {
        for (let k: usize = 0; k < segment; k += 16) {
          // The last tile is moved back; what it has done already is not added again.
          const first = min(k, segment - 16);
          gradientTile(
            xr + <usize>r * xRow + first, yr + <usize>g * 32, out + first * 8, count, width, xStep, xRow, yStep, yRow,
            <i32>(k - first) >> 2,
          );
        }
        out += panelRow;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function gradientTile(
  x: usize, dy: usize, dw: usize, height: i32, width: i32, xStep: usize, xRow: usize, yStep: usize, yRow: usize, skip: i32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let c0 = a0;
  let c1 = a0;
  let c2 = a0;
  let c3 = a0;
  for (let row = 0; row < height; row++) {
    let p = x;
    let q = dy;
    const end = q + <usize>width * yStep;
    while (q < end) {
      const u = v128.load(q);
      const v = v128.load(q, 16);
      let s = v128.load32_splat(p);
      a0 = madd(s, u, a0);
      c0 = madd(s, v, c0);
      s = v128.load32_splat(p, 4);
      a1 = madd(s, u, a1);
      c1 = madd(s, v, c1);
      s = v128.load32_splat(p, 8);
      a2 = madd(s, u, a2);
      c2 = madd(s, v, c2);
      s = v128.load32_splat(p, 12);
      a3 = madd(s, u, a3);
      c3 = madd(s, v, c3);
      p += xStep;
      q += yStep;
    }
    x += xRow;
    dy += yRow;
  }
  if (skip < 1) add(dw, a0, c0);
  if (skip < 2) add(dw + 32, a1, c1);
  if (skip < 3) add(dw + 64, a2, c2);
  add(dw + 96, a3, c3);
}
