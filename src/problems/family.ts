import { check, checkInteger } from "../core/check.ts";
import { type Layout, layout, type Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";
import type { ProblemFamily } from "./problem.ts";

/** What a family of one's own is made of. */
export interface FamilyOptions<Data, Batch> {
  /** Default "own". */
  readonly name?: string;
  /** The tensors of θ: name → shape. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** Draws what tells one problem of the family from another: a user's ratings, a target, a noise level. */
  draw(rng: Rng): Data;
  /** Writes θ₀. Default N(0, 0.01²). */
  init?(rng: Rng, theta: Vec, data: Data): void;
  /** Draws what is random in one evaluation: a minibatch. Default nothing. */
  batch?(rng: Rng, data: Data): Batch;
  /** Writes ∇f(θ) into `grad`, every element of it, and returns f(θ). θ and `grad` lie as `at` says. */
  lossAndGrad(theta: Vec, grad: Vec, data: Data, batch: Batch, at: Layout): number | Promise<number>;
  /** H·v at θ into `out`, if you have it: for `secondDerivatives` and Newton-CG. */
  hvp?(theta: Vec, v: Vec, out: Vec, data: Data, batch: Batch): void | Promise<void>;
  /** What one `hvp` costs, in losses with gradients, for Newton-CG's count. Default 1. */
  readonly hvpEvaluations?: number;
}

const names = ["name", "parameters", "draw", "init", "batch", "lossAndGrad", "hvp", "hvpEvaluations"];

function checkLoss(loss: number): number {
  check(typeof loss === "number", "what lossAndGrad returns", "the loss, a number", loss);
  return loss;
}

/**
 * A problem family out of a function from θ to loss and gradient: by hand, by jax-js, by a simulator or another process.
 *
 * @throws ArgumentError for a function that is missing, a name that is none of these, a loss that is no number, or parameters of which a dimension is not a whole number ≥ 1.
 * @example
 * // Exponential decay: f(θ) = Σ_t (θ₀ exp(−θ₁ t) − y_t)².
 * export default problemFamily({
 *   parameters: { decay: [2] },
 *   draw(rng) {
 *     const height = 1 + rng.uniform();
 *     return Float64Array.from({ length: 20 }, (_, t) => height * Math.exp(-t / 10) + 0.01 * rng.normal());
 *   },
 *   lossAndGrad(theta, grad, y) {
 *     grad.fill(0);
 *     return y.reduce((loss, v, t) => {
 *       const e = Math.exp(-theta[1]! * t);
 *       const r = theta[0]! * e - v;
 *       grad[0]! += 2 * r * e;
 *       grad[1]! -= 2 * r * theta[0]! * t * e;
 *       return loss + r * r;
 *     }, 0);
 *   },
 * });
 */
export function problemFamily<Data, Batch = undefined>(o: FamilyOptions<Data, Batch>): ProblemFamily {
  for (const name of Object.keys(o)) check(names.includes(name), "problem family", `some of ${names.join(", ")}`, name);
  check(typeof o.parameters === "object" && o.parameters !== null, "parameters", "{ name: shape, … }", o.parameters);
  for (const name of ["draw", "lossAndGrad"] as const)
    check(typeof o[name] === "function", name, "a function", typeof o[name]);
  if (o.hvpEvaluations !== undefined) checkInteger("hvpEvaluations", o.hvpEvaluations);
  const at = layout(o.parameters);
  return {
    name: o.name ?? "own",
    sample(rng) {
      const data = o.draw(rng);
      return {
        layout: at,
        init(stream, theta) {
          if (o.init) o.init(stream, theta, data);
          else for (let i = 0; i < theta.length; i++) theta[i] = 0.01 * stream.normal();
        },
        batch: (stream): unknown => o.batch?.(stream, data),
        lossAndGrad(theta, batch, grad) {
          const loss = o.lossAndGrad(theta, grad, data, batch as Batch, at);
          return typeof loss === "number" ? loss : Promise.resolve(loss).then(checkLoss); // any thenable will do
        },
        ...(o.hvp
          ? { hvp: (theta: Vec, batch: unknown, v: Vec, out: Vec) => o.hvp!(theta, v, out, data, batch as Batch) }
          : {}),
        ...(o.hvpEvaluations === undefined ? {} : { hvpEvaluations: o.hvpEvaluations }),
      };
    },
  };
}
