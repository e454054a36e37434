/** f and its derivative along the search direction, t steps out. */
export type Line = (t: number) => Promise<{ readonly f: number; readonly slope: number }>;

interface Point {
  readonly t: number;
  readonly f: number;
  readonly slope: number;
}

/** Minimum of the cubic through two points with their slopes, kept inside [low, high]. */
function cubicMinimum(a: Point, b: Point, low = Math.min(a.t, b.t), high = Math.max(a.t, b.t)): number {
  const d1 = a.slope + b.slope - (3 * (a.f - b.f)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0 && square < Number.POSITIVE_INFINITY)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const t =
    a.t <= b.t
      ? b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
      : a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  return Math.min(Math.max(t, low), high);
}

const ARMIJO = 1e-4;
const CURVATURE = 0.9;
const MOST = 25;
const NARROWEST = 1e-9;

/**
 * A step length t with f(t) ≤ f(0) + c₁·t·f'(0) and |f'(t)| ≤ c₂·|f'(0)|, c₁ = 1e-4, c₂ = 0.9: brackets, then zooms by
 * cubic interpolation; gives the best point seen after 25 trials.
 * Source: Nocedal and Wright 2006, algorithms 3.5 and 3.6; step for step as PyTorch's `_strong_wolfe`.
 *
 * @param size largest |component| of the direction, for the narrowest bracket.
 */
export async function strongWolfe(
  line: Line,
  start: number,
  f0: number,
  slope0: number,
  size: number,
): Promise<{ readonly t: number; readonly evaluations: number }> {
  let evaluations = 0;
  const look = async (t: number): Promise<Point> => {
    evaluations++;
    const { f, slope } = await line(t);
    return { t, f: Number.isNaN(f) ? Number.POSITIVE_INFINITY : f, slope }; // where a loss is not defined no step may end
  };
  const zero: Point = { t: 0, f: f0, slope: slope0 };
  const tooHigh = (p: Point): boolean => !(p.f <= f0 + ARMIJO * p.t * slope0);
  const flat = (p: Point): boolean => Math.abs(p.slope) <= -CURVATURE * slope0;

  let previous = zero;
  let now = await look(start);
  let bracket: [Point, Point] | undefined;
  let trials = 0;
  for (; trials < MOST; trials++) {
    if (tooHigh(now) || (trials > 1 && now.f >= previous.f)) {
      bracket = [previous, now];
      break;
    }
    if (flat(now)) return { t: now.t, evaluations };
    if (now.slope >= 0) {
      bracket = [previous, now];
      break;
    }
    const t = cubicMinimum(previous, now, now.t + 0.01 * (now.t - previous.t), now.t * 10);
    previous = now;
    now = await look(t);
  }
  bracket ??= [zero, now];

  let low = bracket[0].f <= bracket[1].f ? 0 : 1;
  let stuck = false;
  while (trials < MOST) {
    const [left, right] = [Math.min(bracket[0].t, bracket[1].t), Math.max(bracket[0].t, bracket[1].t)];
    if ((right - left) * size < NARROWEST) break;
    let t = cubicMinimum(bracket[0], bracket[1]);
    // A trial that stays near the bracket's edge twice, or lies on it, is moved a tenth of the bracket inside.
    const margin = 0.1 * (right - left);
    if (Math.min(right - t, t - left) < margin) {
      if (stuck || t >= right || t <= left) {
        t = Math.abs(t - right) < Math.abs(t - left) ? right - margin : left + margin;
        stuck = false;
      } else stuck = true;
    } else stuck = false;
    const p = await look(t);
    trials++;
    const high = 1 - low;
    if (tooHigh(p) || p.f >= bracket[low]!.f) {
      bracket[high] = p;
      low = bracket[0].f <= bracket[1].f ? 0 : 1;
    } else {
      const done = flat(p);
      if (!done && p.slope * (bracket[high]!.t - bracket[low]!.t) >= 0) bracket[high] = bracket[low]!;
      bracket[low] = p;
      if (done) break;
    }
  }
  return { t: bracket[low]!.t, evaluations };
}
