import type { Vec } from "../core/layout.ts";
import { createRng } from "../core/rng.ts";
import { runProblem } from "../evaluation/compare.ts";
import type { Trajectory } from "../evaluation/run.ts";
import { bindNetwork, type NetworkShape } from "../learned/network.ts";
import type { LineSearchOptimizer, Optimizer } from "../optimizers/optimizer.ts";
import { apartMethods, methodByName } from "../optimizers/registry.ts";
import { onScaledLoss } from "../optimizers/scaled-loss.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import type { FamilySpec } from "./families.ts";

/** An optimizer as plain data: any thread can make it. */
export type OptimizerSpec =
  | { readonly kind: "method"; readonly name: string; readonly learningRate: number }
  | { readonly kind: "learned"; readonly shape: NetworkShape; readonly phi: Vec }
  /** `lossScale`: it works on the loss times this. Default 1. */
  | { readonly kind: "apart"; readonly name: string; readonly lossScale?: number };

/** Some optimizers on one problem of a stream, as plain data. */
export interface RunTask {
  readonly family: FamilySpec;
  /** Seed of the stream; problem k, θ₀ and minibatches follow from it and k. */
  readonly stream: string;
  readonly k: number;
  readonly steps: number;
  readonly optimizers: readonly OptimizerSpec[];
}

/** Runs tasks, here or on other threads; results come in the order of the tasks. */
export interface TaskRunner {
  run(tasks: readonly RunTask[], onDone?: () => void): Promise<Trajectory[][][]>;
  close(): Promise<void>;
}

/** The optimizer that a spec describes, for a run of so many steps. */
export function createOptimizer(spec: OptimizerSpec, steps: number): Optimizer | LineSearchOptimizer {
  if (spec.kind === "learned") return bindNetwork(spec.shape, spec.phi);
  if (spec.kind === "apart") {
    const method = apartMethods.find((m) => m.name === spec.name)!.create();
    return spec.lossScale === undefined ? method : onScaledLoss(method, spec.lossScale);
  }
  return methodByName(spec.name).create(spec.learningRate, steps);
}

/** One task: [optimizer][function]. A pure function of the task, but for the seconds it took. */
export function runTask(family: ProblemFamily, task: RunTask, now?: () => number): Promise<Trajectory[][]> {
  const { stream, k, steps } = task;
  const optimizers = task.optimizers.map((o) => createOptimizer(o, steps));
  return runProblem(family, optimizers, createRng(stream), k, steps, now);
}
