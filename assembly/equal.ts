// Comparisons of the states of blocks of 8 coordinates, bit for bit.

import { V } from "./elementary";

/** Whether all eight coordinates of the rows at s have the same bits. */
export function sameLanes(s: usize, bytes: usize): bool {
  for (let q: usize = 0; q < bytes; q += V) {
    const first = v128.load32_splat(s + q);
    if (!i32x4.all_true(i32x4.eq(first, v128.load(s + q)))) return false;
    if (!i32x4.all_true(i32x4.eq(first, v128.load(s + q, 16)))) return false;
  }
  return true;
}

/** Whether the rows at s and r have the same bits. */
export function same(s: usize, r: usize, bytes: usize): bool {
  for (let q: usize = 0; q < bytes; q += 16)
    if (!i32x4.all_true(i32x4.eq(v128.load(s + q), v128.load(r + q)))) return false;
  return true;
}
