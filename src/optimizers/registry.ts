import { check } from "../core/check.ts";
import { adadeltaMethod } from "./adadelta.ts";
import { adagradMethod } from "./adagrad.ts";
import { adamMethod } from "./adam.ts";
import { gradientDescentMethod } from "./gradient-descent.ts";
import { momentumMethod } from "./momentum.ts";
import { nagMethod } from "./nag.ts";
import type { Method } from "./optimizer.ts";
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

/** Throws ArgumentError with the names that exist. */
export function methodByName(name: string): Method {
  const found = methods.find((m) => m.name === name);
  check(found !== undefined, "optimizer", `one of ${methods.map((m) => m.name).join(", ")}`, name);
  return found;
}
