import { workerData } from "node:worker_threads";
import { createFamily, type FamilySpec } from "../experiments/families.ts";
import { type RunTask, runTask } from "../experiments/run-task.ts";
import { runUnroll, type UnrollTask } from "../meta/unroll.ts";
import { runValidation, type ValidationTask } from "../meta/validate.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { loadImages } from "./images.ts";

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
    family = createFamily(spec, loadImages);
    families.set(key, family);
  }
  return family;
}

const data = (Array.isArray(workerData) ? workerData[1] : workerData) as WorkerData;

export default async function work(task: WorkerTask): Promise<unknown> {
  if ("unroll" in task) return runUnroll(await familyOf(data.train), task.unroll);
  if ("validate" in task) return runValidation(await familyOf(data.validation), task.validate);
  return runTask(await familyOf(task.run.family), task.run, () => performance.now());
}
