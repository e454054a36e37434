import type { Vec } from "../core/layout.ts";

// The kernels keep the state of n coordinates as [block of 8 coordinates][row][8]; other engines as [row][n]. A row is h or c
// of one unit.

const place = (i: number, row: number, rows: number): number => (i >> 3) * 8 * rows + 8 * row + (i & 7);

/** [row][n] of a kernel's state. */
export function rowsOfState(state: Vec, rows: number, n: number): Vec {
  const out = new Float32Array(rows * n);
  for (let r = 0; r < rows; r++) for (let i = 0; i < n; i++) out[r * n + i] = state[place(i, r, rows)]!;
  return out;
}

/** A kernel's state of [row][n], written into `state`. */
export function stateOfRows(given: Vec, rows: number, n: number, state: Vec): Vec {
  for (let r = 0; r < rows; r++) for (let i = 0; i < n; i++) state[place(i, r, rows)] = given[r * n + i]!;
  return state;
}
