import { createRng } from "../core/rng.ts";
import { readDense, writeDense } from "../tape/memory.ts";
import { createTape, type Value } from "../tape/tape.ts";

/**
 * One read head and three write heads, their vectors set by hand, against BFGS's update of the inverse Hessian,
 * (I − ρ s yᵀ) M (I − ρ y sᵀ) + ρ s sᵀ with ρ = 1/yᵀs: with v = M y it is
 * M + (−ρ s)vᵀ + (−ρ v)sᵀ + ((ρ + ρ² yᵀv) s)sᵀ. Ten updates of n × n from M₀ = I, in float64.
 * Source: paper, appendix D (the claim); the three products are our reading.
 *
 * @returns the largest difference of any element, relative to the largest element.
 */
export function threeHeadsError(n = 12, updates = 10, seed = 0): number {
  const rng = createRng(`three heads/${seed}`);
  const tape = createTape(undefined, false);
  const column = (values: Float64Array): Value => tape.value(n, 1, values);
  let D = tape.value(n, n);
  let M = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)));
  let worst = 0;
  for (let t = 0; t < updates; t++) {
    const s = Float64Array.from({ length: n }, () => rng.normal());
    const y = s.map((v, i) => v * (1 + i / n) + 0.1 * rng.normal()); // a curvature that is positive along s
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    const rho = 1 / dot(y, s);

    const v = readDense(tape, D, column(y), 1).data as Float64Array;
    const third = rho + rho * rho * dot(y, v);
    const heads = (pick: (i: number) => number[]): Value =>
      tape.value(n, 3, Float64Array.from(Array.from({ length: n }, (_, i) => pick(i)).flat()));
    D = writeDense(
      tape,
      D,
      heads((i) => [-rho * s[i]!, -rho * v[i]!, third * s[i]!]),
      heads((i) => [v[i]!, s[i]!, s[i]!]),
      { decay: 0, cap: 0 },
    );

    const left = M.map((_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j) - rho * s[i]! * y[j]!));
    const LM = left.map((row) => M[0]!.map((_, j) => row.reduce((sum, l, k) => sum + l * M[k]![j]!, 0)));
    M = LM.map((row, i) =>
      row.map((_, j) => left[j]!.reduce((sum, l, k) => sum + row[k]! * l, 0) + rho * s[i]! * s[j]!),
    );
    const largest = Math.max(...M.map((row) => Math.max(...row.map(Math.abs))));
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        worst = Math.max(worst, Math.abs(Number(i === j) + D.data[i * n + j]! - M[i]![j]!) / largest);
  }
  return worst;
}
