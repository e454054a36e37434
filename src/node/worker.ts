import { workerData } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol } from "piscina";
import { ArgumentError } from "../core/check.ts";
import { createFamily, type FamilySpec } from "../experiments/families.ts";
import { type RunTask, runTask } from "../experiments/run-task.ts";
import { runUnroll, type UnrollResult, type UnrollTask } from "../meta/unroll.ts";
import { runValidation, type ValidationTask } from "../meta/validate.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { loadArt } from "./art.ts";
import { loadImages } from "./images.ts";
import { loadOwnFamily } from "./module.ts";

/** The two families of a meta-training worker; sent once, when the thread starts. */
export interface WorkerData {
  readonly train: FamilySpec;
  readonly validation: FamilySpec;
}

export type WorkerTask =
  | { readonly unroll: UnrollTask }
  | { readonly validate: ValidationTask }
  | { readonly run: RunTask };

/** Families already made on this thread: a classifier's loss is compiled once. */
const families = new Map<string, Promise<ProblemFamily>>();
function familyOf(spec: FamilySpec): Promise<ProblemFamily> {
  const key = JSON.stringify(spec);
  let family = families.get(key);
  if (!family) {
    family = createFamily(spec, loadImages, loadArt, loadOwnFamily);
    families.set(key, family);
  }
  return family;
}

const data = (Array.isArray(workerData) ? workerData[1] : workerData) as WorkerData;

/** The result, its megabytes of θ and state moved instead of copied. */
function moved(result: UnrollResult): unknown {
  const { theta, state } = result.carry;
  return move({ [transferableSymbol]: [theta.buffer, state.buffer], [valueSymbol]: result });
}

/** What a thread answers for a wrong argument: an error's class does not survive the way to another thread. */
export interface Refused {
  readonly argumentError: string;
}

export default async function work(task: WorkerTask): Promise<unknown> {
  try {
    return await run(task);
  } catch (error) {
    if (error instanceof ArgumentError) return { argumentError: error.message } satisfies Refused;
    throw error;
  }
}

async function run(task: WorkerTask): Promise<unknown> {
  if ("unroll" in task) return moved(await runUnroll(await familyOf(data.train), task.unroll));
  if ("validate" in task) return runValidation(await familyOf(data.validation), task.validate);
  return runTask(await familyOf(task.run.family), task.run, () => performance.now());
}
