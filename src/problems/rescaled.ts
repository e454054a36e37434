import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { exp } from "../core/math.ts";
import type { Rng } from "../core/rng.ts";
import type { Problem } from "./problem.ts";

/**
 * The same problem with every tensor of θ in another unit, so that an optimizer cannot learn one network's scales by heart.
 *
 * f_s(θ) = f(s ⊙ θ), ∇f_s(θ) = s ⊙ ∇f(s ⊙ θ), H_s v = s ⊙ H (s ⊙ v); one s a tensor, or a function where several run side by
 * side, ln s uniform in [−spread, spread]. θ₀ becomes θ₀ / s, so f(θ₀) stays.
 *
 * Source: Lv, Jiang and Li 2017, "random scaling", who draw one s a coordinate.
 *
 * @param spread largest |ln s|, 0 or more.
 * @param rng draws s.
 * @throws ArgumentError where `spread` is negative or not finite.
 * @example
 * const other = rescaled(family.sample(createRng(1)), 1, createRng("units"));
 */
export function rescaled<Batch>(problem: Problem<Batch>, spread: number, rng: Rng): Problem<Batch> {
  check(spread >= 0 && Number.isFinite(spread), "spread", "a finite number >= 0", spread);
  const { layout, functions = 1, losses, hvp } = problem;
  const s = units(problem, spread, rng);
  const multiply = (v: Vec): void => {
    for (let i = 0; i < s.length; i++) v[i]! *= s[i]!;
  };
  const at = new Float32Array(layout.size);
  const move = (theta: Vec): Vec => {
    at.set(theta);
    multiply(at);
    return at;
  };
  return {
    layout,
    functions,
    ...(losses ? { losses } : {}),
    init(stream, theta) {
      problem.init(stream, theta);
      for (let i = 0; i < s.length; i++) theta[i]! /= s[i]!;
    },
    batch: (stream) => problem.batch(stream),
    lossAndGrad(theta, batch, grad) {
      const done = (loss: number): number => {
        multiply(grad);
        return loss;
      };
      const loss = problem.lossAndGrad(move(theta), batch, grad);
      return typeof loss === "number" ? done(loss) : loss.then(done);
    },
    ...(hvp
      ? {
          async hvp(theta: Vec, batch: Batch, v: Vec, out: Vec) {
            const direction = v.slice();
            multiply(direction);
            await hvp.call(problem, move(theta), batch, direction, out);
            multiply(out);
          },
        }
      : {}),
    dispose: () => problem.dispose?.(),
  };
}

/** s of every coordinate. */
function units({ layout, functions = 1 }: Pick<Problem, "layout" | "functions">, spread: number, rng: Rng): Vec {
  const s = new Float32Array(layout.size);
  const each = layout.size / functions;
  const parts =
    functions > 1 ? Array.from({ length: functions }, (_, f) => ({ offset: f * each, size: each })) : layout.slots;
  for (const { offset, size } of parts) s.fill(exp(spread * (2 * rng.uniform() - 1)), offset, offset + size);
  return s;
}
