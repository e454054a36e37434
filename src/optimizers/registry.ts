import { check } from "../core/check.ts";
import { didYouMean } from "../core/did-you-mean.ts";
import { adadeltaMethod } from "./adadelta.ts";
import { adagradMethod } from "./adagrad.ts";
import { adamMethod } from "./adam.ts";
import { gradientDescentMethod } from "./gradient-descent.ts";
import { lbfgs } from "./lbfgs.ts";
import { adamLinearMethod, nagLinearMethod } from "./linear-decay.ts";
import { momentumMethod } from "./momentum.ts";
import { nagMethod } from "./nag.ts";
import { newtonCg } from "./newton-cg.ts";
import type { LineSearchOptimizer, Method } from "./optimizer.ts";
import { rmspropMethod } from "./rmsprop.ts";
import { rpropMethod } from "./rprop.ts";

/** The first-order baselines: each comparison tunes and runs them all. */
export const methods: readonly Method[] = [
  gradientDescentMethod,
  momentumMethod,
  nagMethod,
  adagradMethod,
  adadeltaMethod,
  rmspropMethod,
  rpropMethod,
  adamMethod,
];

/** Methods whose rate falls to zero at the end of the run. Tuned as the others are, and shown apart where a test names them. */
export const scheduledMethods: readonly Method[] = [adamLinearMethod, nagLinearMethod];

/** A method that makes evaluations of its own within a step: it stands apart in every comparison. */
export interface ApartMethod {
  readonly name: string;
  readonly label: string;
  /** A new optimizer. */
  create(): LineSearchOptimizer;
}

/** Curvature methods. They need no learning rate. */
export const apartMethods: readonly ApartMethod[] = [
  { name: "lbfgs", label: "L-BFGS", create: () => lbfgs() as LineSearchOptimizer },
  { name: "newton-cg", label: "Newton-CG", create: () => newtonCg() as LineSearchOptimizer },
];

/** Names of all hand-designed methods, first-order ones first. */
export const methodNames: readonly string[] = [...methods, ...scheduledMethods, ...apartMethods].map((m) => m.name);

/** Throws ArgumentError with the names that exist. */
export function methodByName(name: string): Method {
  const all = [...methods, ...scheduledMethods];
  const found = all.find((m) => m.name === name);
  const known = all.map((m) => m.name);
  check(found !== undefined, "optimizer", `one of ${known.join(", ")}`, name, didYouMean(name, known));
  return found;
}
