import { check, checkInteger } from "../core/check.ts";

/** One number for a loss curve; lower is better. `losses[t]` = f(θ_t). */
export interface Metric {
  readonly name: string;
  /** Its value; Infinity for a curve that diverged. Throws ArgumentError where the curve is too short. */
  of(losses: Float64Array): number;
}

function window(name: string, from: number, to: number, divide: boolean): Metric {
  checkInteger("from", from, 0);
  checkInteger("to", to, from);
  return {
    name,
    of(losses) {
      check(to < losses.length, "losses", `at least ${to + 1} entries (step 0 to ${to})`, losses);
      let total = 0;
      for (let t = from; t <= to; t++) total += losses[t]!;
      const value = divide ? total / (to - from + 1) : total;
      return Number.isNaN(value) ? Infinity : value;
    },
  };
}

/** f(θ_step): `final(100)`. */
export function final(step: number): Metric {
  return window(`final(${step})`, step, step, false);
}

/** Σ f(θ_t) over t = from … to, both included. */
export function sum(from: number, to: number): Metric {
  return window(`sum(${from},${to})`, from, to, false);
}

/** The mean of f(θ_t) over t = from … to, both included: a less noisy `final` where the loss is on a minibatch. */
export function meanOver(from: number, to: number): Metric {
  return window(`mean(${from},${to})`, from, to, true);
}

/**
 * A metric by its name: `final(100)`, `sum(0,99)` or `mean(91,100)`.
 *
 * @throws ArgumentError for anything else.
 */
export function metric(name: string): Metric {
  const found = /^(final|sum|mean)\((\d+)(?:,\s*(\d+))?\)$/.exec(name);
  check(
    found !== null && (found[1] === "final") === (found[3] === undefined),
    "metric",
    "final(K), sum(A,B) or mean(A,B)",
    name,
  );
  const a = Number(found[2]);
  if (found[1] === "final") return final(a);
  return found[1] === "sum" ? sum(a, Number(found[3])) : meanOver(a, Number(found[3]));
}

/** A metric's name in words: "Loss after 100 steps". */
export function metricWords(name: string): string {
  const [, kind, a, b] = /^(final|sum|mean)\((\d+)(?:,(\d+))?\)$/.exec(name) ?? [];
  if (kind === "final") return `Loss after ${a} steps`;
  if (kind === "mean") return `Mean loss of steps ${a} to ${b}`;
  return kind === "sum" ? `Sum of the losses of steps ${a} to ${b}` : name;
}
