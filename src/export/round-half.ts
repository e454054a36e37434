import { nearestHalf, nextHalf } from "../core/half.ts";
import { type Vec, view } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import { referenceNetwork } from "../kernels/lstm-reference.ts";
import { type LstmShape, phiLayout, stateSize } from "../kernels/lstm-shape.ts";

const [COORDINATES, STEPS, SWEEPS] = [16, 100, 20];

/** Σ x xᵀ of each layer's inputs and a 1 for the bias, on random gradients of sizes from e⁻¹² to 1. */
function secondMoments(shape: LstmShape, phi: Vec): Float64Array[][] {
  const net = referenceNetwork(shape, phi);
  const rng = createRng("half");
  const moments: Float64Array[][] = [];
  for (let c = 0; c < COORDINATES; c++) {
    const size = Math.exp((-12 * c) / (COORDINATES - 1));
    const state = new Float64Array(stateSize(shape));
    for (let t = 0; t < STEPS; t++)
      net.step(size * rng.normal(), state).record.layers.forEach((r, k) => {
        const x = [...r.x, 1];
        moments[k] ??= x.map(() => new Float64Array(x.length));
        for (const [a, row] of moments[k].entries()) for (let b = 0; b < x.length; b++) row[b]! += x[a]! * x[b]!;
      });
  }
  return moments;
}

/**
 * φ in numbers that float16 holds exactly, chosen together: of a gate's weights w and bias each starts at its nearest half, then
 * moves to the next one as long as that lowers Σ ((ŵ − w)ᵀx)² over inputs x of a typical run. To the nearest alone the errors add
 * up over the steps, to two to four times as much. The forget gate's bias counts with the 1 that is added to it.
 */
export function roundToHalf(shape: LstmShape, phi: Vec): Float32Array {
  const l = phiLayout(shape);
  const out = Float32Array.from(phi, nearestHalf);
  const { hidden: H } = shape;
  secondMoments(shape, phi).forEach((moments, k) => {
    const [w, b] = [`lstm_${k + 1}/w_gates`, `lstm_${k + 1}/b_gates`].map((name) => view(l, phi, name)) as [Vec, Vec];
    const [wOut, bOut] = [`lstm_${k + 1}/w_gates`, `lstm_${k + 1}/b_gates`].map((name) => view(l, out, name)) as [
      Vec,
      Vec,
    ];
    const inputs = moments.length - 1;
    for (let row = 0; row < 4 * H; row++) {
      const one = row >= 2 * H && row < 3 * H ? 1 : 0;
      const exact = moments.map((_, q) => (q < inputs ? w[q * 4 * H + row]! : b[row]! + one));
      const half = exact.map(nearestHalf);
      /** Half the derivative of the sum by each number. */
      const slope = moments.map((m) => half.reduce((a, v, q) => a + m[q]! * (v - exact[q]!), 0));
      const lowers = (q: number, to: number): boolean => {
        const d = to - half[q]!;
        if (!(2 * d * slope[q]! + d * d * moments[q]![q]! < -1e-12)) return false;
        half[q] = to;
        for (let a = 0; a <= inputs; a++) slope[a]! += d * moments[a]![q]!;
        return true;
      };
      for (let sweep = 0, moved = true; moved && sweep < SWEEPS; sweep++) {
        moved = false;
        for (let q = 0; q <= inputs; q++)
          if (lowers(q, nextHalf(half[q]!, 1)) || lowers(q, nextHalf(half[q]!, -1))) moved = true;
      }
      half.forEach((v, q) => {
        if (q < inputs) wOut[q * 4 * H + row] = v;
        else bOut[row] = v - one;
      });
    }
  });
  return out;
}
