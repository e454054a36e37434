import type { Rng } from "../../../src/core/rng.ts";
import type { Problem } from "../../../src/problems/problem.ts";
import { breathe } from "./port.ts";

/** A plane in the space of θ. */
interface Plane {
  readonly center: Float32Array;
  readonly u: Float64Array;
  readonly v: Float64Array;
  /** What is shown: left, right, bottom, top. */
  readonly box: readonly [number, number, number, number];
}

/** Losses on a grid of a plane, row by row from the bottom. */
export interface Slice {
  readonly side: number;
  readonly losses: Float32Array;
  readonly box: readonly [number, number, number, number];
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** The direction in which points vary most, orthogonal to `without`: power iteration on their scatter. */
function mainDirection(points: readonly Float32Array[], center: Float32Array, without?: Float64Array): Float64Array {
  const n = center.length;
  const apart = points.map((p) => p.map((x, i) => x - center[i]!));
  let v = Float64Array.from(apart[0]!, (x, i) => x + 1e-6 * (1 + (i % 3)));
  for (let k = 0; k < 30; k++) {
    if (without) {
      const along = dot(v, without);
      v = v.map((x, i) => x - along * without[i]!);
    }
    const next = new Float64Array(n);
    for (const d of apart) {
      const a = dot(d, v);
      for (let i = 0; i < n; i++) next[i]! += a * d[i]!;
    }
    if (without) {
      const along = dot(next, without);
      for (let i = 0; i < n; i++) next[i]! -= along * without[i]!;
    }
    const norm = Math.sqrt(dot(next, next)) || 1;
    v = next.map((x) => x / norm);
  }
  return v;
}

/** x, y of each point. */
export function pathsIn({ center, u, v }: Plane, points: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(2 * points.length);
  points.forEach((p, t) => {
    const d = p.map((x, i) => x - center[i]!);
    out[2 * t] = dot(d, u);
    out[2 * t + 1] = dot(d, v);
  });
  return out;
}

/** The plane in which the walks move most, through the end of the last one; its box holds them all. */
export function slicePlane(walks: readonly (readonly Float32Array[])[]): Plane {
  const center = walks.at(-1)!.at(-1)!;
  // Every few steps of a large problem are enough for the directions.
  const every = center.length > 1000 ? 5 : 1;
  const points = walks.flatMap((w) => w.filter((_, t) => t % every === 0));
  const u = mainDirection(points, center);
  const v = mainDirection(points, center, u);
  const all = walks.map((w) => pathsIn({ center, u, v, box: [0, 0, 0, 0] }, w));
  const range = (axis: 0 | 1): [number, number] => {
    const values = all.flatMap((p) => [...p].filter((_, i) => i % 2 === axis));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low, high];
  };
  const [x0, x1] = range(0);
  const [y0, y1] = range(1);
  // The same scale on both axes, with room around.
  const half = 0.75 * Math.max(x1 - x0, y1 - y0, 1e-6);
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return { center, u, v, box: [cx - half, cx + half, cy - half, cy + half] };
}

/** The loss on a grid of the plane; on one minibatch where there are minibatches. */
export async function sliceLosses(
  problem: Problem,
  { center, u, v, box }: Plane,
  side: number,
  rng: Rng,
): Promise<Slice> {
  const batch = problem.batch(rng);
  const theta = new Float32Array(center.length);
  const grad = new Float32Array(center.length);
  const losses = new Float32Array(side * side);
  const at = (k: number, low: number, high: number): number => low + ((high - low) * k) / (side - 1);
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const [x, y] = [at(i, box[0], box[1]), at(j, box[2], box[3])];
      for (let k = 0; k < theta.length; k++) theta[k] = center[k]! + x * u[k]! + y * v[k]!;
      losses[j * side + i] = await problem.lossAndGrad(theta, batch, grad);
    }
    await breathe();
  }
  return { side, losses, box };
}
