import type { Rng } from "../core/rng.ts";
import type { Problem, ProblemFamily } from "../problems/problem.ts";
import { type Finding, finding } from "./finding.ts";

/** Gradients along a line, from one end to the other. */
const POINTS = 24;

/**
 * Each tensor's gradient against the loss: f(θ + hv) − f(θ − hv) = ∫ ∇f·v, by the midpoint rule, along a random direction v of
 * length 1 for each problem. Other than differences at a point it holds across the kinks of ReLU and max, and far from rounding.
 */
export async function checkGradients(family: ProblemFamily, rng: Rng, problems: number): Promise<Finding[]> {
  const rows = new Map<string, { off: number; size: number; rounding: number }>();
  for (let k = 0; k < problems; k++) {
    const stream = rng.split(k);
    const problem = family.sample(stream.split("problem"));
    for (const l of await alongLines(problem, stream, 0.1)) {
      const row = rows.get(l.tensor) ?? { off: 0, size: 0, rounding: 0 };
      row.off += (l.given - l.measured) ** 2;
      row.size += l.measured ** 2;
      row.rounding += l.rounding ** 2;
      rows.set(l.tensor, row);
    }
    problem.dispose?.();
  }
  return [...rows].map(([tensor, { off, size, rounding }]) => {
    const about = `gradient of ${tensor}`;
    if (off <= rounding) return finding(about, "agrees with the loss, as far as its rounding shows");
    const error = Math.sqrt(off / size);
    if (size === 0)
      return finding(about, "the loss does not depend on it, but its gradient is not zero", {
        verdict: "bad",
        advice: "lossAndGrad must write ∇f of the loss that it returns, on the same minibatch",
      });
    if (!Number.isFinite(error))
      return finding(about, `along ${problems} random lines from θ₀ the loss or it is not finite`, {
        verdict: "bad",
        advice: "a step of 1e-5 leaves where the loss is defined: start farther inside, or return a large loss outside",
      });
    return finding(
      about,
      `along ${problems} random lines it differs from the loss by ${error < 0.1 ? (100 * error).toPrecision(2) : Math.round(100 * error)}%`,
      error > 0.03 && {
        verdict: error > 0.1 ? "bad" : "note",
        advice: `lossAndGrad must write ∇f of the loss that it returns, on the same minibatch${error > 0.1 ? "" : "; a few percent may also be kinks of the loss (ReLU, max)"}`,
      },
    );
  });
}

interface Line {
  readonly tensor: string;
  /** By the gradient. */
  readonly given: number;
  /** By the loss. */
  readonly measured: number;
  /** What single precision may have lost of it. */
  readonly rounding: number;
}

async function alongLines(problem: Problem, rng: Rng, h: number): Promise<Line[]> {
  const n = problem.layout.size;
  const functions = problem.functions ?? 1;
  const [theta, at, grad] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  problem.init(rng.split("theta"), theta);
  const batch = problem.batch(rng.split("batch"));
  const lines: Line[] = [];
  for (const { name, offset, size } of problem.layout.slots) {
    const stream = rng.split(name);
    const v = Float64Array.from({ length: size }, () => stream.normal());
    const length = Math.sqrt(v.reduce((a, x) => a + x * x, 0));
    const f = async (t: number): Promise<number> => {
      at.set(theta);
      for (let i = 0; i < size; i++) at[offset + i] = theta[offset + i]! + (t * v[i]!) / length;
      return problem.lossAndGrad(at, batch, grad);
    };
    const [low, high] = [await f(-h), await f(h)];
    let given = 0;
    for (let k = 0; k < POINTS; k++) {
      await f(h * ((2 * k + 1) / POINTS - 1));
      // Functions side by side: the loss is their mean, the gradient each one's own.
      for (let i = 0; i < size; i++) given += (2 * h * v[i]! * grad[offset + i]!) / (length * functions * POINTS);
    }
    const rounding = 4e-7 * (Math.abs(low) + Math.abs(high));
    if (Number.isFinite(low + high + given) || h < 1e-4)
      lines.push({ tensor: name, given, measured: high - low, rounding });
    else return alongLines(problem, rng, h / 10); // the loss explodes on the way
  }
  return lines;
}
